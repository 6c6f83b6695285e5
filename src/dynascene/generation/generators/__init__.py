"""The ways to make a background, one file each, behind one protocol."""
