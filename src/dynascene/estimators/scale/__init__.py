"""Metric scale and ground of a filmed clip, from the person in it."""
