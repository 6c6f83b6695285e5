"""How good a background is, measured against the truth, with its uncertainty."""
