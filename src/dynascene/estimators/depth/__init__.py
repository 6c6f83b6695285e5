"""Depth of the scene picture, by a network whose weights are in the cache."""
