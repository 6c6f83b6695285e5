"""How the background moves by a sequence of poses: the flow of a Background Motion Learner alone.

F frames, h w latent grid.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.generation.motion_input import motion_frames, motion_inputs
from dynascene.generation.request import MotionInput
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.imaging.sheet import (
    SheetRow,
    contact_sheet,
    spread_frames,
    thumbnail,
)
from dynascene.io.images import write_png
from dynascene.jobs.result_folder import result_folder
from dynascene.models.conditioners.background_flow import BackgroundFlow
from dynascene.models.latents import encode_plainly, latent_stride
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.types import Size

OUTPUTS = ("flow.npy", "sheet.png", "report.json")
PICTURE = Size(320, 160)  # of arrows
GREY, LIGHT = 40, (240, 240, 240)
LONGEST = 0.15  # of the picture's width: the longest arrow


def write_background_flow(
    pipeline: DynaScenePipeline, poses: Path, out: Path, frames: tuple[int, int] | None = None
) -> Tensor:
    """Write what a sequence of poses says of the background.

    ``out`` then holds ``flow.npy``, float32 [F, 2, h, w]: how far the background at each cell of
    the network's grid has come since the frame before, to the right and down, in shares of the
    frame's width and height; ``sheet.png`` and ``report.json``.

    Args:
        pipeline: whose network predicts a flow.
        poses: a file of poses, or a skeleton video.
        out: folder of the result.
        frames: (start, stop) of the poses that are used; None: all.

    Returns:
        The flow.

    Raises:
        InputError: the network predicts no flow, or the poses cannot be read.
    """
    learner = flow_conditioner(pipeline)
    motion = MotionInput(pose=poses)
    start, count, _ = motion_frames(motion, frames)
    assert count is not None  # poses tell how many they are
    size = pipeline.denoiser.size.resolution
    skeletons = motion_inputs(motion, size, start, count)["skeleton"]
    flow = flow_of(learner, skeletons, latent_stride(pipeline.vae), pipeline.denoiser.size.frames)
    with result_folder(out, OUTPUTS, inputs=[poses]) as folder:
        np.save(folder / "flow.npy", flow.numpy())
        write_png(folder / "sheet.png", flow_sheet(learner.gain * skeletons, flow))
        report = {
            "frames": count,
            "first": start,
            "mean_way": flow.mean(dim=(2, 3)).tolist(),
            "outputs": list(OUTPUTS),
        }
        (folder / "report.json").write_text(json.dumps(report, indent=1))
    return flow


def flow_conditioner(pipeline: DynaScenePipeline) -> BackgroundFlow:
    """The part of a network that predicts flow.

    Raises:
        InputError: it has none.
    """
    for conditioner in pipeline.denoiser.conditioners.values():
        if isinstance(conditioner, BackgroundFlow):
            return conditioner
    raise InputError(
        "`weights`: predict no flow of the background; animateanywhere.micro_flow trains some"
    )


@torch.no_grad()
def flow_of(learner: BackgroundFlow, skeletons: Tensor, stride: int, length: int) -> Tensor:
    """The flow of a long sequence, as many frames at once as the network was trained on.

    Each piece begins with the last frame of the one before, so that every frame but the first has
    one before it.

    Args:
        learner: predicts it.
        skeletons: [F, 3, H, W] in 0 … 1.
        stride: pixels of a cell of its grid.
        length: frames of a piece, 2 or more.

    Returns:
        [F, 2, h, w] in shares of the frame; that of the first frame is 0.
    """
    folds = encode_plainly(skeletons[None], "folds", stride).to(learner.cells.weight.device)
    flow = torch.zeros(len(skeletons), 2, *folds.shape[-2:])
    for start in range(0, len(skeletons) - 1, length - 1):
        part = learner.flow(folds[:, start : start + length])[0].float().cpu()
        flow[start + 1 : start + len(part)] = part[1:]
    return flow


def flow_sheet(skeletons: Tensor, flow: Tensor) -> np.ndarray:
    """Some skeletons and, below them, arrows along which the background goes: uint8 [H, W, 3]."""
    numbers = spread_frames(len(flow))
    way = flow * flow.new_tensor([PICTURE.width, PICTURE.height])[:, None, None]
    longest = max(float(way.norm(dim=1).max()), 1e-6)
    scale = LONGEST * PICTURE.width / longest
    poses = [
        thumbnail(cv2.resize(pose, (*PICTURE,), interpolation=cv2.INTER_NEAREST))
        for pose in bytes_from_tensor(skeletons[numbers])
    ]
    arrows = [_arrows(way[number] * scale) for number in numbers]
    percent = 100 * float(flow.norm(dim=1).max())
    captions = [f"frame {number}" for number in numbers]
    name = f"flow\n(longest\n{percent:.1f} % of\nthe frame)"
    return contact_sheet([SheetRow("poses", poses), SheetRow(name, arrows)], captions)


def _arrows(way: Tensor) -> np.ndarray:
    """way: [2, h, w] in pixels of the picture."""
    picture = np.full((PICTURE.height, PICTURE.width, 3), GREY, np.uint8)
    height, width = way.shape[1:]
    for row in range(height):
        for column in range(width):
            middle = np.array([column + 0.5, row + 0.5]) * [
                PICTURE.width / width,
                PICTURE.height / height,
            ]
            end = middle + way[:, row, column].numpy()
            start, stop = (tuple(round(float(v)) for v in place) for place in (middle, end))
            cv2.arrowedLine(picture, start, stop, LIGHT, 1, cv2.LINE_AA, tipLength=0.35)
    return picture
