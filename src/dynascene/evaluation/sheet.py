"""The contact sheet of an evaluation: truth and systems over time, a few clips below each other."""

from collections.abc import Mapping

import numpy as np

from dynascene.evaluation.protocol import EvaluationShot
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.imaging.sheet import (
    SheetHeader,
    SheetRow,
    contact_sheet,
    hatch_unseen,
    spread_frames,
    thumbnail,
)

COLUMNS, MOST_CLIPS = 4, 4


def clip_sheet(
    shot: EvaluationShot, rendered: Mapping[str, np.ndarray], psnrs: Mapping[str, float]
) -> np.ndarray:
    """One clip's part of the sheet.

    Args:
        shot: the clip.
        rendered: uint8 [F, H, W, 3] by row.
        psnrs: of each row over the whole background.

    Returns:
        uint8 [H, W, 3].
    """
    times = spread_frames(len(shot.truth), COLUMNS)
    rows = {"truth": [shot.truth[t] for t in times]}
    if shot.batch.guide_visibility is not None:
        seen = bytes_from_tensor(shot.batch.guide_visibility[0].expand(-1, 3, -1, -1))[..., :1]
        rows["seen"] = [hatch_unseen(shot.truth[t], seen[t]) for t in times]
    rows |= {_label(name): [frames[t] for t in times] for name, frames in rendered.items()}
    scene = bytes_from_tensor(shot.batch.scene_image / 2 + 0.5)[0]
    shown = [SheetRow(name, [*map(thumbnail, images)]) for name, images in rows.items()]
    lines = [shot.name, *(f"{value:.1f} dB  {row}" for row, value in psnrs.items())]
    captions = [f"frame {t}" for t in times]
    return contact_sheet(shown, captions, SheetHeader(scene, "\n".join(lines)))


def _label(name: str) -> str:
    """Row names fit beside the thumbnails on two lines."""
    return name.replace(", ", ",\n")
