"""Filmed clips to train on: what data sets of them look like, and how they are read."""
