"""Stored values and those of networks: there and back, axes and rounding."""

import numpy as np
import pytest
import torch

from dynascene.imaging.pixels import (
    bytes_from_tensor,
    rounded_bytes,
    stored_bytes,
    tensor_from_bytes,
)


@pytest.mark.parametrize("shape", [(5, 7, 3), (5, 7, 1), (2, 5, 7, 3), (3, 3, 3, 3, 4)])
def test_there_and_back(shape: tuple[int, ...]) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    tensor = tensor_from_bytes(pictures)
    assert tensor.shape == (*shape[:-3], shape[-1], *shape[-3:-1])
    assert tensor.dtype == torch.float32
    back = bytes_from_tensor(tensor)
    assert back.flags.c_contiguous
    np.testing.assert_array_equal(back, pictures)


def test_each_channel_is_a_plane() -> None:
    picture = np.zeros((2, 3, 3), np.uint8)
    picture[1, 2] = 0, 51, 255
    assert tensor_from_bytes(picture)[:, 1, 2].tolist() == pytest.approx([0, 0.2, 1])


def test_values_are_rounded_and_clipped() -> None:
    values = torch.tensor([-1.0, 0.0, 0.4999 / 255, 0.5001 / 255, 254.6 / 255, 1.0, 1.5])
    stored = bytes_from_tensor(values.reshape(1, 1, -1))
    assert stored[0, :, 0].tolist() == [0, 0, 0, 1, 255, 255, 255]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(0, 5, 3), (3,), (3, 3), (7, 5, 1), (2, 3, 5, 4)])
def test_floats_are_rounded_to_the_nearest_byte(kind: type, shape: tuple[int, ...]) -> None:
    """Far beyond both ends too, in any shape, and of a part of an array."""
    values = np.random.default_rng(0).uniform(-3, 4, (*shape, 2)).astype(kind)[..., 0]
    stored = stored_bytes(values)
    assert stored.dtype == np.uint8
    np.testing.assert_array_equal(stored, np.rint(values.clip(0, 1) * 255))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_largest_floats_are_white_and_the_least_are_black(kind: type) -> None:
    values = np.array([[-np.inf, -1e9, -8.5e6, 0.2, 8.5e6, 1e7, 1e9, 3e38, np.inf]], kind)
    assert stored_bytes(values).tolist() == [[0, 0, 0, 51, 255, 255, 255, 255, 255]]
    stored = bytes_from_tensor(torch.from_numpy(values)[None])
    assert stored[..., 0].tolist() == stored_bytes(values).tolist()


def test_tensors_with_gradients_become_bytes() -> None:
    picture = torch.full((3, 2, 5), 0.2, requires_grad=True)
    assert (bytes_from_tensor(picture) == 51).all()
    assert (bytes_from_tensor(3 * picture) == 153).all()


@pytest.mark.parametrize("device", ["cpu", "cuda", "mps"])
def test_every_device_rounds_alike(device: str) -> None:
    if device != "cpu" and not getattr(torch, device).is_available():
        pytest.skip(f"there is no {device} here")
    picture = torch.rand(3, 33, 35, generator=torch.Generator().manual_seed(0)) * 3 - 1
    there = picture.to(device)
    assert rounded_bytes(there).device == there.device
    expected = stored_bytes(picture.movedim(0, -1).numpy())
    np.testing.assert_array_equal(rounded_bytes(there).movedim(0, -1).cpu(), expected)
    np.testing.assert_array_equal(bytes_from_tensor(there), expected)


def test_read_only_arrays_are_taken() -> None:
    picture = np.zeros((2, 2, 3), np.uint8)
    picture.flags.writeable = False
    assert tensor_from_bytes(picture).sum() == 0
