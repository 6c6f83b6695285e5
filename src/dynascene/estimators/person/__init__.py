"""Who is in the clip: people found in every frame, and the one that the shot is about."""
