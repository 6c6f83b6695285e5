"""What systems may see of a benchmark, as files for other people's tools.

F frames, H W pixels.
"""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynascene.evaluation.external import clip_file_name
from dynascene.evaluation.protocol import Benchmark, EvaluationShot
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.io.cameras import write_cameras
from dynascene.io.images import write_png
from dynascene.io.video_writing import PngSequenceWriter
from dynascene.jobs.log import Log
from dynascene.jobs.result_folder import result_folder
from dynascene.types import Batch, CameraTrack

LISTING, CLIPS = "inputs.json", "clips"


def write_inputs(benchmark: Benchmark, out: Path, log: Log) -> None:
    """Write every clip's conditions; ``out`` is complete afterwards, or untouched if this raises.

    The truth is not among them.

    Args:
        benchmark: whose clips.
        out: gets inputs.json, which lists the clips, and clips/NAME/ with each clip's files.
        log: of the progress.
    """
    with result_folder(out, [LISTING, CLIPS], listing=LISTING) as folder:
        clips = []
        with log.stage("inputs", len(benchmark)) as step:
            for index in range(len(benchmark)):
                shot = benchmark[index]
                name = clip_file_name(shot.name)
                clips.append(write_clip_inputs(shot, folder / CLIPS / name) | {"folder": name})
                step()
        values = {"benchmark": benchmark.name, "note": benchmark.note, "clips": clips}
        values["outputs"] = [LISTING, CLIPS]
        (folder / LISTING).write_text(json.dumps(values, indent=1), encoding="utf-8")


def write_clip_inputs(shot: EvaluationShot, folder: Path) -> dict[str, Any]:
    """Write one clip's conditions as pictures without loss, and its cameras.

    Args:
        shot: of a benchmark.
        folder: of the clip, which is made.

    Returns:
        The contents of clip.json: name, place, number and size of frames, cameras.
    """
    folder.mkdir(parents=True)
    batch = shot.batch
    matte = batch.matte[0]
    # the foreground is the person in −1 … 1 times the matte: over black that is (f + m) / 2
    person = bytes_from_tensor((batch.foreground[0] + matte) / 2)
    for name, frames in (("person", person), ("matte", bytes_from_tensor(matte))):
        with PngSequenceWriter(folder / name) as writer:
            for frame in frames:
                writer.write(frame)
    write_png(folder / "scene.png", bytes_from_tensor(batch.scene_image / 2 + 0.5)[0])
    write_png(folder / "scene_mask.png", bytes_from_tensor(batch.scene_visibility)[0])
    cameras = CameraTrack(_plain(batch.cam_from_world[0]), _plain(batch.intrinsics[0]), batch.size)
    write_cameras(cameras, folder / "cameras.txt", "re10k")
    values = {
        "name": shot.name,
        "place": shot.place,
        "frames": batch.frames,
        "size": [batch.size.width, batch.size.height],
        "intrinsics": cameras.intrinsics.tolist(),
        "cam_from_world": cameras.cam_from_world.tolist(),
        "scene_camera": _scene_camera(batch),
    }
    (folder / "clip.json").write_text(json.dumps(values, indent=1), encoding="utf-8")
    return {key: values[key] for key in ("name", "place", "frames", "size")}


def _scene_camera(batch: Batch) -> dict[str, Any] | None:
    """The camera that took the scene picture, for a picture of the frames' size; None: unknown."""
    if batch.scene_cam_from_world is None or batch.scene_intrinsics is None:
        return None
    return {
        "intrinsics": batch.scene_intrinsics[0].tolist(),
        "cam_from_world": batch.scene_cam_from_world[0].tolist(),
    }


def _plain(matrices: Tensor) -> Tensor:
    return matrices.detach().cpu().to(torch.float64)
