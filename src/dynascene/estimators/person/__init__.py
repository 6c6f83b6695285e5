"""The people in a clip: detection, tracking, and the choice of the subject."""
