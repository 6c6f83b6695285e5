"""How stages are run over many clips: steps, processes, Ray, finished work."""
