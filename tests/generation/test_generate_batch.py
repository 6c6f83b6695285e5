"""`generate` for a batch that brings its guide, as benchmarks do."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_pipeline import save_pipeline

from dynascene.errors import InputError
from dynascene.generation.clip import GeneratedClip, GenerationOptions
from dynascene.generation.generate import generate
from dynascene.generation.weights import LoadedWeights, load_weights
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.types import Batch, CameraTrack, Shot, Size

FRAMES, SIZE = 4, Size(64, 40)  # more frames than a window


@pytest.fixture(scope="module")
def batch() -> Batch:
    random = torch.Generator().manual_seed(1)
    coarse = torch.rand(FRAMES, 3, 5, 8, generator=random)
    guide = torch.nn.functional.interpolate(coarse, SIZE[::-1], mode="bicubic").clamp(0, 1)
    seen = torch.ones(1, FRAMES, 1, *SIZE[::-1])
    seen[..., SIZE.width // 2 :] = 0.3  # no byte tells it exactly
    return Batch(
        matte=torch.zeros_like(seen),
        foreground=torch.zeros(1, FRAMES, 3, *SIZE[::-1]),
        scene_image=guide[:1] * 2 - 1,
        scene_visibility=torch.ones(1, 1, *SIZE[::-1]),
        cam_from_world=torch.eye(4).repeat(1, FRAMES, 1, 1),
        intrinsics=intrinsics_from_fov(50.0, SIZE).float().repeat(1, FRAMES, 1, 1),
        guide=guide[None] * 2 - 1,
        guide_visibility=seen,
    )


@pytest.fixture(scope="module")
def untrained(tmp_path_factory) -> LoadedWeights:
    folder: Path = tmp_path_factory.mktemp("untrained")
    return load_weights(save_pipeline(folder, guide=True, awake=False))


def painted(batch: Batch, weights: LoadedWeights, **options: int) -> GeneratedClip:
    return generate(batch, None, GenerationOptions(weights=weights, scene_memory=False, **options))


def test_the_projection_is_the_batchs_own_guide(batch: Batch) -> None:
    clip = generate(batch, None, GenerationOptions(generator="projection", scene_memory=False))
    assert batch.guide is not None
    expected = (batch.guide[0] / 2 + 0.5) * 255
    for frame, colour in zip(clip.frames(), expected, strict=True):
        np.testing.assert_array_equal(frame.background, colour.round().permute(1, 2, 0).numpy())
        assert frame.network is None
        assert frame.estimate is None


def test_an_untrained_model_leaves_the_guide_as_it_is(batch: Batch, untrained) -> None:
    plain = generate(batch, None, GenerationOptions(generator="projection", scene_memory=False))
    frames = painted(batch, untrained, steps=2).frames()
    for frame, guide in zip(frames, plain.frames(), strict=True):
        difference = frame.background.astype(int) - guide.background
        assert np.abs(difference).max() <= 1
        assert frame.network is not None
        assert np.abs(frame.network.astype(int) - guide.background).max() > 20


@pytest.mark.parametrize(
    ("steps", "samples", "name"),
    [(2, 3, "mean of 3"), (2, 1, "one-step estimate"), (1, 3, "estimate")],
)
def test_estimates_are_made_where_they_are_asked_for(
    batch: Batch, untrained, steps: int, samples: int, name: str
) -> None:
    assert painted(batch, untrained, steps=steps).estimate is None
    clip = painted(batch, untrained, steps=steps, estimate_samples=samples)
    assert clip.estimate == name
    frame = next(iter(clip.frames()))
    assert frame.estimate is not None
    left = (slice(None), slice(0, SIZE.width // 4))
    np.testing.assert_allclose(frame.estimate[left], frame.background[left], atol=1)  # shown
    assert not np.array_equal(frame.estimate, frame.background)


def test_what_does_not_suit_is_said_in_one_line(batch: Batch) -> None:
    own = GenerationOptions(generator="projection", scene_memory=False)
    bare = batch.replace(guide=None, guide_visibility=None)
    two = Batch(**{name: torch.cat([tensor, tensor]) for name, tensor in batch.items()})
    track = CameraTrack(batch.cam_from_world[0], batch.intrinsics[0], SIZE)
    shot = Shot(None, None, track, Fraction(24))
    for clip, options, message in (
        (bare, own, "brings a guide, and this one has none"),
        (two, own, "holds 2 clips"),
        (batch, GenerationOptions(), "the scene memory needs one"),
        (shot, own, "a shot is placed in a scene"),
        (batch, replace(own, generator="magic"), "known are projection, diffusion"),
    ):
        with pytest.raises(InputError, match=message):
            generate(clip, None, options)
