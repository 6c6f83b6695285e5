"""Figures of sampled clips of a val split; the sampler is a stand-in with frames of its own."""

from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from dynascene.training.validation import FilmedValidation, below_each_other
from dynascene.training_batch import TrainingBatch
from dynascene.types import Batch

FRAMES = {"image_background": 1, "video_background": 3}
ERROR = {"image_background": 0.1, "video_background": 0.01}


def clip(task: str) -> TrainingBatch:
    """A grey film of 4×4 pixels; the left half is to be generated, of which the top counts."""
    F = FRAMES[task]
    mask, loss_mask = torch.zeros(1, F, 1, 4, 4), torch.zeros(1, F, 1, 4, 4)
    mask[..., :2], loss_mask[..., :2, :] = 1, 1
    film = torch.zeros(1, F, 3, 4, 4)
    return TrainingBatch(
        clip=Batch(
            matte=1 - mask,
            foreground=torch.zeros_like(film),
            scene_image=torch.full((1, 3, 4, 4), 0.4),
            scene_visibility=torch.ones(1, 1, 4, 4),
            cam_from_world=torch.eye(4).expand(1, F, 4, 4),
            intrinsics=torch.eye(3).expand(1, F, 3, 3),
            scene_cam_from_world=torch.eye(4)[None],
            scene_intrinsics=torch.eye(3)[None],
            has_camera=torch.ones(1, dtype=torch.bool),
        ),
        targets={"video": film},
        loss_mask=loss_mask,
        tasks=[task],
    )


class Sampler:
    """Grey that is wrong by ERROR where it counts, and by 1 everywhere else."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, Tensor]] = []

    def __call__(self, clip: Batch, num_inference_steps: int, generator) -> SimpleNamespace:
        self.calls.append((num_inference_steps, torch.rand(1, generator=generator)))
        task = next(name for name, F in FRAMES.items() if clip.frames == F)
        frames = torch.full(clip.foreground.shape, 1.5)
        frames[..., :2, :2] = 0.5 + ERROR[task]
        return SimpleNamespace(frames=frames)


def test_psnr_counts_what_is_generated_and_judged() -> None:
    sampler = Sampler()
    validation = FilmedValidation(clips=lambda: [clip(task) for task in FRAMES], steps=7)
    (examination,) = validation.examine(sampler, seed=3)
    assert examination.figures == pytest.approx(
        {
            "psnr_filmed_sample": 30,
            "psnr_filmed_sample/image_background": 20,
            "psnr_filmed_sample/video_background": 40,
            "psnr_filmed_still": -20 * torch.tensor(0.2).log10().item(),
            "psnr_filmed_still/image_background": -20 * torch.tensor(0.2).log10().item(),
            "psnr_filmed_still/video_background": -20 * torch.tensor(0.2).log10().item(),
        },
        abs=1e-3,
    )
    steps, noises = zip(*sampler.calls, strict=True)
    assert steps == (7, 7)
    assert noises[0] == noises[1]  # from the seed alone, whatever was sampled before
    assert examination.sheet.shape == (3, 2 * 3 * 4, 3 * 4)  # film, still, sample of two clips


def test_without_clips_nothing_is_said() -> None:
    assert FilmedValidation(clips=list, steps=7).examine(Sampler(), seed=3) == []


def test_pictures_of_several_widths() -> None:
    narrow, wide = torch.full((3, 2, 1), 0.25), torch.full((3, 1, 3), 0.5)
    picture = below_each_other([narrow, wide])
    assert picture[0].tolist() == [[0.25, 0, 0], [0.25, 0, 0], [0.5, 0.5, 0.5]]
