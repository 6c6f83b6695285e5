"""Thin doors to the same functions: command line, app, nodes."""
