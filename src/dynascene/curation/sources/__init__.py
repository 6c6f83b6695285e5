"""Finding and fetching raw videos."""
