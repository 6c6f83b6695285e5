"""Shots that this package renders itself, with exact cameras, mattes and depth."""
