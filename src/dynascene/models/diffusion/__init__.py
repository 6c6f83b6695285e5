"""Noise schedule, loss and sampling: small functions, one idea each."""
