"""Measurements on a picture or a clip: camera, depth, horizon, matte, people, scale."""
