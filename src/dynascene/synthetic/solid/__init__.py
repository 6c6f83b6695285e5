"""Places with true volume, rendered with OpenGL."""
