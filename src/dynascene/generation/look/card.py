"""The shadow of an upright card on level ground, as a map between pixels.

A person is taken to be a picture on an upright card that stands where their feet are. From the
camera's centre, with rays d, the card n·P = c (n level), the ground P_y = h and the unit vector l
to the light, the card's point on a ray and its shadow are, in homogeneous coordinates,

    P = (c d, n·d),    S = P + l (P_y − h) / |l_y| = ([c I + l/|l_y| (c e_yᵀ − h nᵀ)] d, n·d),

so that pixels of the person and of the shadow are joined by one homography.
"""

import numpy as np

MOST_OBLIQUE = 55.0  # degrees between the card's normal and the light: beyond it is a mere line


def shadow_homography(
    camera: np.ndarray,
    rotation: np.ndarray,
    normal: np.ndarray,
    foot: np.ndarray,
    light: np.ndarray,
) -> np.ndarray:
    """The homography [3, 3] from pixels of the person to pixels of the shadow on the ground.

    Args:
        camera: [3, 3] intrinsics.
        rotation: [3, 3] from the world's axes (y down) to the camera's.
        normal: [3], level unit vector across the card.
        foot: [3], from the camera's centre to where the card stands on the ground.
        light: [3], unit vector to the light, which is above the horizon.
    """
    c, h = float(normal @ foot), foot[1]
    slant = light / -light[1]
    down = np.array([0.0, 1.0, 0.0])
    shadow_of_ray = c * np.eye(3) + np.outer(slant, c * down - h * normal)
    onto_picture = camera @ rotation
    return onto_picture @ shadow_of_ray @ np.linalg.inv(onto_picture)


def card_normals(feet: np.ndarray, light_azimuth: float) -> np.ndarray:
    """The card in each frame: it faces the camera, but turns as far as the light needs.

    A card that the light only grazes would cast a line, where a person has a body's depth.

    Args:
        feet: [F, 3], from the camera's centre to where the card stands.
        light_azimuth: in radians.

    Returns:
        [F, 3], level unit vectors that point away from the camera.
    """
    azimuth = np.unwrap(np.arctan2(feet[:, 0], feet[:, 2]))
    off = light_azimuth - azimuth
    # a light from the back lights the same card; one side for the whole clip, so that nothing jumps
    off -= np.pi * np.round(np.median(off) / np.pi)
    limit = np.radians(MOST_OBLIQUE)
    azimuth = azimuth + np.sign(off) * np.maximum(np.abs(off) - limit, 0)
    return np.stack([np.sin(azimuth), np.zeros(len(azimuth)), np.cos(azimuth)], axis=1)
