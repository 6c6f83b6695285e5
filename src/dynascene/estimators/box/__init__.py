"""The box of a place, from the straight lines of a picture."""
