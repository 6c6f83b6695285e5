"""The lens of a clip, as its file tells it."""

from __future__ import annotations

from pathlib import Path

from dynascene.geometry.intrinsics import focal_from_fov
from dynascene.io.images import IMAGE_SUFFIXES, exif_fov, probe_image
from dynascene.io.picture_folders import list_pictures
from dynascene.io.video_decoding import open_footage
from dynascene.types import Size

# iPhones say in QuickTime's metadata what lens of a 35 mm camera sees as much
EQUIVALENT = "com.apple.quicktime.camera.focal_length.35mm_equivalent"
FULL_FRAME_WIDTH = 36.0  # millimetres
LENSES = 5.0, 1000.0  # millimetres: what else is written is a mistake


def tagged_focal(path: Path, size: Size) -> float | None:
    """The focal length in pixels that a clip's file tells; None where it tells none.

    Of a video from the equivalent that an iPhone writes, taken for the longer side: stabilisation
    crops some per cent more. Of pictures from the EXIF tags of the first; animated pictures and
    files of several pages tell none.

    Args:
        path: a video, a picture or a folder of pictures.
        size: of the upright frames.

    Raises:
        InputError: the file cannot be read.
    """
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        first = list_pictures(path, IMAGE_SUFFIXES, fill_gaps=True)[0][0] if path.is_dir() else path
        if probe_image(first).count > 1:
            return None
        fov = exif_fov(first)
        return None if fov is None else focal_from_fov(fov, size)
    with open_footage(path) as footage:
        for tags in (footage.stream.metadata, footage.container.metadata):
            equivalent = _number(tags.get(EQUIVALENT, ""))
            if LENSES[0] <= equivalent <= LENSES[1]:
                return equivalent / FULL_FRAME_WIDTH * max(size)
    return None


def _number(text: str) -> float:
    """A number of a file's metadata; 0 where it is malformed."""
    try:
        return float(text)
    except ValueError:
        return 0.0
