"""Opens what a request names and checks that it fits together."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.estimators.horizon import estimate_horizon
from dynascene.estimators.scale.feet import standing_rays
from dynascene.generation.camera_input import camera_track, read_filmed
from dynascene.generation.footage import (
    film_camera,
    found_depth,
    read_footage,
    warn_of_conflict,
)
from dynascene.generation.request import GenerationRequest
from dynascene.generation.subject import CleanEdges, cut_out
from dynascene.generation.takes import warn_of_cuts
from dynascene.geometry.framing import Attitude, filmed_attitude
from dynascene.geometry.intrinsics import cover_scale, focal_from_fov
from dynascene.geometry.lifting import LiftedScene, lift_to_stage, lift_with_depth
from dynascene.geometry.picture import PictureCamera
from dynascene.io.depth import read_depth
from dynascene.io.excerpt import excerpt, open_excerpt_matte
from dynascene.io.frames import open_frames, split_alpha, times_of
from dynascene.io.images import IMAGE_SUFFIXES, exif_fov, read_image
from dynascene.io.video_index import DEFAULT_FRAME_RATE
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack, FrameSource, Shot, Size

DEFAULT_SCENE_FOV = 60.0
WIDEST_ASSUMED = 100.0
NARROWEST_CROP = 2.5  # how many times smaller than the picture the first frame may be
LONGEST_SIDE = 1280  # of a background without a person, where --size does not say


@dataclass(frozen=True)
class Inputs:
    """Everything that a generator needs.

    attitude: how the first camera was held, and where the person stands; None without a person,
        unless it was told beside the camera file.
    found: what was found in the clip, for the report.
    still: the person is a single picture.
    sound: the video file whose sound belongs to the shot, and the second where the shot begins.
    """

    shot: Shot
    scene: LiftedScene
    scene_fov: float
    attitude: Attitude | None = None
    found: dict[str, Any] = field(default_factory=dict)
    still: bool = False
    sound: tuple[Path, float] | None = None


def open_inputs(request: GenerationRequest, folder: Path, log: Log) -> Inputs:
    """Open what a request names, and find in the clip what it does not name.

    folder: of the results, where what was found is kept. Raises InputError for whatever is missing,
    unreadable, or does not fit.
    """
    with log.stage("open"):
        pixels, depth = scene_pixels(request.scene), _scene_depth(request)
    if request.person is None:
        return _open_scene_alone(request, pixels, depth, folder, log)
    with log.stage("open person"):
        clip = _open_clip(request, request.person)
        size, frames = clip.colour.size, len(clip.colour)
        filmed = read_filmed(request, size, frames, log)
        kept = read_footage(request, filmed) if filmed else None
        filmed = kept or filmed
    if not clip.still:
        warn_of_cuts(request.person, clip.colour, log, request.frames[0] if request.frames else 0)
    foreground, matte, found = _matted(clip, request, request.person, folder, log)
    own = not clip.still and request.cameras is None and request.move is None
    if own:
        footage = film_camera(clip.colour, matte, request, folder, log)
        filmed, found = footage.camera, found | footage.said
    seen = filmed.track if filmed else None
    scene, fov = lift_scene(request, pixels, depth, seen, folder, log)
    with log.stage("place"):
        rate = foreground.frame_rate
        track = camera_track(request, filmed, scene, size, frames, float(rate), log)
        held = (filmed.attitude if filmed else None) or filmed_attitude(track)
        held = held._replace(standing=standing_rays(matte, track))
    if not clip.still and not own and kept is None and request.cameras != "none":
        height = scene.surface.height
        warn_of_conflict(clip.colour, matte, track, height, request.person_height, log)
    shot = Shot(foreground, matte, track, rate)
    return Inputs(shot, scene, fov, held, found, clip.still, clip.sound)


class _Clip(NamedTuple):
    """The frames in use; None where there is no matte. still, sound: as in Inputs."""

    colour: FrameSource
    matte: FrameSource | None
    still: bool
    sound: tuple[Path, float] | None


def _open_clip(request: GenerationRequest, path: Path) -> _Clip:
    still = _is_picture(path)
    if still and (request.move or request.cameras):
        raise InputError(f"{path}: is a single picture; a camera movement needs a video")
    person = open_frames(path)
    colour, matte = _colour_and_matte(person, path, request, still)  # also that it has the frames
    start = _second_of(person, request.frames[0]) if request.frames else 0.0
    sound = (path, start) if path.is_file() and not still else None
    return _Clip(colour, matte, still, sound)


def _matted(
    clip: _Clip, request: GenerationRequest, path: Path, folder: Path, log: Log
) -> tuple[FrameSource, FrameSource, dict[str, Any]]:
    """The person's frames, their matte, and what to report of it; cut out where there is none."""
    if clip.matte is not None:
        if request.matte is None:  # its own alpha: such colours are the person's alone
            return clip.colour, clip.matte, {}
        return CleanEdges(clip.colour, clip.matte), clip.matte, {}
    matte, said = cut_out(path, clip.colour, request, folder, log)
    return CleanEdges(clip.colour, matte), matte, {"matte": said}


def _open_scene_alone(
    request: GenerationRequest, pixels: np.ndarray, depth: Tensor | None, folder: Path, log: Log
) -> Inputs:
    """No person: the camera moves through the scene."""
    size = request.options.size or _even(_limited(Size(pixels.shape[1], pixels.shape[0])))
    filmed = read_filmed(request, size, None, log)
    if filmed is not None:
        filmed = read_footage(request, filmed) or filmed
    seen = filmed.track if filmed else None
    scene, fov = lift_scene(request, pixels, depth, seen, folder, log)
    rate = float(DEFAULT_FRAME_RATE)
    track = camera_track(request, filmed, scene, size, None, rate, log)
    held = filmed.attitude if filmed else None
    return Inputs(Shot(None, None, track, DEFAULT_FRAME_RATE), scene, fov, held)


def _scene_depth(request: GenerationRequest) -> Tensor | None:
    return torch.from_numpy(read_depth(request.scene_depth)) if request.scene_depth else None


def scene_pixels(path: Path) -> np.ndarray:
    """A picture of a place, uint8 [H, W, 3]. Raises InputError where it cannot serve as one."""
    pixels = read_image(path)
    if pixels.shape[2] == 4:
        if pixels[..., 3].min() < 255:
            raise InputError(f"{path}: has transparent parts; flatten the picture of the place")
        pixels = pixels[..., :3]
    if min(pixels.shape[:2]) < 16:
        raise InputError(f"{path}: {pixels.shape[1]}x{pixels.shape[0]} is too small for a scene")
    return pixels


def lift_scene(
    request: GenerationRequest,
    pixels: np.ndarray,
    depth: Tensor | None,
    filmed: CameraTrack | None,
    folder: Path,
    log: Log,
) -> tuple[LiftedScene, float]:
    """The picture lifted to 2.5-D, and its horizontal field of view in degrees."""
    size = Size(pixels.shape[1], pixels.shape[0])
    fov = request.scene_fov or exif_fov(request.scene)
    if fov is None:
        fov = assumed_fov(size, filmed)
        log.notice(f"{request.scene}: field of view unknown; assuming {fov:.3g}° (--scene-fov)")
    focal = focal_from_fov(fov, size)
    if request.horizon is None:
        with log.stage("horizon"):
            horizon = estimate_horizon(pixels, focal).row
    else:
        horizon = request.horizon * size.height
    picture = torch.tensor(pixels).permute(2, 0, 1).float() / 255
    camera = PictureCamera(focal, size, horizon)
    if depth is None:
        depth = found_depth(pixels, camera, folder, log)
    with log.stage("lift"):
        if depth is None:
            return lift_to_stage(picture, camera), fov
        return lift_with_depth(picture, camera, depth), fov


def assumed_fov(size: Size, filmed: CameraTrack | None) -> float:
    """60 degrees along the longer side; unlike that where the filmed camera saw much more or less.

    A picture whose angle nobody knows should fill the first frame, and not be shown in such a
    narrow crop that it blurs.
    """
    focal = max(size) / 2 / math.tan(math.radians(DEFAULT_SCENE_FOV) / 2)
    if filmed is not None:
        filling = float(filmed.intrinsics[0, 0, 0]) / cover_scale(size, filmed.size)
        widest = size.width / 2 / math.tan(math.radians(WIDEST_ASSUMED) / 2)
        focal = max(min(max(focal, filling / NARROWEST_CROP), filling), widest)
    return math.degrees(2 * math.atan(size.width / 2 / focal))


def _is_picture(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in IMAGE_SUFFIXES


def _colour_and_matte(
    source: FrameSource, path: Path, request: GenerationRequest, still: bool
) -> tuple[FrameSource, FrameSource | None]:
    """Of the frames in use; None where the video has no matte of its own."""
    if request.matte is not None:
        whole = split_alpha(source)[0] if source.channels == 4 else source
        colour = excerpt(whole, request.frames, path)
        return colour, open_excerpt_matte(request.matte, whole, request.frames)
    source = excerpt(source, request.frames, path)
    if source.channels != 4:
        if still:
            raise InputError(f"{path}: has no alpha; give a matte (white = person) with --matte")
        return source, None
    colour, alpha = split_alpha(source)
    if all((frame == 255).all() for frame in alpha.read()):
        if still:
            raise InputError(f"{path}: its alpha is opaque everywhere; give a matte with --matte")
        return colour, None  # raw footage in a format with alpha
    return colour, alpha


def _second_of(source: FrameSource, frame: int) -> float:
    times = times_of(source)
    return times[frame] if times else float(frame / source.frame_rate)


def _limited(size: Size) -> Size:
    scale = min(1.0, LONGEST_SIDE / max(size))
    return Size(round(size.width * scale), round(size.height * scale))


def _even(size: Size) -> Size:
    return Size(max(16, size.width // 2 * 2), max(16, size.height // 2 * 2))
