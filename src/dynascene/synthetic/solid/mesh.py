"""Boxes, roofs and upright cards as triangles.

Metres; x right, y down, z forward, the ground at y = ``ground``. V vertices, T triangles.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# A vertex: position (3), normal (3), u v layer (3), tint (3, linear light)
VERTEX_FLOATS = 12
WHITE = (1.0, 1.0, 1.0)


class Skin(NamedTuple):
    """What a surface shows.

    Attributes:
        layer: of the pictures.
        side: metres of a tile.
        whole: fit the tile to a whole number of them, so that windows are not cut.
        tint: factors, linear light.
    """

    layer: int
    side: float
    whole: bool = False
    tint: tuple[float, float, float] = WHITE


@dataclass(frozen=True)
class Box:
    """An upright box on or above the ground.

    Attributes:
        x, z: its middle.
        turn: radians about the vertical.
        width: along its own x axis (cos turn, 0, −sin turn).
        depth: along its own z axis (sin turn, 0, cos turn).
        bottom, top: heights above the ground.
        walls, lid: skins of the sides, and of top and underside.
        ridge: metres by which a gable roof along the width rises above the top; 0 = a flat roof.
        casts: whether it throws a shadow.
    """

    x: float
    z: float
    turn: float
    width: float
    depth: float
    bottom: float
    top: float
    walls: Skin
    lid: Skin
    ridge: float = 0.0
    casts: bool = True

    def local(self, x: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places in the box's own axes.

        Args:
            x, z: world.

        Returns:
            Distances from its middle along its width and its depth.
        """
        c, s = math.cos(self.turn), math.sin(self.turn)
        dx, dz = x - self.x, z - self.z
        return c * dx - s * dz, s * dx + c * dz


@dataclass(frozen=True)
class Cutout:
    """An upright picture with alpha, its foot's middle at (x, z) on the ground."""

    layer: int
    x: float
    z: float
    turn: float
    width: float
    height: float


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles.

    Attributes:
        vertices: float32 [V, 12].
        triangles: int32 [T, 3], those that cast shadows first.
        casting: how many do.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    casting: int


class _Face(NamedTuple):
    corners: np.ndarray  # [4, 3]: x, height, z, in the body's own axes; the last may repeat
    normal: tuple[float, float, float]
    uv: np.ndarray  # [4, 2]
    skin: Skin


def build_mesh(boxes: Sequence[Box], cards: Sequence[Cutout], ground: float) -> Mesh:
    """All surfaces that can be seen: what lies on the ground has no underside.

    Args:
        boxes, cards: what stands there.
        ground: its y.

    Returns:
        The mesh.
    """
    casting = [box for box in boxes if box.casts]
    others = [box for box in boxes if not box.casts]
    quads = [_place_face(face, box, ground) for box in casting for face in _box_faces(box)]
    quads += [_place_face(_card_face(card), card, ground) for card in cards]
    count = 2 * len(quads)
    quads += [_place_face(face, box, ground) for box in others for face in _box_faces(box)]
    vertices = np.concatenate(quads) if quads else np.zeros((0, VERTEX_FLOATS), np.float32)
    first = 4 * np.arange(len(quads))[:, None]
    triangles = (first + np.array([0, 1, 2, 0, 2, 3])).reshape(-1, 3)
    return Mesh(vertices.astype(np.float32), triangles.astype(np.int32), count)


def _place_face(face: _Face, body: Box | Cutout, ground: float) -> np.ndarray:
    """[4, 12]."""
    c, s = math.cos(body.turn), math.sin(body.turn)
    x, up, z = face.corners.T
    position = np.stack([body.x + c * x + s * z, ground - up, body.z - s * x + c * z], axis=1)
    nx, ny, nz = face.normal
    normal = np.tile([c * nx + s * nz, -ny, -s * nx + c * nz], (4, 1))
    layer = np.full((4, 1), face.skin.layer)
    return np.concatenate(
        [position, normal, face.uv, layer, np.tile(face.skin.tint, (4, 1))], axis=1
    )


def _tiles(length: float, skin: Skin) -> float:
    """How many tiles cover a length."""
    return max(1, round(length / skin.side)) if skin.whole else length / skin.side


def _box_faces(box: Box) -> list[_Face]:
    w, d, low, high = box.width / 2, box.depth / 2, box.bottom, box.top
    # u runs to the right as seen from outside, v down from the upper edge
    sides = [
        (np.array([[-w, -d], [w, -d]]), (0, 0, -1)),
        (np.array([[w, d], [-w, d]]), (0, 0, 1)),
        (np.array([[w, -d], [w, d]]), (1, 0, 0)),
        (np.array([[-w, d], [-w, -d]]), (-1, 0, 0)),
    ]
    faces = []
    rows = _tiles(high - low, box.walls)
    for edge, normal in sides:
        columns = _tiles(float(np.hypot(*(edge[1] - edge[0]))), box.walls)
        (x0, z0), (x1, z1) = edge
        corners = np.array([[x0, high, z0], [x1, high, z1], [x1, low, z1], [x0, low, z0]])
        uv = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]])
        faces.append(_Face(corners, normal, uv, box.walls))
    flat = np.array([[-w, -d], [w, -d], [w, d], [-w, d]])
    if box.ridge > 0:
        faces += _gable(box)
    else:
        faces.append(
            _Face(np.insert(flat, 1, high, axis=1), (0, 1, 0), flat / box.lid.side, box.lid)
        )
    if low > 0:
        faces.append(
            _Face(np.insert(flat, 1, low, axis=1), (0, -1, 0), flat / box.lid.side, box.lid)
        )
    return faces


def _gable(box: Box) -> list[_Face]:
    """Two slopes that overhang a little, and the triangles of wall below them."""
    w, d, high = box.width / 2, box.depth / 2, box.top
    over = 0.12 * d
    slope = math.hypot(d, box.ridge)
    eaves = high - over * box.ridge / d
    faces = []
    for sign in (-1, 1):
        corners = np.array(
            [[-w - over, high + box.ridge, 0], [w + over, high + box.ridge, 0],
             [w + over, eaves, sign * (d + over)], [-w - over, eaves, sign * (d + over)]]
        )  # fmt: skip
        across, down = (2 * w + 2 * over) / box.lid.side, slope * (1 + over / d) / box.lid.side
        uv = np.array([[0, 0], [across, 0], [across, down], [0, down]])
        faces.append(_Face(corners, (0, d / slope, sign * box.ridge / slope), uv, box.lid))
        end = np.array([[sign * w, high, -d], [sign * w, high, d], [sign * w, high + box.ridge, 0]])
        # plain wall: the middle of the picture's upper border, where no window is
        uv = np.array([[0.0, 0.02], [1.0, 0.02], [0.5, 0.02], [0.5, 0.02]])
        faces.append(_Face(end[[0, 1, 2, 2]], (sign, 0, 0), uv, box.walls))
    return faces


def _card_face(card: Cutout) -> _Face:
    w, high = card.width / 2, card.height
    corners = np.array([[-w, high, 0], [w, high, 0], [w, 0, 0], [-w, 0, 0]])
    # half a texel in, or the borders' mirror images would shine through
    uv = np.array([[0.004, 0.004], [0.996, 0.004], [0.996, 0.996], [0.004, 0.996]])
    return _Face(corners, (0, 0, -1), uv, Skin(card.layer, 1.0))
