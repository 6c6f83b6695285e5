"""Metres, ground and pitch of a filmed clip, from the person in it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch

from dynascene.errors import InputError
from dynascene.estimators.horizon import estimate_horizon
from dynascene.estimators.scale.ground import (
    ADULT_SPREAD,
    HEIGHT_SPREAD,
    GroundFit,
    PitchEvidence,
    down_vectors,
    slopes,
)
from dynascene.estimators.scale.joint import ClipGround
from dynascene.estimators.scale.silhouette import Box, Silhouette, person_silhouette
from dynascene.estimators.scale.sliding import foot_evenness, foot_slide
from dynascene.estimators.scale.travel import UnitFit
from dynascene.geometry.framing import Attitude, filmed_attitude
from dynascene.geometry.rigid import camera_centres
from dynascene.geometry.tracks import (
    relative_track,
    resize_track,
    scale_track,
    travels,
    turning_only,
)
from dynascene.io.picking import pick
from dynascene.phrases import count_of
from dynascene.types import CameraTrack, FrameSource

ADULT = 1.7  # metres
SHORTEST, TALLEST = 0.4, 2.6
LEAST_FRAMES, LEAST_SHARE = 3, 0.1  # in which the person must be seen as a whole
UPRIGHT = 0.8  # width over height of somebody who stands, walks or runs is less …
LEANING = 0.25  # … and so is what the head is off the feet sideways, over the height
GLIDING = 0.8  # metres a second at which the feet of nobody who walks or runs slide
CARRIED = 0.65  # evenness of the feet of somebody who rides; that of hops is less
AGREEING = 0.5  # share of frames that must show one height
DOUBTED = 0.3  # of the confidence remains
CERTAIN_UNIT = 0.2  # spread of the logarithm up to which a unit is told
TURN_SPREAD = 1.5  # degrees by which the pitch of a track that turns far is off
SURE_HORIZON, UNSURE_HORIZON = 2.0, 11.0  # degrees by which a picture's horizon is off
HORIZON_FRAMES = 5

Kind = Literal["static", "rotation", "general"]


@dataclass(frozen=True)
class PersonScale:
    """The scale of a clip. A number is None where it cannot be estimated; ``why_not`` says why.

    Attributes:
        camera_height_m: height of the first frame's camera above the ground, in metres.
        distance_m: [F], distance along the ground from each camera to the feet, in metres; NaN
            where they are not seen.
        metres_per_unit: of the track; None also where the camera does not travel.
        pitch_degrees: of the first frame's camera, positive: it looks up.
        horizon_row: in the middle column of the first frame, in pixels of the matte from the top;
            may lie outside.
        confidence: of camera height and pitch, 0 (only the prior) … 1.
        spread: standard deviations of the natural logarithms of ``camera_height_m`` and of
            ``metres_per_unit``, with that of the person's height.
        glides: whether the feet go evenly over the ground and never rest, as of somebody who rides
            or skis, and not of somebody who jumps.
        why_not: one line on what is missing or doubtful; empty where nothing is.
        silhouette: the person's ends in each frame, the input of the estimate.
    """

    camera_height_m: float | None
    metres_per_unit: float | None
    distance_m: np.ndarray
    pitch_degrees: float | None
    horizon_row: float | None
    confidence: float
    spread: tuple[float, float]
    glides: bool
    why_not: str
    silhouette: Silhouette = field(repr=False)

    @property
    def camera_height_units(self) -> float | None:
        """The camera's height in the track's unit, as ``camera_height`` expects it."""
        if self.camera_height_m is None or self.metres_per_unit is None:
            return None
        return self.camera_height_m / self.metres_per_unit


def person_scale(
    matte: FrameSource,
    track: CameraTrack,
    *,
    kind: Kind | None = None,
    frames: FrameSource | None = None,
    horizon: float | None = None,
    boxes: Sequence[Box | None] | None = None,
    person_height: float = ADULT,
) -> PersonScale:
    """Estimate the scale of a filmed clip.

    Args:
        matte: [H, W, 1], 255 = person.
        track: one camera per frame, of any unit.
        kind: of the track; None: general where its camera travels.
        frames: the clip's colour, whose horizon improves the pitch; None: without.
        horizon: row in the first frame, in pixels of the matte, where it is known; None: estimate.
        boxes: of the subject in each frame, where other people are in the matte; None: one person.
        person_height: of the person in the clip, in metres.

    Raises:
        InputError: lengths disagree, or the height is not that of a person.
    """
    if len(matte) != len(track):
        raise InputError(
            f"matte has {count_of(len(matte), 'frame')} and the track "
            f"{count_of(len(track), 'camera')}"
        )
    check_person_height(person_height)
    silhouette = person_silhouette(matte, boxes)
    track = relative_track(resize_track(track, matte.size))
    if problem := _unusable(silhouette):
        unknown = np.full(len(track), np.nan)
        infinite = math.inf, math.inf
        return PersonScale(
            None, None, unknown, None, None, 0.0, infinite, False, problem, silhouette
        )
    attitude = filmed_attitude(track)
    evidence = _turning(attitude)
    pitch = None if horizon is None else _pitch_of(horizon, track, 0)
    if frames is not None:
        evidence.append(_by_horizons(frames, track, attitude.roll))
    moves = kind == "general" if kind is not None else travels(track)
    rate = float(matte.frame_rate)
    clip = ClipGround(silhouette, track, attitude.roll, rate, person_height, evidence, pitch)
    ground, unit = clip.ground_and_unit() if moves else (clip.ground(), None)
    return _result(clip, silhouette, track, ground, unit, moves)


def check_person_height(metres: float) -> None:
    """Raises InputError for a height that nobody has."""
    if not SHORTEST <= metres <= TALLEST:
        raise InputError(f"`person_height` {metres:g}: give metres, {SHORTEST:g} to {TALLEST:g}")


def _unusable(silhouette: Silhouette) -> str:
    """Why too few frames show a whole person; empty where enough do."""
    seen, whole = int(silhouette.seen.sum()), int(silhouette.whole.sum())
    if whole >= max(LEAST_FRAMES, LEAST_SHARE * len(silhouette)):
        return ""
    if not seen:
        return "the matte shows nobody"
    if seen < LEAST_FRAMES:
        frames = count_of(seen, "frame")
        return f"the person is seen in {frames}, and {LEAST_FRAMES} are needed to tell"
    cut = {
        "the feet are": silhouette.feet_cut,
        "the head is": silhouette.head_cut,
        "a side of the person is": silhouette.side_cut,
    }
    part = max(cut, key=lambda name: int(cut[name].sum()))
    return f"{part} cut off by the picture's border in {int(cut[part].sum())} of {seen} frames"


def _turning(attitude: Attitude) -> list[PitchEvidence]:
    """The pitch from the axis of a turning track."""
    if attitude.confidence < 0.05:
        return []
    return [PitchEvidence(attitude.pitch / attitude.confidence, TURN_SPREAD / attitude.confidence)]


def _pitch_of(row: float, track: CameraTrack, frame: int) -> float:
    """Pitch in degrees of a camera without roll, from the horizon's row in its frame."""
    focal, middle = track.intrinsics[frame, 1, 1:].tolist()
    return math.degrees(math.atan2(row - middle, focal))


def _by_horizons(frames: FrameSource, track: CameraTrack, roll: float) -> PitchEvidence:
    """The first frame's pitch from the horizons of a few frames."""
    track = resize_track(track, frames.size)
    candidates = np.arange(-89.0, 90.0, 0.5)
    down = torch.from_numpy(down_vectors(candidates, roll))
    readings: list[tuple[float, float]] = []
    looked_at = sorted({round(i) for i in np.linspace(0, len(track) - 1, HORIZON_FRAMES)})
    for index, picture in zip(looked_at, pick(frames, looked_at), strict=True):
        focal = float(track.intrinsics[index, 1, 1])
        horizon = estimate_horizon(np.ascontiguousarray(picture[..., :3]), focal)
        x, y, z = (down @ track.cam_from_world[index, :3, :3].T).unbind(-1)
        pitch = torch.rad2deg(torch.atan2(-z, torch.hypot(x, y)))  # of this frame, for each
        nearest = int((pitch - _pitch_of(horizon.row, track, index)).abs().argmin())
        readings.append((float(candidates[nearest]), horizon.confidence))
    pitch, confidence = np.median(np.array(readings), axis=0).tolist()
    spread = SURE_HORIZON + (1 - confidence) * (UNSURE_HORIZON - SURE_HORIZON)
    return PitchEvidence(pitch, spread)


def _result(
    clip: ClipGround,
    silhouette: Silhouette,
    track: CameraTrack,
    ground: GroundFit,
    unit: UnitFit | None,
    moves: bool,
) -> PersonScale:
    certain = unit if unit is not None and unit.spread <= CERTAIN_UNIT else None
    metric = scale_track(track, certain.metres) if certain is not None else turning_only(track)
    down = down_vectors(np.array([ground.pitch]), clip.roll)
    height = ground.height - camera_centres(metric.cam_from_world).numpy() @ down[0]
    slope = slopes(clip.foot, down)[0]
    visible = silhouette.seen & ~silhouette.feet_cut & (slope > 0)
    unit_settled = not moves or certain is not None
    slide = foot_slide(silhouette, metric, ground.height, ground.pitch, clip.frame_rate)
    is_sliding = unit_settled and slide > GLIDING
    evenness = foot_evenness(silhouette, metric, ground.height, ground.pitch, clip.frame_rate)
    doubt = _doubt(silhouette, ground) or (_doubt_of_feet(slide, evenness) if is_sliding else "")
    unknown = "the unit of the track is unknown: the camera travels too little past the feet"
    focal, middle = track.intrinsics[0, 1, 1:].tolist()
    return PersonScale(
        camera_height_m=ground.height,
        metres_per_unit=certain.metres if certain is not None else None,
        distance_m=np.where(visible, height / np.where(visible, slope, 1), np.nan),
        pitch_degrees=ground.pitch,
        horizon_row=middle + focal * math.tan(math.radians(ground.pitch)),
        confidence=_confidence(silhouette, ground) * (DOUBTED if doubt else 1.0),
        spread=(
            math.hypot(ground.height_spread, ADULT_SPREAD),
            math.hypot(unit.spread, ADULT_SPREAD) if unit is not None else math.inf,
        ),
        glides=is_sliding and evenness > CARRIED,
        why_not=doubt or ("" if unit_settled else unknown),
        silhouette=silhouette,
    )


def _confidence(silhouette: Silhouette, ground: GroundFit) -> float:
    whole = float(silhouette.whole.sum() / silhouette.seen.sum())
    sure = max(0.0, 1 - ground.height_spread / HEIGHT_SPREAD)
    return sure * ground.agreement * math.sqrt(whole)


def _doubt(silhouette: Silhouette, ground: GroundFit) -> str:
    """The strongest reason to doubt the ground, in one line; empty where there is none."""
    whole = silhouette.whole
    ratio = float(np.median(silhouette.width[whole] / silhouette.height[whole]))
    if ratio > UPRIGHT:
        return (
            f"the silhouette is {ratio:.2g} times as wide as high: somebody who rides, sits or "
            "lies has not the height of an adult"
        )
    lean = float(np.median(silhouette.lean[whole]))
    if lean > LEANING:
        return (
            f"the head is {lean:.0%} of the height off the feet sideways: somebody who leans or "
            "bends has not the height of an adult"
        )
    if ground.agreement < AGREEING:
        return (
            f"only {ground.agreement:.0%} of the frames show one height of the person: jumps, "
            "crouching, or a wrong camera track"
        )
    return ""


def _doubt_of_feet(slide: float, evenness: float) -> str:
    who = ""  # where they are seen too briefly to tell
    if not math.isnan(evenness):
        who = "somebody who rides or skis, " if evenness > CARRIED else "somebody who jumps, "
    return (
        f"the feet glide over the ground at {slide:.1f} m/s and never rest: {who}a wrong camera "
        "track, or no level ground"
    )
