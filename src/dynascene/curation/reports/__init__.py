"""What a person reads about a data set: its card and its funnel."""
