"""Shots of synthetic places: cameras, people in them, and data sets of them."""
