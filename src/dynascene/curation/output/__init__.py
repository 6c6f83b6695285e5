"""What a run writes: the data set, its manifest, and a release."""
