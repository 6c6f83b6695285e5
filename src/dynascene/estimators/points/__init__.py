"""A few points of a clip's background, tracked off the person."""
