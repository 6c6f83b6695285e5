"""The paper's Figure 9: relit scenes without and with adaptive background illumination adjustment.

F frames, H W pixels.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from dynascene.evaluation.gap import CameraFollower
from dynascene.evaluation.gap_sheet import LEAST_WIDTH
from dynascene.evaluation.metrics.illumination import light_error
from dynascene.evaluation.protocol import EvaluationShot
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.imaging.sheet import SheetRow, contact_sheet
from dynascene.reproduction.relit_scenes import RelitScenes

COLUMNS = 6
LABEL_WIDTH = 200


def illumination_sheet(
    systems: Mapping[str, CameraFollower], scenes: RelitScenes, seed: int
) -> np.ndarray:
    """The last frame of the clips with the largest people, a column each.

    Args:
        systems: by what stands beside their rows.
        scenes: relit.
        seed: of the measurement, so that the noise is the same.

    Returns:
        uint8 [H, W, 3]: scene as given, person, each system, the place in the clip's light.
    """
    numbers = _largest_people(scenes)
    shots = [scenes[number] for number in numbers]
    batches = [shot.batch for shot in shots]
    rows = [
        SheetRow("scene as given", [_picture(b.scene_image[0] / 2 + 0.5) for b in batches]),
        SheetRow("person", [_picture(b.foreground[0, -1] / 2 + 0.5) for b in batches]),
    ]
    for name, system in systems.items():
        with torch.no_grad():
            frames = [
                system.frames(batch, seed + number)[0]
                for number, batch in zip(numbers, batches, strict=True)
            ]
        errors = [_light_error(x, shot) for x, shot in zip(frames, shots, strict=True)]
        label = f"{name}\nerror of light {np.mean(errors):.1f}"
        rows.append(SheetRow(label, [_picture(each[-1]) for each in frames]))
    videos = [scenes.moved(number).shot.video[-1] / 2 + 0.5 for number in numbers]
    rows.append(SheetRow("truth", [_picture(video) for video in videos]))
    captions = [" ".join(shot.name.split()[:2]) for shot in shots]  # number and move
    return contact_sheet(rows, captions, label_width=LABEL_WIDTH)


def _largest_people(scenes: RelitScenes) -> list[int]:
    """Numbers of clips, in order."""
    areas = [float(scenes[number].batch.matte.mean()) for number in range(len(scenes))]
    return sorted(sorted(range(len(areas)), key=lambda n: areas[n], reverse=True)[:COLUMNS])


def _light_error(frames: Tensor, shot: EvaluationShot) -> float:
    background = (shot.batch.matte[0, :, 0] == 0).numpy()
    return light_error(bytes_from_tensor(frames), shot.truth, background)


def _picture(frame: Tensor) -> np.ndarray:
    """[3, H, W] in 0 … 1, enlarged without smoothing: uint8 [H, W, 3]."""
    pixels = bytes_from_tensor(frame[None])[0]
    times = max(1, -(-LEAST_WIDTH // pixels.shape[1]))
    return pixels.repeat(times, 0).repeat(times, 1)
