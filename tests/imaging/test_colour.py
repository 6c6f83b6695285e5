"""sRGB against its definition, for arrays and tensors; luma against its weights."""

import numpy as np
import pytest
import torch

from dynascene.imaging.colour import (
    LIGHT_OF_BYTE,
    LUMA_601,
    LUMINANCE_709,
    bytes_from_light,
    linear_from_srgb,
    luma,
    srgb_from_linear,
)

# IEC 61966-2-1: black, the end of the straight part, middle grey, white
PAIRS = [(0.0, 0.0), (0.04045, 0.0031308), (0.5, 0.2140411), (187 / 255, 0.4969330), (1.0, 1.0)]


@pytest.mark.parametrize(("srgb", "light"), PAIRS)
def test_known_values(srgb: float, light: float) -> None:
    assert linear_from_srgb(np.array(srgb, ndmin=1))[0] == pytest.approx(light, abs=1e-7)
    assert srgb_from_linear(np.array(light, ndmin=1))[0] == pytest.approx(srgb, abs=1e-5)


@pytest.mark.parametrize("shape", [(256,), (3, 3), (2, 3, 5, 7)])
def test_there_and_back(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).random(shape)
    back = srgb_from_linear(linear_from_srgb(values))
    assert back.shape == shape
    np.testing.assert_allclose(back, values, atol=1e-7)


def test_tensors_and_arrays_agree_and_keep_their_type() -> None:
    values = np.linspace(-0.2, 1.2, 999, dtype=np.float32)
    for transfer in (linear_from_srgb, srgb_from_linear):
        own = values.clip(0, 1) if transfer is linear_from_srgb else values
        array, tensor = transfer(own), transfer(torch.from_numpy(own))
        assert array.dtype == np.float32
        assert tensor.dtype == torch.float32
        np.testing.assert_allclose(array, tensor.numpy(), atol=1e-6)


def test_light_out_of_range_is_clipped() -> None:
    np.testing.assert_allclose(srgb_from_linear(np.array([-0.5, 1.5])), [0, 1], atol=1e-15)
    assert srgb_from_linear(torch.tensor([-0.5, 1.5])).tolist() == pytest.approx([0, 1])


def test_gradients_pass_both_ways() -> None:
    values = torch.tensor([0.01, 0.3, 0.9], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(linear_from_srgb, values)
    assert torch.autograd.gradcheck(srgb_from_linear, values)


def test_the_table_holds_the_light_of_each_byte() -> None:
    assert LIGHT_OF_BYTE.dtype == np.float32
    assert (np.diff(LIGHT_OF_BYTE) > 0).all()
    assert LIGHT_OF_BYTE[[0, 10, 188, 255]] == pytest.approx(
        [0, 10 / 255 / 12.92, 0.5029, 1], abs=1e-4
    )


def test_luma_weighs_the_channels() -> None:
    assert sum(LUMA_601) == pytest.approx(1)
    assert sum(LUMINANCE_709) == pytest.approx(1)
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    assert np.abs(luma(picture) - picture @ np.array(LUMA_601)).max() < 0.51


def test_bytes_come_back_from_their_light() -> None:
    stored = np.arange(256, dtype=np.uint8).reshape(4, 64)
    np.testing.assert_array_equal(bytes_from_light(LIGHT_OF_BYTE[stored]), stored)


def test_bytes_of_light_are_the_nearest_ones() -> None:
    light = np.random.default_rng(5).uniform(-0.2, 1.2, (33, 31, 3)).astype(np.float32) ** 3
    exact = srgb_from_linear(light.astype(np.float64)) * 255
    assert np.abs(bytes_from_light(light) - exact).max() <= 0.56
