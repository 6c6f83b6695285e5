"""The contact sheet of an evaluation: truth and systems over time, a few clips below each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from dynascene.evaluation.protocol import EvaluationShot
from dynascene.evaluation.scores import Scores
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.imaging.sheet import (
    SheetHeader,
    SheetRow,
    contact_sheet,
    hatch_unseen,
    spread_frames,
    stack_sheets,
    thumbnail,
)

COLUMNS, MOST_CLIPS = 4, 4


@dataclass
class EvaluationSheet:
    """Keeps thumbnails of a few clips spread over the benchmark."""

    wanted: list[int]
    blocks: list[np.ndarray] = field(default_factory=list)

    def add(
        self, index: int, shot: EvaluationShot, rendered: Mapping[str, np.ndarray], scores: Scores
    ) -> None:
        if index not in self.wanted:
            return
        times = spread_frames(len(shot.truth), COLUMNS)
        rows = {"truth": [shot.truth[t] for t in times]}
        if shot.batch.guide_visibility is not None:
            seen = bytes_from_tensor(shot.batch.guide_visibility[0].expand(-1, 3, -1, -1))[..., :1]
            rows["seen"] = [hatch_unseen(shot.truth[t], seen[t]) for t in times]
        rows |= {_label(name): [frames[t] for t in times] for name, frames in rendered.items()}
        scene = bytes_from_tensor(shot.batch.scene_image / 2 + 0.5)[0]
        shown = [SheetRow(name, [*map(thumbnail, images)]) for name, images in rows.items()]
        captions = [f"frame {t}" for t in times]
        self.blocks.append(contact_sheet(shown, captions, SheetHeader(scene, _title(shot, scores))))

    def image(self) -> np.ndarray:
        """All blocks, uint8 [H, W, 3]."""
        return stack_sheets(self.blocks)


def _title(shot: EvaluationShot, scores: Scores) -> str:
    """The clip's name and the PSNR of each row over the whole background."""
    last = {row: regions["whole"][-1].psnr for row, regions in scores.rows.items()}
    return "\n".join([shot.name, *(f"{value:.1f} dB  {row}" for row, value in last.items())])


def _label(name: str) -> str:
    """Row names fit beside the thumbnails on two lines."""
    return name.replace(", ", ",\n")
