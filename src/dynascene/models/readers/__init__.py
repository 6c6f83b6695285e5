"""What conditioners add to attention layers, one kind a file."""
