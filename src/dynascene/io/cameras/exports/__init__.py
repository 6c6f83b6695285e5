"""Cameras for the tools of artists, which are written and not read; docs/cameras.md."""
