"""A place as a box: floor, ceiling, a wall on each side and one at the back, as far as it has them.

In the box's own axes X (right), Y (down) and Z (to the back wall) the scene camera stands at the
origin. A direction is (p, q, 1) up to its length: in these coordinates the back wall is an upright
rectangle, and the walls, the floor and the ceiling meet along rays from p = q = 0, the vanishing
point of the side walls.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.picture_boxes import fault_of, text_of
from dynascene.geometry.rigid import rotation_about
from dynascene.types import Size

FACES = ("floor", "ceiling", "left wall", "right wall", "back wall")
OUTWARD = ((0.0, 1.0, 0.0), (0.0, -1.0, 0.0), (-1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
OVERSHOT = 0.1  # of the picture's side: so far out a corner that was drawn may end
ROUND = 1.05  # radius of the round wall behind what is open, over the distance of the back corners


class BackWall(NamedTuple):
    """The back wall as the scene camera sees it, in coordinates (p, q).

    Attributes:
        left, top: negative; −∞ without a left wall or a ceiling.
        right, bottom: positive; right is ∞ without a right wall.
    """

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class PlaceBox:
    """A convex space: a ray that starts inside leaves it exactly once.

    Attributes:
        height: of the scene camera above the floor.
        ceiling, left, right, back: its distances from the other planes; ∞ where there is none.
        turn: azimuth in degrees of the direction to the back wall, to the right of the picture's.
        radius: of an upright round wall about the camera, behind whatever is open.
    """

    height: float
    ceiling: float
    left: float
    right: float
    back: float
    turn: float
    radius: float
    is_convex: ClassVar[bool] = True

    @property
    def distances(self) -> tuple[float, ...]:
        """Of the planes of FACES."""
        return self.height, self.ceiling, self.left, self.right, self.back

    @property
    def faces(self) -> tuple[str, ...]:
        """Names of the planes that there are."""
        pairs = zip(FACES, self.distances, strict=True)
        return tuple(name for name, distance in pairs if math.isfinite(distance))

    @property
    def scene_from_box(self) -> Tensor:
        """Rotation [3, 3]: the box's axes → the scene's world."""
        return rotation_about("y", self.turn)

    def hit(self, origins: Tensor, directions: Tensor) -> Tensor:
        """Origins and directions [..., 3] → the points where the rays leave the box, [..., 3]."""
        return origins + self._way_out(origins, directions)[0][..., None] * directions

    def face(self, origins: Tensor, directions: Tensor) -> Tensor:
        """Index into FACES of the plane that each ray meets, [...]; len(FACES): the round wall."""
        return self._way_out(origins, directions)[1]

    def _way_out(self, origins: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
        """The smallest of all lengths of a ray until it meets a plane, and which one it is."""
        best = self._to_round_wall(origins, directions)
        face = torch.full(best.shape, len(FACES), device=best.device)
        for index, (normal, distance) in enumerate(
            zip(self._normals(), self.distances, strict=True)
        ):
            if not math.isfinite(distance):
                continue
            outward = directions @ normal.to(directions)
            leaves = outward > 1e-9
            # n·(o + s·d) = distance
            length = (distance - origins @ normal.to(origins)) / outward.where(
                leaves, torch.ones_like(outward)
            )
            nearer = leaves & (length < best)
            best, face = length.where(nearer, best), face.masked_fill(nearer, index)
        return best, face

    def _normals(self) -> Tensor:
        """Of the planes of FACES, outward, [5, 3] in the scene's world."""
        return torch.tensor(OUTWARD, dtype=torch.float64) @ self.scene_from_box.mT

    def _to_round_wall(self, origins: Tensor, directions: Tensor) -> Tensor:
        # |o + s·d|² = radius² over x and z: the positive root, as of a Stage
        o, d = origins[..., ::2], directions[..., ::2]
        a = (d * d).sum(-1).clamp_min(1e-12)
        b, c = (o * d).sum(-1), (o * o).sum(-1) - self.radius**2
        return ((b * b - a * c).clamp_min(0).sqrt() - b) / a

    def contains(self, points: Tensor, margin: float = 0.0) -> Tensor:
        """Whether points [..., 3] lie within it, by a share ``margin`` of each distance."""
        limits = points.new_tensor(self.distances) * (1 - margin)
        within = (points @ self._normals().to(points).mT < limits).all(-1)
        return within & (torch.hypot(points[..., 0], points[..., 2]) < self.radius * (1 - margin))

    def scale(self, factor: float) -> "PlaceBox":
        """The same box with all lengths times a factor."""
        lengths = (factor * length for length in self.distances)
        return PlaceBox(*lengths, turn=self.turn, radius=factor * self.radius)


def box_from_wall(wall: BackWall, turn: float) -> PlaceBox:
    """The box whose back wall the scene camera sees so, with the camera 1 above the floor."""
    back = 1 / wall.bottom
    left, right, ceiling = -wall.left * back, wall.right * back, -wall.top * back
    corner = max((side for side in (left, right) if math.isfinite(side)), default=0.0)
    return PlaceBox(
        1.0, ceiling, left, right, back, turn, radius=ROUND * math.hypot(back, corner)
    )  # fmt: skip


def wall_coordinates(camera: PictureCamera, pixels: Tensor, turn: float) -> Tensor:
    """Pixels [..., 2] of the picture → (p, q) [..., 2] of a box turned by so many degrees.

    NaN where a pixel looks away from the back wall.
    """
    offset = (pixels - pixels.new_tensor(tuple(camera.size)) / 2) / camera.focal
    rays = torch.cat([offset, torch.ones_like(offset[..., :1])], dim=-1)
    box_from_picture = rotation_about("y", turn).mT @ camera.scene_from_picture
    x, y, z = (rays @ box_from_picture.to(rays).mT).unbind(-1)
    ahead = z > 1e-6
    z = z.where(ahead, torch.full_like(z, torch.nan))
    return torch.stack([x / z, y / z], dim=-1)


def box_from_corners(camera: PictureCamera, corners: Sequence[float], column: float) -> PlaceBox:
    """The box whose back wall has the given upper left and lower right corners in the picture.

    A corner on the picture's border or beyond it opens the box on that side. One that lies far
    beyond is refused: it says no more than one on the border, and seems to be of another picture.

    Args:
        camera: of the picture.
        corners: x, y, x, y in pixels.
        column: where the side walls' vanishing point lies on the horizon, in pixels.

    Raises:
        InputError: they are no back wall with a wall beside it, above the floor.
    """
    x0, y0, x1, y1 = corners
    text = text_of(corners)
    if fault := fault_of(corners):
        raise InputError(f"`box` {text}: {fault}")
    _check_within(corners, camera.size)
    if not y1 > camera.horizon > y0:
        raise InputError(
            f"`box` {text}: the horizon, at row {camera.horizon:.0f}, must cross the back wall"
        )
    if not x0 < column < x1:
        raise InputError(
            f"`box` {text}: the vanishing point, at column {column:.0f}, must lie on the back wall"
        )
    if x0 <= 0 and x1 >= camera.size.width:
        raise InputError(f"`box` {text}: leaves no side wall within the picture")
    if y1 >= camera.size.height:
        raise InputError(f"`box` {text}: the back wall must meet the floor within the picture")
    turn = _azimuth(camera, column)
    ends = wall_coordinates(camera, torch.tensor([[x0, y0], [x1, y1]]).double(), turn)
    (left, top), (right, bottom) = ends.tolist()
    wall = BackWall(
        left if x0 > 0 else -math.inf, top if y0 > 0 else -math.inf,
        right if x1 < camera.size.width else math.inf, bottom,
    )  # fmt: skip
    return box_from_wall(wall, turn)


def _check_within(corners: Sequence[float], size: Size) -> None:
    """Raises InputError for corners far beyond the picture."""
    beyond = [
        max(-low, high - side) / side
        for low, high, side in zip(corners[:2], corners[2:], size, strict=True)
    ]
    if max(beyond) > OVERSHOT:
        raise InputError(
            f"`box` {text_of(corners)}: reaches beyond the picture of {size} by {max(beyond):.0%} "
            "of its side; give pixels of this picture, 0 or its width or height where a side of "
            "the place is open"
        )


def _azimuth(camera: PictureCamera, column: float) -> float:
    """Degrees, of a pixel on the horizon."""
    middle = camera.size.width / 2, camera.size.height / 2
    ray = torch.tensor([column - middle[0], camera.horizon - middle[1], camera.focal]).double()
    x, _, z = (camera.scene_from_picture @ ray).tolist()
    return math.degrees(math.atan2(x, z))
