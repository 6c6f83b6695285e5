"""What the look of a clip needs, estimated once before its frames."""

from dataclasses import replace
from pathlib import Path

from dynascene.estimators.light import PlaceLight, estimate_light
from dynascene.estimators.scale.silhouette import person_silhouette
from dynascene.generation.clip import GeneratedClip
from dynascene.generation.inputs import Inputs
from dynascene.generation.look.clip_look import ClipLook
from dynascene.generation.look.focus import Focus, focus_distances
from dynascene.generation.look.footing import Footing, find_footing
from dynascene.generation.look.harmony import UNCHANGED, Harmony, harmony_between
from dynascene.generation.look.illumination import filmed_illumination, place_illumination
from dynascene.generation.look.person_landmarks import landmarks_of
from dynascene.generation.look.shadow import ShadowCaster
from dynascene.generation.look.texture import TextureMatch, clip_texture
from dynascene.generation.person_input import has_alpha
from dynascene.generation.request import GenerationRequest
from dynascene.geometry.tracks import resize_track
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack

UNSURE = 0.5  # confidence in an estimated light below which it is taken to come from everywhere


def prepare_look(
    request: GenerationRequest,
    inputs: Inputs,
    clip: GeneratedClip,
    folder: Path,
    log: Log,
    *,
    is_preview: bool = False,
) -> ClipLook:
    """Estimate what the look of a clip needs.

    Args:
        folder: of the results, where a matte that was made lies with its landmarks.
        is_preview: the shot is a few frames of the clip, which landmarks beside a matte of the
            user's do not fit.

    Raises:
        InputError: landmarks beside the matte cannot be read.
    """
    shot, look = inputs.shot, request.look
    if shot.foreground is None or shot.matte is None:
        return ClipLook()
    track = resize_track(clip.track, shot.matte.size)
    caster = focus = texture = None
    with log.stage("look"):
        is_opaque = _is_opaque(request, inputs)
        harmony = _harmony(request, inputs, clip, is_opaque, log)
        if look.shadow or look.focus:
            has_landmarks = not (is_preview and request.person and request.person.matte)
            landmarks = landmarks_of(request, shot, folder) if has_landmarks else None
            footing = find_footing(
                person_silhouette(shot.matte),
                landmarks,
                track,
                inputs.scene.surface.height,
                float(shot.frame_rate),
            )
            if look.shadow:
                caster = _caster(request, inputs, track, footing, log)
            if look.focus:
                distances = focus_distances(track, footing.points, inputs.scene)
                focus = Focus(track, inputs.scene, distances, look.focus)
        if is_opaque and (look.soften or look.grain):
            wanted = clip_texture(shot.foreground)
            texture = TextureMatch(wanted, look.soften, look.grain, request.options.seed)
    return ClipLook(caster, harmony, texture, focus, has_person=True)


def _is_opaque(request: GenerationRequest, inputs: Inputs) -> bool:
    """Whether the clip shows a place around the person; what lies under its own alpha is none."""
    if "matte" in inputs.estimates:
        return True
    person = request.person
    return person is not None and person.matte is not None and not has_alpha(person)


def _harmony(
    request: GenerationRequest, inputs: Inputs, clip: GeneratedClip, is_opaque: bool, log: Log
) -> Harmony:
    look = request.look
    if look.harmonise == "none" or not look.harmonise_strength:
        return UNCHANGED
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
    request: GenerationRequest, inputs: Inputs, track: CameraTrack, footing: Footing, log: Log
) -> ShadowCaster:
    if not footing.presence.any():
        log.notice("no shadow is cast: the person's feet are not seen on the place's ground")
    light, strength = _light(request, inputs), request.look.shadow
    return ShadowCaster(footing, light, track, inputs.scene, strength)
