"""Reports on a data set: its card and its funnel."""
