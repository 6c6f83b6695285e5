"""The shadow of an upright card on level ground, as a map between pixels.

A person is taken to be a picture on an upright card that stands where their feet are. From the
camera's centre, with rays d, the card n·P = c (n level), the ground P_y = h and the unit vector l
to the light, the card's point on a ray and its shadow are, in homogeneous coordinates,

    P = (c d, n·d),    S = P + l (P_y − h) / |l_y| = ([c I + l/|l_y| (c e_yᵀ − h nᵀ)] d, n·d),

so that pixels of the person and of the shadow are joined by one homography.
"""

from typing import NamedTuple

import numpy as np

MOST_OBLIQUE = 55.0  # degrees between the card's normal and the light: beyond it is a mere line
MOST_TURN = 65.0  # degrees between the card's normal and the view: at 90, nothing is seen of it
FADING = 15.0  # degrees of the view's turn, before and after the card changes its side


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


class Cards(NamedTuple):
    """One card a frame.

    normals: [F, 3], level unit vectors that point away from the camera.
    presence: [F], 0 … 1, of the cast shadow: it goes while a card turns its other side to the
        light.
    """

    normals: np.ndarray
    presence: np.ndarray


def stand_cards(feet: np.ndarray, light_azimuth: float) -> Cards:
    """The card in each frame: it faces the camera, but turns as far as the light needs.

    A card that the light only grazes would cast a line, where a person has a body's depth, and one
    that the camera sees from its edge has no picture on it. A light from the back lights the same
    card as one from the front.

    Args:
        feet: [F, 3], from the camera's centre to where the card stands.
        light_azimuth: in radians.
    """
    azimuth = np.unwrap(np.arctan2(feet[:, 0], feet[:, 2]))
    off = light_azimuth - azimuth
    sides = _sides(off)
    off = off - np.pi * sides
    turned = azimuth + np.sign(off) * np.maximum(np.abs(off) - np.radians(MOST_OBLIQUE), 0)
    normals = np.stack([np.sin(turned), np.zeros(len(turned)), np.cos(turned)], axis=1)
    return Cards(normals, _presence(azimuth, sides))


def _sides(off: np.ndarray) -> np.ndarray:
    """Half turns to take off the angles [F] from card to light, one for as long as possible."""
    most = np.radians(MOST_OBLIQUE + MOST_TURN)
    side = round(float(np.median(off)) / np.pi)
    sides = []
    for angle in off.tolist():
        if abs(angle - side * np.pi) > most:
            side = round(angle / np.pi)
        sides.append(side)
    return np.array(sides)


def _presence(azimuth: np.ndarray, sides: np.ndarray) -> np.ndarray:
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(azimuth)))])
    after = np.flatnonzero(np.diff(sides)) + 1
    presence = np.ones(len(way))
    for change in (way[after - 1] + way[after]) / 2:
        presence = np.minimum(presence, np.abs(way - change) / np.radians(FADING))
    return presence
