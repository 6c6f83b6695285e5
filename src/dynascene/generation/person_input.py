"""The person's clip: opened, and cut out where it brings no matte."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynascene.errors import InputError
from dynascene.estimators.matte.outline import MatteOutline
from dynascene.generation.request import PersonInput
from dynascene.generation.subject import CleanEdges, cut_out
from dynascene.generation.takes import warn_of_cuts
from dynascene.io.excerpt import excerpt, open_excerpt_matte
from dynascene.io.frames import DerivedFrames, alpha_matte, open_frames, split_alpha, times_of
from dynascene.io.images import IMAGE_SUFFIXES
from dynascene.io.mattes import require_somebody
from dynascene.io.ocio import in_srgb
from dynascene.io.premultiplied import is_to_divide, straight_frames
from dynascene.jobs.log import Log
from dynascene.types import FrameSource


@dataclass(frozen=True)
class FilmedPerson:
    """The frames in use.

    Args:
        colour: [H, W, 3] each.
        matte: [H, W, 1], 255 = person; None where the clip brings none.
        still: the person is a single picture.
        sound: the video file whose sound belongs to the clip, and the second where it begins.
        is_thinned: its frames lie apart, see ``thinning``.
    """

    colour: FrameSource
    matte: FrameSource | None
    still: bool
    sound: tuple[Path, float] | None
    is_thinned: bool = False


def open_person(person: PersonInput, frames: tuple[int, int] | None) -> FilmedPerson:
    """Open the clip and the matte that it brings.

    Raises:
        InputError: a file is missing or unreadable, matte and clip disagree, or ``frames`` reach
            beyond the clip.
    """
    path = person.person
    source = _straight_srgb(_open_file(person), person)
    picture = path.is_file() and path.suffix.lower() in IMAGE_SUFFIXES
    still = picture and len(source) == 1
    colour, matte = _colour_and_matte(source, person, frames, still)  # checks the frames too
    start = _second_of(source, frames[0]) if frames else 0.0
    sound = (path, start) if path.is_file() and not picture else None
    return FilmedPerson(colour, matte, still, sound)


def has_alpha(person: PersonInput) -> bool:
    """Whether the clip has alpha that leaves anything out: what lies under it was not filmed.

    Raises:
        InputError: the file is missing or unreadable.
    """
    return alpha_matte(_open_file(person)) is not None


def matted_person(
    clip: FilmedPerson, person: PersonInput, first_frame: int, folder: Path, log: Log
) -> tuple[FrameSource, FrameSource, dict[str, Any]]:
    """The person's frames and their matte, cut out where the clip brings none.

    Args:
        first_frame: the number of the first frame in use, for notices.
        folder: of the results, where a matte that was made is kept.

    Returns:
        The frames with clean edges, their matte, and what to report of the cut-out.
    """
    if not (clip.still or clip.is_thinned):
        warn_of_cuts(person.person, clip.colour, log, first_frame)
    if clip.matte is None:
        matte, report = cut_out(person, clip.colour, folder, log, stays=not clip.is_thinned)
        return *_with_outline(clip.colour, matte, person, is_pure=False), {"matte": report}
    # of its own alpha: such colours are the person's alone
    return *_with_outline(clip.colour, clip.matte, person, is_pure=person.matte is None), {}


def _open_file(person: PersonInput) -> FrameSource:
    return open_frames(
        person.person,
        deinterlace=person.deinterlace,
        fill_gaps=person.fill_gaps,
        frame_rate=person.frame_rate,
    )


def _straight_srgb(source: FrameSource, person: PersonInput) -> FrameSource:
    """Frames of sRGB, with straight alpha where they have any."""
    path = person.person
    if person.ocio_person is None:
        return straight_frames(source, person.alpha, path)
    if is_to_divide(source, person.alpha):
        raise InputError(
            f"`ocio_person`: the colours of {path} are premultiplied by alpha, in a space that is "
            "not known; export it with straight alpha (or give `alpha` straight if it has that)"
        )
    return in_srgb(source, person.ocio_person, path)


def _with_outline(
    colour: FrameSource, matte: FrameSource, person: PersonInput, *, is_pure: bool
) -> tuple[FrameSource, FrameSource]:
    """Colours with clean edges, and the matte that they are shown with.

    The matte that was moved tells how colours were mixed; the softened one only blends.
    is_pure: the colours are the person's own wherever the matte is above 0.
    """
    outline = person.outline
    if outline == MatteOutline():
        return (colour if is_pure else CleanEdges(colour, matte)), matte
    moved, shown = (
        DerivedFrames(matte, 1, convert, matte.frame_rate, times_of(matte))
        for convert in (outline.moved, lambda frame: outline.softened(outline.moved(frame)))
    )
    if not any(frame.any() for frame in shown.read()):
        raise InputError(
            f"`matte_shrink` {outline.matte_shrink:g}: leaves nobody in any frame; "
            "give fewer pixels"
        )
    return CleanEdges(colour, matte if is_pure else moved, shown, is_pure), shown


def _colour_and_matte(
    source: FrameSource, person: PersonInput, frames: tuple[int, int] | None, still: bool
) -> tuple[FrameSource, FrameSource | None]:
    """Of the frames in use; None where the clip has no matte of its own."""
    path = person.person
    if person.matte is not None:
        whole = split_alpha(source)[0] if source.channels == 4 else source
        colour = excerpt(whole, frames, path)
        matte = open_excerpt_matte(person.matte, whole, frames, fill_gaps=person.fill_gaps)
        require_somebody(matte, person.matte)
        return colour, matte
    source = excerpt(source, frames, path)
    if source.channels != 4:
        if still:
            raise InputError(f"{path}: has no alpha; give a `matte` (white = person)")
        return source, None
    colour, alpha = split_alpha(source)[0], alpha_matte(source)
    if alpha is not None:
        require_somebody(alpha, path)
    elif still:
        raise InputError(f"{path}: its alpha is opaque everywhere; give a `matte`")
    return colour, alpha


def _second_of(source: FrameSource, frame: int) -> float:
    times = times_of(source)
    return times[frame] if times else float(frame / source.frame_rate)
