"""Schedule, loss and sampling: small functions that know nothing of networks."""
