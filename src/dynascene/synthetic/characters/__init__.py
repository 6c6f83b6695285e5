"""Animated people from glTF files."""
