"""The contact sheet of an evaluation: truth and systems over time, a few clips below each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from dynascene.evaluation.protocol import EvaluationShot, to_bytes
from dynascene.evaluation.scores import Scores
from dynascene.generation.sheet import contact_sheet, mark_unseen, sheet_frames, thumbnail

COLUMNS, MOST_CLIPS = 4, 4


@dataclass
class SheetCollector:
    """Keeps thumbnails of a few clips spread over the benchmark."""

    wanted: list[int]
    blocks: list[np.ndarray] = field(default_factory=list)

    def add(
        self, index: int, shot: EvaluationShot, rendered: Mapping[str, np.ndarray], scores: Scores
    ) -> None:
        if index not in self.wanted:
            return
        times = sheet_frames(len(shot.truth), COLUMNS)
        rows = {"truth": [shot.truth[t] for t in times]}
        if shot.batch.guide_visibility is not None:
            seen = to_bytes(shot.batch.guide_visibility[0].expand(-1, 3, -1, -1))[..., :1]
            rows["seen"] = [mark_unseen(shot.truth[t], seen[t]) for t in times]
        rows |= {_label(name): [frames[t] for t in times] for name, frames in rendered.items()}
        scene = to_bytes(shot.batch.scene_image / 2 + 0.5)[0]
        shown = {name: [thumbnail(image) for image in images] for name, images in rows.items()}
        captions = [f"frame {t}" for t in times]
        self.blocks.append(contact_sheet(shown, captions, _title(shot, scores), scene))

    def image(self) -> np.ndarray:
        """All blocks, uint8 [H, W, 3]."""
        width = max(block.shape[1] for block in self.blocks)
        padded = [
            np.pad(block, ((0, 0), (0, width - block.shape[1]), (0, 0)), mode="edge")
            for block in self.blocks
        ]
        return np.concatenate(padded)


def _title(shot: EvaluationShot, scores: Scores) -> str:
    """The clip's name and the PSNR of each row over the whole background."""
    last = {row: regions["whole"][-1].psnr for row, regions in scores.rows.items()}
    return "\n".join([shot.name, *(f"{value:.1f} dB  {row}" for row, value in last.items())])


def _label(name: str) -> str:
    """Row names fit beside the thumbnails on two lines."""
    return name.replace(", ", ",\n")
