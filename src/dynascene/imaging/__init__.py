"""What pictures have in common: colour, comparison, contact sheets."""
