"""Measurements on a picture or a clip: camera, depth, horizon, box, light, matte, people, poses,
points, scale, cuts."""
