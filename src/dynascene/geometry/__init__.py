"""Cameras, projection and the 2.5-D guide: torch only, no files."""
