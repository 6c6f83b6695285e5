"""Where the filmed camera looks into the scene picture (DESIGN: framing), and at what scale."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.projection import coarse_hits
from dynascene.geometry.rigid import camera_centres, invert_rigid, rigid, rotation_about
from dynascene.geometry.surface import Surface
from dynascene.geometry.tracks import relative_track, world_down
from dynascene.types import CameraTrack

WIDEST_YAW, WIDEST_PITCH = 60.0, 25.0  # degrees from the picture's middle, from the level
PITCH_COST = 0.004  # share of the picture that a degree of pitch away from the filmed one is worth
YAW_COST = 0.0005  # only decides between views that see equally much
FRAMES_TRIED = 16


@dataclass(frozen=True)
class Framing:
    """Where the first frame's camera looks in the scene's world: degrees, right and up positive."""

    yaw: float
    pitch: float

    @property
    def scene_from_camera(self) -> Tensor:
        """Rotation [3, 3]: axes of the first frame's camera → the scene's world; level horizon."""
        return rotation_about("y", self.yaw) @ rotation_about("x", self.pitch)


def place_track(track: CameraTrack, framing: Framing) -> CameraTrack:
    """The track in the scene's world: the first camera at the origin, turned by the framing."""
    scene_from_first = rigid(framing.scene_from_camera, torch.zeros(3, dtype=torch.float64))
    relative = relative_track(track)
    poses = relative.cam_from_world @ invert_rigid(scene_from_first)
    return replace(relative, cam_from_world=poses)


def seen_share(track: CameraTrack, surface: Surface, picture: PictureCamera) -> float:
    """The share of all pixels of all frames that the picture itself shows, 0 … 1.

    track: in the scene's world.
    """
    _, inside = picture.pixels_from_directions(coarse_hits(track, surface))
    return float(inside.float().mean())


def filmed_pitch(track: CameraTrack) -> tuple[float, float]:
    """How far the first camera looks up, in degrees, as far as the track tells, and how sure.

    Camera operators keep the horizon level; a track that turns therefore shows where down is.
    Confidence 0 … 1; 0 for tracks that tell nothing, for which the answer is 0 degrees.
    """
    relative = relative_track(track)
    down, confidence = world_down(relative)
    # a camera that looks up by p sees down along (0, cos p, −sin p)
    pitch = math.degrees(math.atan2(-float(down[2]), float(down[1])))
    return confidence * pitch, confidence


def find_framing(track: CameraTrack, surface: Surface, picture: PictureCamera) -> Framing:
    """The direction from which the whole track sees most of the picture.

    Searched over yaw and pitch, coarse to fine. A pitch unlike the filmed one costs a little (the
    more, the better the track tells it), so that the person stays upright on the ground.
    """
    every = max(1, len(track) // FRAMES_TRIED)
    sampled = CameraTrack(track.cam_from_world[::every], track.intrinsics[::every], track.size)
    level, confidence = filmed_pitch(track)
    pitch_cost = PITCH_COST * (1 + 4 * confidence)

    def value(framing: Framing) -> float:
        share = seen_share(place_track(sampled, framing), surface, picture)
        return share - pitch_cost * abs(framing.pitch - level) - YAW_COST * abs(framing.yaw)

    best = Framing(0.0, level)
    for yaw_range, pitch_range, steps in ((WIDEST_YAW, WIDEST_PITCH, 9), (15, 6, 7), (4, 2, 7)):
        yaws = torch.linspace(best.yaw - yaw_range, best.yaw + yaw_range, steps).tolist()
        pitches = torch.linspace(best.pitch - pitch_range, best.pitch + pitch_range, steps).tolist()
        tried = [Framing(yaw, pitch) for yaw in yaws for pitch in pitches]
        best = max([best, *tried], key=value)
    return Framing(round(best.yaw, 2), round(best.pitch, 2))


def choose_framing(choice: Framing | str, track: CameraTrack, scene: LiftedScene) -> Framing:
    """The framing that was given, the picture's "centre", or the best one ("auto")."""
    if isinstance(choice, Framing):
        return choice
    if choice == "centre":
        return Framing(0.0, scene.camera.pitch)
    return find_framing(track, scene.surface, scene.camera)


def check_inside(track: CameraTrack, surface: Surface) -> None:
    """Raises InputError when a camera of the track (in the scene's world) leaves the scene."""
    centres = camera_centres(track.cam_from_world)
    outside = ~surface.contains(centres, margin=0.05)
    if not outside.any():
        return
    frame = int(outside.nonzero()[0])
    below = float(centres[frame, 1]) >= surface.height * 0.95
    where = "below the ground" if below else "behind what it sees"
    raise InputError(
        f"camera track: frame {frame} lies {where} of the scene; "
        "make the movement smaller (its amount, or --camera-height for a file)"
    )
