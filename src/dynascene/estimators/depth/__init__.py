"""Depth of the scene picture, by a network where one is at hand."""
