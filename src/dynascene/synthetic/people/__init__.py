"""Synthetic people: bodies, clothes, movement, and their rendering."""
