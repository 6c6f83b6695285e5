"""Samples on their way to a device: bytes give the very floats that floats would have been."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.tasks.collation import collate_samples, pack_samples
from dynascene.datasets.tasks.drawing import TASKS
from dynascene.datasets.tasks.matte_errors import augment_matte
from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.imaging.pixels import signed_values, unit_values

PICTURES, MATTES = ("video", "others"), ("matte", "others_matte")


def as_bytes(clip: FilmedClip) -> FilmedClip:
    """The clip as it would come out of a video."""
    pictures = {n: ((getattr(clip, n) + 1) * 127.5).round().byte() for n in PICTURES}
    mattes = {n: (getattr(clip, n) * 255).round().byte() for n in MATTES}
    return replace(clip, **pictures, **mattes)


def as_floats(clip: FilmedClip) -> FilmedClip:
    pictures = {n: signed_values(getattr(clip, n)) for n in PICTURES}
    mattes = {n: unit_values(getattr(clip, n)) for n in MATTES}
    return replace(clip, **pictures, **mattes)


def drawn(task: str, clip: FilmedClip, seed: int = 5) -> TrainingSample:
    return TASKS[task](clip, np.random.default_rng(seed))


@pytest.mark.parametrize("task", TASKS)
def test_bytes_and_floats_are_one_batch(make_clip, task: str) -> None:
    film = as_bytes(make_clip())
    from_bytes = pack_samples([drawn(task, film), drawn(task, film, seed=6)])
    assert {from_bytes.video.dtype, from_bytes.matte.dtype, from_bytes.loss_mask.dtype} == {
        torch.uint8
    }
    floats = as_floats(film)
    a = from_bytes.to("cpu")
    b = collate_samples([drawn(task, floats), drawn(task, floats, seed=6)])
    assert a.tasks == b.tasks
    assert a.loss_mask is not None
    assert b.loss_mask is not None
    assert torch.equal(a.loss_mask, b.loss_mask)
    assert torch.equal(a.target("video"), b.target("video"))
    assert set(a.pixels) == set(b.pixels)
    for name in a.pixels:
        assert torch.equal(a.pixels[name], b.pixels[name]), name


def test_the_batch_holds_what_the_samples_say(make_clip) -> None:
    film = as_bytes(make_clip())
    samples = [drawn(task, film) for task in ("video_background", "video_variation")]
    batch = collate_samples(samples)
    for index, sample in enumerate(samples):
        assert torch.equal(batch.pixels.foreground[index], sample.foreground)
    assert torch.any(batch.pixels.foreground[0])
    assert not torch.any(batch.pixels.foreground[1])
    assert torch.equal(batch.pixels.foreground[0], batch.target("video")[0] * batch.pixels.matte[0])


def test_faults_of_a_matte_of_bytes_are_those_of_floats(make_clip) -> None:
    film = as_bytes(make_clip())
    for seed in range(12):
        a, b = (
            augment_matte(drawn("video_background", clip), np.random.default_rng(seed))
            for clip in (film, as_floats(film))
        )
        assert a.matte.dtype == torch.uint8
        assert torch.equal(unit_values(a.matte), b.matte)


def test_frames_are_shipped_in_an_eighth_of_the_memory(make_clip) -> None:
    """Three channels and two masks in bytes; in floats, and with the foreground, eight."""
    packed = pack_samples([drawn("video_background", as_bytes(make_clip()))])
    batch = packed.to("cpu")
    shipped = sum(part.nbytes for part in (packed.video, packed.matte, packed.loss_mask))
    assert batch.loss_mask is not None
    floats = (batch.target("video"), batch.pixels.foreground, batch.pixels.matte, batch.loss_mask)
    assert shipped * 6.4 == sum(part.nbytes for part in floats)
