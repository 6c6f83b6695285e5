"""Poses: 33 landmarks of each person in a clip, followed through it, and their masks."""
