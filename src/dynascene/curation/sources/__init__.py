"""Where raw videos are named and fetched."""
