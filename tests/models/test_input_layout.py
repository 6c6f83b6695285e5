"""Columns of a first convolution by meaning."""

import pytest
import torch

from dynascene.errors import InputError
from dynascene.models.input_layout import (
    GENERATE_MASK,
    GUIDE_LATENT,
    GUIDE_VISIBILITY,
    IMAGE_EDITING,
    IMAGE_LATENT,
    INPAINTING,
    MASKED_IMAGE_LATENT,
    NOISY_LATENT,
    TEXT_TO_IMAGE,
    ChannelGroup,
    check_layout,
    describe_layout,
    layout_width,
    map_input_columns,
)

PERMUTED = (GUIDE_VISIBILITY, MASKED_IMAGE_LATENT, NOISY_LATENT, GUIDE_LATENT, GENERATE_MASK)


def mapped(weight: torch.Tensor, source, target, **options) -> torch.Tensor:
    return map_input_columns(weight, source, target, origin="file", **options)


def test_the_widths_are_those_of_the_public_models() -> None:
    assert [layout_width(x) for x in (TEXT_TO_IMAGE, IMAGE_EDITING, INPAINTING)] == [4, 8, 9]
    assert describe_layout(IMAGE_EDITING) == "noisy_latent 4 | image_latent 4"


def test_the_convolution_is_the_same_function_of_each_input() -> None:
    weight = torch.randn(8, 9, 3, 3)
    inputs = {group: torch.randn(1, group.width, 5, 7) for group in PERMUTED}

    def convolve(layout, weight: torch.Tensor) -> torch.Tensor:
        return torch.conv2d(torch.cat([inputs[group] for group in layout], dim=1), weight)

    moved = mapped(weight, INPAINTING, PERMUTED)
    torch.testing.assert_close(convolve(PERMUTED, moved), convolve(INPAINTING, weight))


def test_what_the_source_lacks_is_silent_and_there_and_back_is_the_same() -> None:
    weight = torch.randn(8, 9, 3, 3)
    moved = mapped(weight, INPAINTING, PERMUTED)
    assert moved[:, 0].eq(0).all()
    assert moved[:, 9:13].eq(0).all()
    unread = ("guide_latent", "guide_visibility")
    assert torch.equal(mapped(moved, PERMUTED, INPAINTING, unread=unread), weight)


def test_what_the_target_lacks_is_refused_by_name() -> None:
    weight = torch.randn(8, 9, 3, 3)
    message = (
        r"^file: has the input channels generate_mask, which the denoiser "
        r"\(noisy_latent 4 \| image_latent 4\) lacks"
    )
    with pytest.raises(InputError, match=message):
        mapped(weight, INPAINTING, IMAGE_EDITING, reader="the denoiser")
    with pytest.raises(InputError, match="channels masked_image_latent"):
        mapped(weight, INPAINTING, IMAGE_EDITING, unread=("generate_mask",))
    moved = mapped(
        weight, INPAINTING, IMAGE_EDITING, unread=("generate_mask", "masked_image_latent")
    )
    assert torch.equal(moved[:, :4], weight[:, :4])
    assert moved[:, 4:].eq(0).all()


def test_a_weight_of_another_width_is_refused() -> None:
    message = "takes 4 input channels; its layout is said to be noisy_latent 4 .* which is 9"
    with pytest.raises(InputError, match=message):
        mapped(torch.randn(8, 4, 3, 3), INPAINTING, INPAINTING)
    wide = (NOISY_LATENT, ChannelGroup(IMAGE_LATENT.meaning, 3))
    with pytest.raises(InputError, match="image_latent has 4 channels, in the target it has 3"):
        mapped(torch.randn(8, 8, 3, 3), IMAGE_EDITING, wide)


def test_two_groups_of_one_meaning_are_refused() -> None:
    check_layout(PERMUTED)
    with pytest.raises(ValueError, match="several conditioners give the input channels 'noisy_la"):
        check_layout((*INPAINTING, NOISY_LATENT))
