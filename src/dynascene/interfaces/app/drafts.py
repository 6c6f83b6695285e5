"""What somebody has chosen on the page, as plain values that survive a restart."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from dynascene.errors import InputError
from dynascene.estimators.matte.hints import Hint
from dynascene.generation.clip import DEFAULT_GENERATOR, GenerationOptions
from dynascene.generation.delivery_input import DeliveryInput
from dynascene.generation.look.look_input import (
    GRAIN,
    HARMONISE,
    HARMONISE_STRENGTH,
    SHADOW,
    SOFTEN,
    LookInput,
)
from dynascene.generation.request import (
    CameraInput,
    GenerationRequest,
    PersonInput,
    PlaceInput,
)
from dynascene.io.keyframes import is_keyframe_file
from dynascene.io.names import CameraFileName, LayerKind
from dynascene.types import Size

VACE = "vace"
TRACK, MOVE, FILE, KEYFRAMES = "track", "move", "file", "keyframes"  # where the camera comes from


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The choices for one shot; paths are texts, and what is None or empty was not chosen.

    Attributes:
        clip, frames: the person's clip, and which of its frames are used.
        subject, matte_backend, take_along, hints: how the person is cut out.
        matte: a given matte, or the one that was made.
        matte_shrink, matte_feather: of the matte's outline.
        camera: TRACK, MOVE, FILE or KEYFRAMES.
        tracked: the camera file that was found in the clip.
        move: a named move.
        camera_file, camera_height: an imported camera file.
        keyframes: a keyframe file.
        scene, horizon, stand, upright, person_scale, shape: the place.
        shadow, light, harmonise, harmonise_strength, soften, grain: the look.
        size, generator, seed: the rendering.
        weights, preset, prompt: of the generator vace.
        layers, camera_files: what is written besides the clip.
    """

    clip: str | None = None
    frames: tuple[int, int] | None = None
    subject: tuple[float, float] | None = None
    matte_backend: str | None = None
    take_along: bool | None = None
    hints: tuple[Hint, ...] = ()
    matte: str | None = None
    matte_shrink: float = 0.0
    matte_feather: float = 0.0
    camera: str = TRACK
    tracked: str | None = None
    move: str = "pan-right:10"
    camera_file: str | None = None
    camera_height: float | None = None
    keyframes: str | None = None
    scene: str | None = None
    horizon: float | None = None
    stand: tuple[float, float] | None = None
    upright: tuple[tuple[float, ...], ...] = ()
    person_scale: float = 1.0
    shape: str | None = None
    shadow: float = SHADOW
    light: tuple[float, float] | None = None
    harmonise: str = HARMONISE
    harmonise_strength: float = HARMONISE_STRENGTH
    soften: float = SOFTEN
    grain: float = GRAIN
    size: tuple[int, int] | None = None
    generator: str = DEFAULT_GENERATOR
    seed: int = 0
    weights: str | None = None
    preset: str | None = None
    prompt: str = ""
    layers: tuple[LayerKind, ...] = ()
    camera_files: tuple[CameraFileName, ...] = ()

    def json(self) -> str:
        """As text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Draft:
        """Read what ``json`` has written, by this version or another one."""
        stored = json.loads(text)
        names = {field.name for field in fields(cls)}
        values = {name: _as_tuple(value) for name, value in stored.items() if name in names}
        values["hints"] = tuple(Hint(*hint) for hint in values.get("hints", ()))
        return cls(**values)

    def person(self) -> PersonInput:
        """Raises InputError where there is no clip, or a choice cannot be met."""
        if self.clip is None:
            raise InputError("there is no clip yet: drop one in the step Clip")
        is_to_be_made = self.matte is None
        return PersonInput(
            person=Path(self.clip),
            matte=None if self.matte is None else Path(self.matte),
            subject=self.subject if is_to_be_made else None,
            matte_backend=self.matte_backend if is_to_be_made else None,
            hints=self.hints if is_to_be_made else (),
            take_along=self.take_along if is_to_be_made else None,
            matte_shrink=self.matte_shrink,
            matte_feather=self.matte_feather,
        )

    def camera_input(self) -> CameraInput:
        """Raises InputError where a file is still to be given, or a number is out of its range."""
        if self.camera == MOVE:
            return CameraInput(move=self.move)
        if self.camera == KEYFRAMES:
            return CameraInput(move=_given(self.keyframes, "no keyframes yet: fill in the table"))
        if self.camera == FILE:
            file = _given(self.camera_file, "no camera file yet: drop one in the step Camera")
            if is_keyframe_file(Path(file)):
                return CameraInput(move=file)
            return CameraInput(cameras=file, camera_height=self.camera_height)
        return CameraInput(cameras=self.tracked)

    def request(self) -> GenerationRequest:
        """What the command line would be asked for.

        Raises InputError where something is missing, or a choice cannot be met.
        """
        person, is_public = self.person(), self.generator == VACE
        scene = _given(self.scene, "no place yet: drop a picture in the step Place")
        return GenerationRequest(
            place=PlaceInput(
                scene=Path(scene),
                horizon=self.horizon,
                stand=self.stand,
                upright=self.upright,
                person_scale=self.person_scale,
                place=self.shape,
            ),
            person=person,
            camera=self.camera_input(),
            frames=self.frames,
            delivery=DeliveryInput(layers=self.layers, camera_files=self.camera_files),
            look=LookInput(
                shadow=self.shadow,
                light=self.light,
                harmonise=self.harmonise,
                harmonise_strength=self.harmonise_strength,
                soften=self.soften,
                grain=self.grain,
            ),
            options=GenerationOptions(
                generator=self.generator,
                size=None if self.size is None else Size(*self.size),
                seed=self.seed,
                weights=self.weights if is_public else None,
                preset=self.preset if is_public else None,
                prompt=(self.prompt or None) if is_public else None,
            ),
        )


def _given(value: str | None, complaint: str) -> str:
    if value is None:
        raise InputError(f"there is {complaint}")
    return value


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value
