"""What a clip consists of: the table of its fields.

Checks, stacking, windows, encoding, resizing and the storing of encoded clips read this table.
Where the fields of the package are made (``datasets.tasks``, ``synthetic.shots``,
``generation.model_input``) and in the byte cache of size micro (``training.shot_cache``) they stand
one by one; a further field comes from a file beside a clip, or from a shot (docs/datasets.md).

Legend of axes: B clips, F frames, H W pixels, h w latent grid, C latent channels, N tokens,
D token width, K colours times pixels of a latent cell, p q the small picture that an image encoder
reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from dynascene.errors import InputError

Resize = Literal["area", "intrinsics", "none"]
EncodingKind = Literal["latent", "cells", "folds", "complement", "tokens", "numbers", "flags"]
PICTURE_AXES = "B 3 p q"


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """What models read of a field.

    Args:
        name: in an ``EncodedClip``.
        kind: ``latent`` by the autoencoder; ``cells``, the mean of each latent cell,
            ``complement``, that of 1 − the mask, or ``folds``, all its pixels; ``tokens`` by the
            image encoder; ``numbers`` and ``flags`` as they are.
        axes: of the encoded tensor.
        stored: its name in files of encoded clips; empty = ``name``. Tokens are stored as the
            small picture that the image encoder reads, because that encoder is trained.
    """

    name: str
    kind: EncodingKind
    axes: str
    stored: str = ""

    @property
    def stored_name(self) -> str:
        return self.stored or self.name

    @property
    def per_frame(self) -> bool:
        return "F" in self.axes.split()


@dataclass(frozen=True, kw_only=True)
class ClipField:
    """One tensor of a clip.

    Args:
        name: in ``types.Batch`` and in samples, which lack the axis B.
        axes: such as ``B F 3 H W``; without F it is one value per clip.
        meaning: what it holds, with the range of its values.
        optional: whether a clip may lack it; it is then read as None.
        target: whether it is what training compares with, and no input.
        resize: how it follows the frame size: by area means, as intrinsics, or not at all.
        encodings: what models read of it; a field may be read in several ways.
        group: fields of one group come together or not at all.
        follows_camera: whether it changes with the camera track.
        empty_without_person: whether it is 0 in all frames without a person.
        derive: makes it from a ``Batch``'s other fields where nothing gives it, so that every batch
            has it.
    """

    name: str
    axes: str
    meaning: str
    optional: bool = False
    target: bool = False
    resize: Resize = "none"
    encodings: tuple[Encoding, ...] = ()
    group: str = ""
    follows_camera: bool = False
    empty_without_person: bool = False
    derive: Callable[[Any], Tensor] | None = None

    @property
    def per_frame(self) -> bool:
        return "F" in self.axes.split()

    @property
    def may_lack(self) -> bool:
        """Whether clips are made without giving it."""
        return self.optional or self.derive is not None


def _all_known(batch: Any) -> Tensor:
    """[B] bool: every clip has a camera."""
    return torch.ones(len(batch), dtype=torch.bool, device=batch.matte.device)


_FIELDS = (
    ClipField(
        name="matte",
        axes="B F 1 H W",
        meaning="0 … 1, 1 = person, or in outpainting what stays of the picture; else all zeros",
        resize="area",
        encodings=(Encoding(name="generate_mask", kind="complement", axes="B F 1 h w"),),
    ),
    ClipField(
        name="foreground",
        axes="B F 3 H W",
        meaning="−1 … 1, exactly 0 off the person",
        resize="area",
        encodings=(Encoding(name="foreground", kind="latent", axes="B F C h w"),),
        empty_without_person=True,
    ),
    ClipField(
        name="scene_image",
        axes="B 3 H W",
        meaning="−1 … 1; black (−1) where a person was removed, 0 where it is to be completed",
        resize="area",
        encodings=(
            Encoding(name="scene", kind="latent", axes="B C h w"),
            Encoding(name="scene_tokens", kind="tokens", axes="B N D", stored="picture"),
        ),
    ),
    ClipField(
        name="scene_visibility",
        axes="B 1 H W",
        meaning="1 where the scene picture shows the place, 0 in its holes",
        resize="area",
        encodings=(Encoding(name="scene_mask", kind="complement", axes="B 1 h w"),),
    ),
    ClipField(
        name="cam_from_world",
        axes="B F 4 4",
        meaning="rigid, OpenCV axes, in track units",
        encodings=(Encoding(name="cam_from_world", kind="numbers", axes="B F 4 4"),),
        follows_camera=True,
    ),
    ClipField(
        name="intrinsics",
        axes="B F 3 3",
        meaning="in pixels of H×W",
        resize="intrinsics",
        encodings=(Encoding(name="intrinsics", kind="numbers", axes="B F 3 3"),),
        follows_camera=True,
    ),
    ClipField(
        name="scene_cam_from_world",
        axes="B 4 4",
        meaning="of the scene picture, in the world and unit of cam_from_world; None = frame 0's",
        optional=True,
        encodings=(Encoding(name="scene_cam_from_world", kind="numbers", axes="B 4 4"),),
        group="scene_camera",
    ),
    ClipField(
        name="scene_intrinsics",
        axes="B 3 3",
        meaning="of the scene picture, in pixels of H×W; None = frame 0's",
        optional=True,
        resize="intrinsics",
        encodings=(Encoding(name="scene_intrinsics", kind="numbers", axes="B 3 3"),),
        group="scene_camera",
    ),
    ClipField(
        name="video",
        axes="B F 3 H W",
        meaning="−1 … 1, the frames as filmed",
        optional=True,
        target=True,
        resize="area",
        encodings=(Encoding(name="video", kind="latent", axes="B F C h w"),),
    ),
    ClipField(
        name="background",
        axes="B F 3 H W",
        meaning="−1 … 1, the frames without the person, known of synthetic places alone",
        optional=True,
        target=True,
        resize="area",
        encodings=(Encoding(name="background", kind="latent", axes="B F C h w"),),
    ),
    ClipField(
        name="guide",
        axes="B F 3 H W",
        meaning="−1 … 1, the scene along the track and filled: every pixel holds a colour",
        optional=True,
        resize="area",
        encodings=(Encoding(name="guide", kind="latent", axes="B F C h w"),),
        group="guide",
        follows_camera=True,
    ),
    # In training only what the scene picture shows is 1: nothing is painted there. In generation
    # the scene memory's paint is 1 too (``generation.model_input``): further key views join on to
    # it, and no frame paints it again. A network that met photographs alone reads paint as one.
    ClipField(
        name="guide_visibility",
        axes="B F 1 H W",
        meaning="1 where the guide's colours stand: seen in the scene picture, or painted into the "
        "scene memory; 0 where they are a continuation",
        optional=True,
        resize="area",
        encodings=(Encoding(name="guide_visibility", kind="cells", axes="B F 1 h w"),),
        group="guide",
        follows_camera=True,
    ),
    ClipField(
        name="has_camera",
        axes="B",
        meaning="bool, False where the camera is unknown; not given = all clips have one",
        derive=_all_known,
        encodings=(Encoding(name="has_camera", kind="flags", axes="B"),),
    ),
)
# Of the package too, and filled as fields that users add: from files, and ``Shot.inputs``.
_further = partial(ClipField, optional=True)
_FURTHER = (
    _further(
        name="skeleton",
        axes="B F 3 H W",
        meaning="0 … 1, the person's body pose drawn on black (docs/pose.md)",
        resize="area",
        encodings=(Encoding(name="skeleton_folds", kind="folds", axes="B F K h w"),),
    ),
    _further(
        name="character",
        axes="B 3 H W",
        meaning="−1 … 1, a picture of the person, black (−1) off them",
        resize="area",
        encodings=(
            Encoding(name="character_latent", kind="latent", axes="B C h w"),
            Encoding(name="character_tokens", kind="tokens", axes="B N D", stored="character_view"),
        ),
    ),
    _further(
        name="points",
        axes="B F 50 5",
        meaning="x, y, visibility (0: none), and x, y in the scene picture; in shares of the frame",
        encodings=(Encoding(name="points", kind="numbers", axes="B F 50 5"),),
        follows_camera=True,
    ),
    _further(
        name="background_flow",
        axes="B F 2 H W",
        meaning="the way from the frame before, in shares of the frame; judged, and no input",
        resize="area",
        encodings=(Encoding(name="background_flow", kind="cells", axes="B F 2 h w"),),
    ),
)
CLIP_FIELDS: dict[str, ClipField] = {field.name: field for field in (*_FIELDS, *_FURTHER)}
BUILT_IN = frozenset(field.name for field in _FIELDS)
OF_THE_PACKAGE = frozenset(CLIP_FIELDS)


def register_clip_field(field: ClipField) -> None:
    """Add a field to the table.

    Raises:
        InputError: a name of it is taken.
    """
    names = {field.name, *(encoding.name for encoding in field.encodings)}
    stored = {encoding.stored_name for encoding in field.encodings}
    for other in CLIP_FIELDS.values():
        conflicts = {other.name, *(e.name for e in other.encodings)} & names
        conflicts |= {e.stored_name for e in other.encodings} & stored
        if conflicts:
            raise InputError(
                f"clip field {field.name}: the name {min(conflicts)} is taken by {other.name}"
            )
    CLIP_FIELDS[field.name] = field


class TensorSpec(NamedTuple):
    """A tensor as one form of a clip holds it."""

    name: str
    axes: tuple[str, ...]
    optional: bool = False
    group: str = ""

    @property
    def per_frame(self) -> bool:
        return "F" in self.axes


def pixel_specs() -> list[TensorSpec]:
    """The inputs in pixels: what a ``Batch`` holds."""
    return [
        _spec(field.name, field.axes, field, optional=field.may_lack)
        for field in CLIP_FIELDS.values()
        if not field.target
    ]


def encoded_specs() -> list[TensorSpec]:
    """The inputs on the latent grid: what an ``EncodedClip`` holds."""
    return [
        _spec(encoding.name, encoding.axes, field, optional=field.optional)
        for field, encoding in encodings()
        if not field.target
    ]


def stored_specs() -> list[TensorSpec]:
    """The inputs in files of encoded clips: what a ``StoredClip`` holds."""
    return [
        _spec(
            encoding.stored_name,
            PICTURE_AXES if encoding.kind == "tokens" else encoding.axes,
            field,
            optional=field.optional,
        )
        for field, encoding in encodings()
        if not field.target
    ]


def _spec(name: str, axes: str, field: ClipField, *, optional: bool) -> TensorSpec:
    return TensorSpec(name, tuple(axes.split()), optional, field.group)


def encodings() -> Iterator[tuple[ClipField, Encoding]]:
    """Every encoding with its field, in the table's order."""
    for field in CLIP_FIELDS.values():
        for encoding in field.encodings:
            yield field, encoding
