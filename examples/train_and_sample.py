"""From nothing to a video of a network of your own, at the smallest size (24×12 pixels).

python examples/train_and_sample.py OUT [STEPS]

6,000 steps take some twenty minutes of one CPU core, and follow the camera; a few show that it
runs.
"""

import sys
from pathlib import Path

import torch

from dynascene.imaging.tensor_metrics import clip_psnrs
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.recipes import find_recipe
from dynascene.recipes.export import export_run
from dynascene.recipes.validation import moves_validation
from dynascene.synthetic.shots.moved_clips import moved_clips
from dynascene.training.run import Settings
from dynascene.training.trainer import train

RECIPE = "dynascene.micro"


def train_and_sample(out: Path, steps: int) -> tuple[float, float]:
    """PSNR of unseen clips along the told camera, and along the opposite one, in dB."""
    settings = Settings(out=out / "run", steps=steps)
    train(find_recipe(RECIPE)(settings), settings.out)
    export_run(settings.out, out / "weights")

    pipeline = DynaScenePipeline.from_pretrained(out / "weights")
    size = pipeline.denoiser.size
    moved = moved_clips(moves_validation(settings.data, size.resolution, 4, size.frames))
    told, opposite = (
        pipeline(clip, generator=torch.Generator().manual_seed(0)).frames.cpu()
        for clip in (moved.clip, moved.opposite)
    )
    psnr = [clip_psnrs(frames, moved.truth, moved.judged).nanmean() for frames in (told, opposite)]
    return float(psnr[0]), float(psnr[1])


if __name__ == "__main__":
    told, opposite = train_and_sample(Path(sys.argv[1]), int((sys.argv[2:] or ["6000"])[0]))
    print(f"along the told camera {told:.2f} dB, along the opposite one {opposite:.2f} dB")
