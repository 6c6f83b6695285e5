"""A clip thinned for a preview: a few of its frames, small, with all that counts their pixels."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np

from dynascene.generation.person_input import FilmedPerson
from dynascene.generation.request import PersonInput
from dynascene.geometry.tracks import resize_track
from dynascene.io.picking import pick
from dynascene.types import ArrayFrames, CameraTrack, FrameSource, Size

FRAMES = 16  # of the clip at most, the first and the last among them
LONGER_SIDE = 384  # pixels at most


def thinned_size(size: Size) -> Size:
    """The size of the small frames; sides are even, as videos need them."""
    scale = min(1.0, LONGER_SIDE / max(size))
    if scale == 1:
        return size
    return Size(*(max(16, 2 * round(side * scale / 2)) for side in size))


def thinned_numbers(count: int) -> list[int]:
    """The numbers of the frames that stay of ``count``, as evenly spread as can be."""
    return sorted(set(np.linspace(0, count - 1, min(count, FRAMES)).round().astype(int).tolist()))


def thinned_rate(rate: Fraction, count: int) -> Fraction:
    """The rate at which the frames that stay of ``count`` take as long as all of them."""
    return rate * Fraction(max(1, min(count, FRAMES) - 1), max(1, count - 1))


def thinned_clip(clip: FilmedPerson) -> FilmedPerson:
    """A few small frames of a clip, in memory; it is read once."""
    return replace(
        clip,
        colour=_thinned_frames(clip.colour),
        matte=None if clip.matte is None else _thinned_frames(clip.matte),
        sound=None,
        is_thinned=True,
    )


def thinned_track(track: CameraTrack, size: Size) -> CameraTrack:
    """The cameras of the frames that stay, for frames of ``size``."""
    numbers = thinned_numbers(len(track))
    some = CameraTrack(track.cam_from_world[numbers], track.intrinsics[numbers], track.size)
    return resize_track(some, size)


def thinned_person(person: PersonInput, size: Size, count: int) -> PersonInput:
    """The same wishes in pixels of a thinned clip; hints in frames that do not stay are left out.

    Args:
        person: as for the clip.
        size, count: of the clip's own frames.
    """
    scale = thinned_size(size).width / size.width
    subject = person.subject
    if isinstance(subject, tuple):
        subject = subject[0] * scale, subject[1] * scale
    numbers = thinned_numbers(count)
    hints = [
        hint._replace(frame=numbers.index(hint.frame), x=hint.x * scale, y=hint.y * scale)
        for hint in person.hints
        if hint.frame in numbers
    ]
    return replace(
        person,
        subject=subject,
        hints=tuple(hints),
        matte_shrink=person.matte_shrink * scale,
        matte_feather=person.matte_feather * scale,
    )


def _thinned_frames(source: FrameSource) -> ArrayFrames:
    numbers, size = thinned_numbers(len(source)), thinned_size(source.size)
    frames = []
    for frame in pick(source, numbers):
        small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        frames.append(small.reshape(size.height, size.width, source.channels))
    return ArrayFrames(frames, frame_rate=thinned_rate(source.frame_rate, len(source)))
