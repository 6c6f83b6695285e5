"""Where the filmed camera looks into the scene picture (DESIGN: framing), and at what scale."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.canvas_pixels import SOLID
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.projection import COARSE
from dynascene.geometry.rigid import camera_centres, invert_rigid, rigid, rotation_about
from dynascene.geometry.scene_view import is_behind, view_coarsely
from dynascene.geometry.tracks import relative_track, scale_track, world_down
from dynascene.types import CameraTrack, Size

WIDEST_YAW, WIDEST_PITCH = 60.0, 25.0  # degrees from the picture's middle, from the level
PITCH_COST = 0.004  # share of the picture that a degree of pitch away from the filmed one is worth
YAW_COST = 0.0005  # only decides between views that see equally much
AFLOAT_COST = 0.5  # share of the picture that a person on the ground is worth, unlike one afloat
# A camera's height above the ground that a person stands on, as a share of the person's: people
# film at the chest or the eye. The second is the spread of its logarithm.
USUAL_EYE, EYE_SPREAD = 0.85, 0.35
CLEARANCE = 0.05  # of the distance of walls, ground and cards, by which cameras stay before them
FRAMES_TRIED = 16  # first and last among them
FRAMING_GRID = Size(17, 11)
SHORTENINGS, SHORTER = 12, 0.7


@dataclass(frozen=True)
class Framing:
    """Orientation of the first frame's camera in the scene's world, in degrees, and its position.

    Attributes:
        yaw: to the right of the picture's middle.
        pitch: upwards from level.
        roll: clockwise, the roll during filming, so that what was level then is level in the scene.
        position: in track units, right, down and ahead of the scene camera.
    """

    yaw: float
    pitch: float
    roll: float = 0.0
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def scene_from_camera(self) -> Tensor:
        """Rotation [3, 3] from the axes of the first frame's camera to the scene's world."""
        level = rotation_about("y", self.yaw) @ rotation_about("x", self.pitch)
        return level @ rotation_about("z", self.roll)


class Attitude(NamedTuple):
    """Orientation of the first camera during filming.

    Attributes:
        pitch, roll: in degrees.
        confidence: 0 … 1.
        standing: [N, 2, 3], unit rays in its axes to the feet and the head of a standing person, so
            that the ground belongs at the feet; None: unknown.
    """

    pitch: float
    roll: float
    confidence: float
    standing: Tensor | None = None


def place_track(track: CameraTrack, framing: Framing) -> CameraTrack:
    """The track in the scene's world: the first camera where the framing says, and turned by it."""
    relative = relative_track(track)
    poses = relative.cam_from_world @ invert_rigid(_scene_from_first(framing))
    return replace(relative, cam_from_world=poses)


def _scene_from_first(framing: Framing) -> Tensor:
    """The first camera's pose [4, 4]: where the framing says, and turned by it."""
    position = torch.tensor(framing.position, dtype=torch.float64)
    return rigid(framing.scene_from_camera, position)


def seen_share(track: CameraTrack, scene: LiftedScene, grid: Size = COARSE) -> float:
    """The share of all pixels of all frames, 0 … 1, that the picture shows.

    Args:
        track: in the scene's world.
        scene: what cards uncover is not shown; points behind nearer things of a depth map are.
        grid: of the tested pixels in each frame.
    """
    return float(seen_shares(track, scene, grid).mean())


def seen_shares(track: CameraTrack, scene: LiftedScene, grid: Size = COARSE) -> Tensor:
    """The share [F] of each frame that the picture shows; see ``seen_share``."""
    return view_coarsely(track, scene, grid).photographed.double().mean(dim=(1, 2))


def reached_share(track: CameraTrack, scene: LiftedScene, grid: Size = COARSE) -> float:
    """The share of the view that the picture reaches, without its cards: by it views are chosen.

    Were it that which is seen, the view would turn away from things that stand, or close up on
    less of them, since they uncover what the picture does not show.

    Args:
        track, scene, grid: as for ``seen_share``.
    """
    return seen_share(track, replace(scene, cards=()), grid)


def filmed_attitude(track: CameraTrack) -> Attitude:
    """Estimate the first camera's orientation from the track.

    Camera operators keep the horizon level, so a track that turns shows the down direction. The
    rest is assumed to be level, in proportion to the confidence.
    """
    down, confidence = world_down(relative_track(track))
    x, y, z = down.tolist()
    # a camera that looks up by p and is rolled clockwise by r sees down along
    # (sin r cos p, cos r cos p, −sin p)
    pitch = math.degrees(math.atan2(-z, math.hypot(x, y)))
    roll = math.degrees(math.atan2(x, y))
    return Attitude(confidence * pitch, confidence * roll, confidence)


def find_framing(
    track: CameraTrack,
    scene: LiftedScene,
    attitude: Attitude | None = None,
    cost: Callable[[Framing], float] | None = None,
) -> Framing:
    """Find the framing with which the track sees most of the picture.

    Yaw and pitch are searched from coarse to fine, around the filmed pitch and around the
    picture's. Two costs keep the person on the ground and upright: one for a pitch that differs
    from the filmed one, in proportion to the confidence in it, and one for a person who hovers.
    Things that stand do not change the view, though they uncover what the picture does not show.

    Args:
        track: of the clip.
        scene: with the picture's camera.
        attitude: of the first camera; None: estimate it from the track.
        cost: what else speaks against a framing, as a share of the picture; None: nothing.
    """
    count = min(len(track), FRAMES_TRIED)
    tried = torch.linspace(0, len(track) - 1, count, dtype=torch.float64).round().long()
    sampled = CameraTrack(track.cam_from_world[tried], track.intrinsics[tried], track.size)
    attitude = attitude or filmed_attitude(track)
    pitch_cost = PITCH_COST * (1 + 4 * attitude.confidence)
    afloat_cost = AFLOAT_COST * (1 - attitude.confidence / 2)

    def penalty(framing: Framing) -> float:
        turned = pitch_cost * abs(framing.pitch - attitude.pitch) + YAW_COST * abs(framing.yaw)
        further = cost(framing) if cost else 0.0
        return turned + afloat_cost * afloat(framing, attitude.standing) + further

    def best_of(framings: list[Framing]) -> Framing:
        shares = reached_shares(sampled, framings, scene)
        values = [share - penalty(framing) for share, framing in zip(shares, framings, strict=True)]
        return framings[values.index(max(values))]

    starts = [
        Framing(0.0, attitude.pitch, attitude.roll),
        Framing(0.0, scene.camera.pitch, attitude.roll),
    ]
    wide = [f for start in starts for f in around(start, WIDEST_YAW, WIDEST_PITCH, 9)]
    best = best_of([*starts, *wide])
    for yaw_range, pitch_range in ((15.0, 6.0), (4.0, 2.0)):
        best = best_of([best, *around(best, yaw_range, pitch_range, 7)])
    return Framing(round(best.yaw, 2), round(best.pitch, 2), round(best.roll, 2))


def reached_shares(
    track: CameraTrack, framings: Sequence[Framing], scene: LiftedScene
) -> list[float]:
    """``reached_share`` of the track in each framing, all at once: one by one takes longer."""
    relative = relative_track(track)
    scene_from_first = torch.stack([_scene_from_first(framing) for framing in framings])
    poses = relative.cam_from_world @ invert_rigid(scene_from_first)[:, None]
    intrinsics = relative.intrinsics.repeat(len(framings), 1, 1)
    together = CameraTrack(poses.flatten(0, 1), intrinsics, track.size)
    photographed = view_coarsely(together, replace(scene, cards=()), FRAMING_GRID).photographed
    return photographed.reshape(len(framings), -1).float().mean(dim=1).tolist()


def afloat(framing: Framing, standing: Tensor | None) -> float:
    """How far a person hovers above the level ground, 0 … 1.

    The lower the horizon crosses the person, the lower the camera must have been. 0 for the usual
    camera height and above; 1 for a height of 0, where the feet are at the horizon or above it.

    Args:
        framing: of the first camera.
        standing: rays [N, 2, 3] to feet and head; None: unknown, which gives 0.
    """
    if standing is None or not len(standing):
        return 0.0
    eye = eye_shares(framing.scene_from_camera[1], standing)
    too_low = (eye / USUAL_EYE).clamp(1e-6, 1).log() / EYE_SPREAD
    return float(1 - torch.exp(-0.5 * too_low**2).mean())


def eye_shares(down: Tensor, standing: Tensor) -> Tensor:
    """The camera's height above level ground at a person's feet, as a share of their height.

    Args:
        down: unit vectors [..., 3] in the first camera's axes.
        standing: unit rays [N, 2, 3] to feet and head.

    Returns:
        [..., N]; 0 or less where the feet are not below the horizon.
    """
    depth = (standing * down[..., None, None, :].to(standing)).sum(-1)
    # tan δ, of rays δ below the level
    foot, head = (depth / (1 - depth**2).clamp(min=1e-12).sqrt()).unbind(-1)
    # of a camera at height h over the ground and a person of height H: tan δ_foot = h / D,
    # tan δ_head = (h − H) / D, so h / H = tan δ_foot / (tan δ_foot − tan δ_head)
    return foot / (foot - head).clamp(min=1e-6)


def around(middle: Framing, yaw_range: float, pitch_range: float, steps: int) -> list[Framing]:
    """A grid of framings around one."""
    yaws = torch.linspace(middle.yaw - yaw_range, middle.yaw + yaw_range, steps).tolist()
    pitches = torch.linspace(middle.pitch - pitch_range, middle.pitch + pitch_range, steps)
    pitches = pitches.clamp(-89, 89).tolist()
    return [Framing(yaw, pitch, middle.roll) for yaw in yaws for pitch in pitches]


def choose_framing(
    choice: Framing | str,
    track: CameraTrack,
    scene: LiftedScene,
    attitude: Attitude | None = None,
    cost: Callable[[Framing], float] | None = None,
) -> Framing:
    """The given framing, or the picture's ("centre"), or the best one ("auto"); see
    ``find_framing``.
    """
    if isinstance(choice, Framing):
        return choice
    if choice == "centre":
        return Framing(0.0, scene.camera.pitch, filmed_attitude(track).roll)
    return find_framing(track, scene, attitude, cost)


def within_scene(
    track: CameraTrack,
    scene: LiftedScene,
    choice: Framing | str,
    attitude: Attitude | None = None,
) -> CameraTrack:
    """The track, with its travel shortened until it stays within the framed scene.

    A track that leaves the scene even then is returned unchanged; check_inside reports it.
    """
    for _ in range(SHORTENINGS):
        try:
            check_inside(place_track(track, choose_framing(choice, track, scene, attitude)), scene)
            return track
        except InputError:
            track = scale_track(track, SHORTER)
    return track


def is_inside(track: CameraTrack, scene: LiftedScene) -> bool:
    """Whether all cameras of a track (in the scene's world) stay within the scene, and clear of its
    cards.
    """
    return not _fault(track, scene)


def check_inside(track: CameraTrack, scene: LiftedScene) -> None:
    """Raise InputError where a camera of the track (in the scene's world) leaves the scene, or goes
    through one of its cards.
    """
    if fault := _fault(track, scene):
        raise InputError(f"camera track: {fault}")


def _fault(track: CameraTrack, scene: LiftedScene) -> str:
    """One line where a camera leaves the scene or goes through a card; else empty."""
    centres = camera_centres(track.cam_from_world)
    smaller = "make the movement smaller (its amount, or `camera_height` for a file)"
    outside = ~scene.surface.contains(centres, CLEARANCE)
    if outside.any():
        frame = int(outside.nonzero()[0])
        below = float(centres[frame, 1]) >= scene.surface.height * (1 - CLEARANCE)
        where = "below the ground" if below else "behind what it sees"
        return f"frame {frame} lies {where} of the scene; {smaller}"
    for card in scene.cards:
        behind = is_behind(card, scene.camera, centres, CLEARANCE)
        if behind.any():
            columns = card.picture[SOLID].amax(dim=0).nonzero()
            return (
                f"frame {int(behind.nonzero()[0])} goes through what stands in columns "
                f"{int(columns[0])} to {int(columns[-1])} of the picture; {smaller}, or leave that "
                "`upright` out"
            )
    return ""
