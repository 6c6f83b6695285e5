"""What people say of clips, and what follows from it."""
