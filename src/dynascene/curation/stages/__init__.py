"""One file for each stage that judges or writes a clip."""
