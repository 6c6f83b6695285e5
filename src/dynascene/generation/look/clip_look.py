"""The look of one clip: everything is estimated once, then applied frame by frame."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dynascene.estimators.light import PlaceLight, estimate_light
from dynascene.estimators.scale.silhouette import person_silhouette
from dynascene.generation.clip import GeneratedClip
from dynascene.generation.compositing import shade
from dynascene.generation.inputs import Inputs
from dynascene.generation.look.footing import find_footing
from dynascene.generation.look.person_landmarks import landmarks_of
from dynascene.generation.look.shadow import ShadowCaster
from dynascene.generation.request import GenerationRequest
from dynascene.geometry.tracks import resize_track
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.jobs.log import Log
from dynascene.types import Shot

UNSURE = 0.5  # confidence in an estimated light below which it is taken to come from everywhere


class LookFrame(NamedTuple):
    """uint8. background: [H, W, 3], to lay the person over. shadow: [H, W, 1]; None = none."""

    background: np.ndarray
    shadow: np.ndarray | None


@dataclass(frozen=True)
class ClipLook:
    """Applies the look.

    Attributes:
        caster: of the shadow; None = none.
        report: for report.json.
    """

    caster: ShadowCaster | None = None
    report: dict[str, Any] = field(default_factory=dict)

    def apply(self, index: int, background: np.ndarray, matte: np.ndarray) -> LookFrame:
        """One frame: uint8 background [H, W, 3] and matte [H, W, 1] of the person's size."""
        if self.caster is None:
            return LookFrame(background, None)
        shadow = self.caster.shadow(index, matte)
        return LookFrame(shade(background, shadow), shadow)


def prepare_look(
    request: GenerationRequest, inputs: Inputs, clip: GeneratedClip, folder: Path, log: Log
) -> ClipLook:
    """Estimate what the look of a clip needs.

    Args:
        folder: of the results, where a matte that was made lies with its landmarks.

    Raises:
        InputError: landmarks beside the matte cannot be read.
    """
    if inputs.shot.matte is None or request.look.shadow == 0:
        return ClipLook()
    with log.stage("look"):
        light = _light(request, inputs)
        caster = _caster(request, inputs.shot, inputs, clip, light, folder)
    presence = float(caster.footing.presence.mean())
    if not presence:
        log.notice("no shadow is cast: the person's feet are not seen on the place's ground")
    report = {"light": light.report(), "shadow": {"feet_seen_share": round(presence, 3)}}
    return ClipLook(caster, report)


def _light(request: GenerationRequest, inputs: Inputs) -> PlaceLight:
    if request.look.light is not None:
        return PlaceLight(*request.look.light, directness=1.0, confidence=1.0, evidence="`light`")
    light = estimate_light(bytes_from_tensor(inputs.scene.picture), inputs.scene.camera)
    return light if light.confidence >= UNSURE else replace(light, directness=0.0)


def _caster(
    request: GenerationRequest,
    shot: Shot,
    inputs: Inputs,
    clip: GeneratedClip,
    light: PlaceLight,
    folder: Path,
) -> ShadowCaster:
    assert shot.matte is not None, "prepare_look has looked"
    track = resize_track(clip.track, shot.matte.size)
    surface = inputs.scene.surface
    footing = find_footing(
        person_silhouette(shot.matte),
        landmarks_of(request, shot, folder),
        track,
        surface.height,
        float(shot.frame_rate),
    )
    return ShadowCaster(footing, light, track, surface, request.look.shadow)
