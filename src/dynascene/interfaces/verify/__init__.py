"""The page on which people verify the cameras of a data set."""
