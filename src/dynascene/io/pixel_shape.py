"""Still pictures that say that their pixels are not square."""

from __future__ import annotations

import logging
from pathlib import Path

from PIL import Image

from dynascene.io.picture_file import open_picture

log = logging.getLogger(__name__)

NO_UNIT = 1  # TIFF's ResolutionUnit of pixels of a shape without a size
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
SQUARE = 0.01  # densities that differ by less mean square pixels


def note_pixel_shape(path: Path) -> None:
    """Log a note where a picture says that its pixels are not square.

    They are not stretched: writers of PNG do not agree which of the two densities is the larger
    one for a wide pixel. Densities of a unit (dots per inch) are those of a printer or a scanner,
    and do not count.

    Raises:
        InputError: as for ``open_picture``.
    """
    with open_picture(path, single=False) as image:
        densities = _densities(image)
    if densities is None or min(densities) <= 0:
        return
    across, down = densities
    if abs(across / down - 1) > SQUARE:
        log.warning(
            "%s: says that its pixels are not square (%g:%g); it is read as it is stored: export "
            "it with square pixels if it looks squeezed",
            path, across, down,
        )  # fmt: skip


def _densities(image: Image.Image) -> tuple[float, float] | None:
    """Of pixels across and down where they tell a shape alone."""
    if image.format == "PNG":
        return image.info.get("aspect")
    if image.format in ("JPEG", "MPO") and image.info.get("jfif_unit") == 0:
        return image.info.get("jfif_density")
    tags = getattr(image, "tag_v2", {})
    if tags.get(RESOLUTION_UNIT) == NO_UNIT and X_RESOLUTION in tags and Y_RESOLUTION in tags:
        return float(tags[X_RESOLUTION]), float(tags[Y_RESOLUTION])
    return None
