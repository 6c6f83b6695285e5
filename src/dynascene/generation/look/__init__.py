"""What makes a person and a background one picture: shadow, light, sharpness and grain.

Everything here is applied to what is delivered, after a generator has made the background.
"""
