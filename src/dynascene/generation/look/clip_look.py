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
from dynascene.generation.look.harmony import UNCHANGED, Harmony, harmony_between
from dynascene.generation.look.illumination import filmed_illumination, place_illumination
from dynascene.generation.look.person_landmarks import landmarks_of
from dynascene.generation.look.shadow import ShadowCaster
from dynascene.generation.request import GenerationRequest
from dynascene.geometry.tracks import resize_track
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.jobs.log import Log

UNSURE = 0.5  # confidence in an estimated light below which it is taken to come from everywhere


class LookFrame(NamedTuple):
    """uint8. background: [H, W, 3], to lay the person [H, W, 3] over. shadow: [H, W, 1] or None."""

    background: np.ndarray
    person: np.ndarray
    shadow: np.ndarray | None


@dataclass(frozen=True)
class ClipLook:
    """Applies the look.

    Attributes:
        caster: of the shadow; None = none.
        harmony: changes of light.
        report: for report.json.
    """

    caster: ShadowCaster | None = None
    harmony: Harmony = UNCHANGED
    report: dict[str, Any] = field(default_factory=dict)

    def apply(
        self, index: int, background: np.ndarray, person: np.ndarray, matte: np.ndarray
    ) -> LookFrame:
        """One frame: uint8 background and person [H, W, 3], matte [H, W, 1], of one size."""
        if self.harmony.place is not None:
            background = self.harmony.place.apply(background)
        if self.harmony.person is not None:
            person = self.harmony.person.apply(person)
        if self.caster is None:
            return LookFrame(background, person, None)
        shadow = self.caster.shadow(index, matte)
        return LookFrame(shade(background, shadow), person, shadow)


def prepare_look(
    request: GenerationRequest, inputs: Inputs, clip: GeneratedClip, folder: Path, log: Log
) -> ClipLook:
    """Estimate what the look of a clip needs.

    Args:
        folder: of the results, where a matte that was made lies with its landmarks.

    Raises:
        InputError: landmarks beside the matte cannot be read.
    """
    if inputs.shot.matte is None:
        return ClipLook()
    with log.stage("look"):
        harmony = _harmony(request, inputs, clip, log)
        caster = _caster(request, inputs, clip, folder, log) if request.look.shadow else None
    report: dict[str, Any] = {"person_pixels_exact": harmony.person is None}
    report["harmony"] = {
        name: None if tone is None else tone.report() for name, tone in harmony._asdict().items()
    }
    if caster is not None:
        presence = round(float(caster.footing.presence.mean()), 3)
        report |= {"light": caster.light.report(), "shadow": {"feet_seen_share": presence}}
    return ClipLook(caster, harmony, report)


def _harmony(request: GenerationRequest, inputs: Inputs, clip: GeneratedClip, log: Log) -> Harmony:
    look = request.look
    if look.harmonise == "none" or not look.harmonise_strength:
        return UNCHANGED
    # what lies under a clip's own alpha is no place
    is_opaque = "matte" in inputs.estimates or (request.person and request.person.matte)
    filmed = filmed_illumination(inputs.shot) if is_opaque else None
    place = place_illumination(inputs.scene, clip.track)
    if filmed is None or place is None:
        which = "clip shows nothing around the person" if filmed is None else "place is too dark"
        log.notice(f"the light is not matched: the {which} (`harmonise`)")
        return UNCHANGED
    return harmony_between(filmed, place, look.harmonise, look.harmonise_strength)


def _light(request: GenerationRequest, inputs: Inputs) -> PlaceLight:
    if request.look.light is not None:
        return PlaceLight(*request.look.light, directness=1.0, confidence=1.0, evidence="`light`")
    light = estimate_light(bytes_from_tensor(inputs.scene.picture), inputs.scene.camera)
    return light if light.confidence >= UNSURE else replace(light, directness=0.0)


def _caster(
    request: GenerationRequest, inputs: Inputs, clip: GeneratedClip, folder: Path, log: Log
) -> ShadowCaster:
    shot, surface = inputs.shot, inputs.scene.surface
    assert shot.matte is not None, "prepare_look has looked"
    track = resize_track(clip.track, shot.matte.size)
    footing = find_footing(
        person_silhouette(shot.matte),
        landmarks_of(request, shot, folder),
        track,
        surface.height,
        float(shot.frame_rate),
    )
    if not footing.presence.any():
        log.notice("no shadow is cast: the person's feet are not seen on the place's ground")
    return ShadowCaster(footing, _light(request, inputs), track, surface, request.look.shadow)
