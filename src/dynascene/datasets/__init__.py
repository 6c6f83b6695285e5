"""Clips to learn from and to demonstrate with."""
