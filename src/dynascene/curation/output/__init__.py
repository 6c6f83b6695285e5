"""What a run writes: the data set, its manifest, and the release that rebuilds it."""
