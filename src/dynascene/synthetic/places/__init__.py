"""Places: what lies around a camera, to be rendered along its rays."""
