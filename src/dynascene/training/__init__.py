"""Training: what is drawn, what is minimised, and the loop around both."""
