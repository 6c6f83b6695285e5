"""How stages run over many clips: steps, processes, Ray, and the store of results."""
