"""What is rendered: triangles, their pictures, and the light on them.

L pictures of S × S texels. Metres, y down.
"""

from dataclasses import dataclass

import numpy as np

from dynascene.synthetic.solid.mesh import Mesh

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Daylight:
    """A distant sun and the light from all around, linear; a white ground in the sun has light 1.

    Attributes:
        sun_from: unit vector towards the sun (y down).
        sun: on a surface square to it.
        sky, bounce: on surfaces that look up and down.
        wrap: share by which the sun reaches around an edge (skin and cloth scatter).
        corner_shade: share of its light that a wall lacks at its foot.
    """

    sun_from: Colour
    sun: Colour
    sky: Colour
    bounce: Colour
    wrap: float = 0.0
    corner_shade: float = 0.35

    @property
    def sun_share(self) -> float:
        """The sun's share of the light on the ground."""
        return float(np.mean(self.sun)) * max(0.0, -self.sun_from[1])


@dataclass(frozen=True, eq=False)
class Solids:
    """What stands in a place, at least one thing.

    Attributes:
        mesh: its triangles.
        pictures: float32 [L, S, S, 4], linear light (not multiplied by the alpha), and alpha.
        light: that falls on it.
        ground: metres below the origin.
    """

    mesh: Mesh
    pictures: np.ndarray
    light: Daylight
    ground: float
