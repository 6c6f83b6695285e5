"""Schedule, loss and sampling: small functions, one idea each."""
