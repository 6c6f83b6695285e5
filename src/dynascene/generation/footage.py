"""What a clip does not bring along, found in its own pictures and kept beside the results."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dynascene.errors import InputError
from dynascene.estimators.camera import TrackedCamera, TrackingOptions, track_camera
from dynascene.estimators.camera.classification import KIND_WORDS
from dynascene.estimators.depth.backends import DEPTH_NETWORKS, default_depth
from dynascene.estimators.depth.protocol import scene_depth
from dynascene.estimators.scale.conflict import find_conflict
from dynascene.estimators.scale.person_scale import PersonScale, person_scale
from dynascene.generation.camera_input import FilmedCamera
from dynascene.generation.clip_scale import (
    LEAST_CONFIDENCE,
    TrackedClip,
    scale_figures,
    tell_scale,
)
from dynascene.generation.request import SCALE, PersonInput
from dynascene.geometry.framing import Attitude, filmed_attitude
from dynascene.geometry.intrinsics import focal_from_fov
from dynascene.geometry.picture import PictureCamera
from dynascene.io.atomic import replacing, write_text
from dynascene.io.cameras import write_cameras
from dynascene.io.picking import pick
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack, FrameSource

FOLDER = "footage"  # among the results: everything that was found, to be mended and passed back in
CAMERAS, TRACKING = "cameras.txt", "cameras.track.json"
DEPTH = "scene-depth.npy"
PLAIN = 3.0  # grey levels of spread below which a background shows nothing to follow
LOOKED_AT = 3  # frames
LEFT_OUT = (
    "what somebody rides is left out of the cut-out: `take_along` brings it in, and `stand` X,Y "
    "puts both on the ground of the place"
)


@dataclass(frozen=True)
class FilmedFootage:
    """camera: None where the clip shows no background to track it by. report: for report.json."""

    camera: FilmedCamera | None
    report: dict[str, Any]


def film_camera(
    colour: FrameSource,
    matte: FrameSource,
    person: PersonInput,
    fov: float | None,
    folder: Path,
    log: Log,
    *,
    tagged: float | None = None,
    lacks_things: bool = False,
) -> FilmedFootage:
    """Track the camera of a clip and tell its scale by the person; write both into a folder.

    colour, matte: the frames in use. fov: of the lens in degrees; None = estimated. folder: of the
    results. tagged: focal length in pixels as the clip's file tells it.
    lacks_things: what the person may ride or carry was not looked for.

    Raises InputError when the camera cannot be tracked.
    """
    if not shows_background(colour, matte):
        log.notice(
            f"{person.person}: shows no background to track its camera by; the camera is taken "
            "to stand still (`cameras`, `move`)"
        )
        return FilmedFootage(None, {})
    if len(colour) == 1:
        raise InputError(
            f"{person.person}: one frame shows no movement of its camera; "
            "give `cameras` FILE, `move` static, or more frames"
        )
    focal = focal_from_fov(fov, colour.size) if fov else None
    options = TrackingOptions(focal, tagged)
    tracked = track_camera(colour, matte, options, log)
    _write_camera(folder / FOLDER, tracked)
    if tracked.track is None:
        raise InputError(
            f"{person.person}: the camera could not be tracked ({'; '.join(tracked.reasons)}); "
            "give `cameras` FILE or `move` NAME (static: it stands still)"
        )
    _give_notices(tracked, log)
    scale = tell_scale(colour, matte, tracked, person.person_height, log)
    report = {"camera": _camera_said(tracked), "scale": scale_figures(scale)}
    if scale.glides and lacks_things:
        log.doubt(LEFT_OUT)
    write_text(folder / FOLDER / SCALE, json.dumps(report["scale"], indent=1) + "\n")
    camera = FilmedCamera(
        tracked.track, "the clip's camera", scale.camera_height_units, _attitude(tracked, scale)
    )
    return FilmedFootage(camera, report)


def with_footage(filmed: FilmedCamera, clip: TrackedClip | None) -> FilmedCamera:
    """The camera of a file with what lies beside it: the scale, and whether it filmed the person.

    So what ``film_camera`` wrote, mended by hand or not, gives what it gave.
    """
    if clip is None:
        return filmed
    if clip.scale is None:
        return replace(filmed, is_own=clip.is_own)
    height, pitch, confidence = clip.scale.of_excerpt(filmed.whole or filmed.track, filmed.track)
    attitude = _surer(pitch, confidence, filmed.track)
    return replace(filmed, height=filmed.height or height, attitude=attitude, is_own=clip.is_own)


def warn_of_conflict(
    colour: FrameSource,
    matte: FrameSource,
    track: CameraTrack,
    camera_height: float,
    person_height: float,
    log: Log,
) -> None:
    """Say where a clip and a camera that did not film it contradict each other.

    track: one camera per frame. camera_height: of the first above the ground, in the track's unit.
    person_height: metres.
    """
    with log.stage("conflict"):
        scale = person_scale(matte, track, frames=colour, person_height=person_height)
        rate = float(colour.frame_rate)
        conflict = find_conflict(scale, track, camera_height, colour.size, rate)
    if conflict.message:
        log.doubt(conflict.message)


def found_depth(
    pixels: np.ndarray, camera: PictureCamera, folder: Path, log: Log
) -> torch.Tensor | None:
    """The depth map of the scene picture, where a network for it has been fetched; kept as npy."""
    estimator = default_depth()
    if estimator is None:
        return None
    log.notice(f"the scene's depth is that of {type(estimator).__name__} (`scene_depth`)")
    with log.stage("depth"):
        depth = scene_depth(estimator(pixels), camera)
    log.networks[estimator.name] = DEPTH_NETWORKS[estimator.name].sha256()
    (folder / FOLDER).mkdir(exist_ok=True)
    with replacing(folder / FOLDER / DEPTH) as temporary, temporary.open("wb") as file:
        np.save(file, depth)
    return torch.from_numpy(depth)


def shows_background(colour: FrameSource, matte: FrameSource) -> bool:
    """Whether anything is seen off the person: cut-outs often hold one colour there.

    Where the matte is faint, colours may be the person's own already.
    """
    looked_at = sorted({round(i) for i in np.linspace(0, len(colour) - 1, LOOKED_AT)})
    for frame, shown in zip(pick(colour, looked_at), pick(matte, looked_at), strict=True):
        hidden = shown[..., 0] == 0
        if hidden.any() and frame[hidden].std(axis=0).max() > PLAIN:
            return True
    return False


def _attitude(tracked: TrackedCamera, scale: PersonScale) -> Attitude | None:
    """How the first camera was held, where the person tells it better than the track."""
    if tracked.track is None:
        return None
    stored = scale_figures(scale)  # so that a second run, which reads it, does the same
    return _surer(stored["pitch_degrees"], scale.confidence, tracked.track)


def _surer(pitch: float | None, confidence: float, track: CameraTrack) -> Attitude | None:
    """A pitch in degrees that was told, unless the track tells it better."""
    attitude = filmed_attitude(track)
    if pitch is None or confidence < max(LEAST_CONFIDENCE, attitude.confidence):
        return None
    return Attitude(pitch, attitude.roll, confidence)


def _give_notices(tracked: TrackedCamera, log: Log) -> None:
    lens = "; the file tells its lens" if tracked.focal_source == "tagged" else ""
    log.notice(
        f"the clip's camera {KIND_WORDS[tracked.kind]}; the track is {tracked.verdict}{lens}"
    )
    if tracked.verdict == "doubtful":
        hint = (
            "" if tracked.focal_source == "given" else "; `fov` DEG tells the lens, if it is known"
        )
        log.doubt(f"doubtful because of: {'; '.join(tracked.reasons)}{hint}")


def _camera_said(tracked: TrackedCamera) -> dict[str, Any]:
    whole = tracked.report()
    return {name: value for name, value in whole.items() if name not in ("frames", "working_size")}


def _write_camera(folder: Path, tracked: TrackedCamera) -> None:
    """The track, where there is one, and the figures in any case."""
    folder.mkdir(exist_ok=True)
    if tracked.track is not None:
        write_cameras(tracked.track, folder / CAMERAS, "re10k")
    write_text(folder / TRACKING, json.dumps(tracked.report(), indent=1) + "\n")
