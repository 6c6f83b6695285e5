"""What pictures have in common."""
