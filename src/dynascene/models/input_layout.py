"""What the input channels of a U-Net mean, and how its first convolution moves between layouts.

| meaning | width | what it is |
| --- | --- | --- |
| ``noisy_latent`` | 4 | what is denoised; a ReferenceNet's picture, at t = 0 |
| ``generate_mask`` | 1 | 1 = to be generated |
| ``masked_image_latent`` | 4 | latent of what is not generated: here the person's frames |
| ``image_latent`` | 4 | latent of the picture that is edited |
| ``guide_latent``, ``guide_visibility`` | 4, 1 | the filled guide; 1 = its colours stand |

A latent, whose meaning ends so, has as many channels as the autoencoder gives it: 4 with Stable
Diffusion's. ``with_latent_channels`` is the layout with another one.

Polarity is part of the meaning: a mask that is 1 where the picture is kept is another group.
"""

from collections.abc import Collection
from typing import NamedTuple

from torch import Tensor

from dynascene.errors import InputError

LATENT_CHANNELS = 4


class ChannelGroup(NamedTuple):
    """Neighbouring input channels that mean one thing."""

    meaning: str
    width: int


InputLayout = tuple[ChannelGroup, ...]

NOISY_LATENT = ChannelGroup("noisy_latent", LATENT_CHANNELS)
GENERATE_MASK = ChannelGroup("generate_mask", 1)
MASKED_IMAGE_LATENT = ChannelGroup("masked_image_latent", LATENT_CHANNELS)
IMAGE_LATENT = ChannelGroup("image_latent", LATENT_CHANNELS)
GUIDE_LATENT = ChannelGroup("guide_latent", LATENT_CHANNELS)
GUIDE_VISIBILITY = ChannelGroup("guide_visibility", 1)

# of public U-Nets, with Stable Diffusion's autoencoder
TEXT_TO_IMAGE: InputLayout = (NOISY_LATENT,)  # Stable Diffusion
INPAINTING: InputLayout = (NOISY_LATENT, GENERATE_MASK, MASKED_IMAGE_LATENT)  # its inpainting model
# InstructPix2Pix; AnimateAnywhere gives its background picture in the same way
IMAGE_EDITING: InputLayout = (NOISY_LATENT, IMAGE_LATENT)


def with_latent_channels(layout: InputLayout, channels: int) -> InputLayout:
    """The same meanings, the latents with as many channels as an autoencoder gives them."""
    return tuple(
        group._replace(width=channels) if group.meaning.endswith("latent") else group
        for group in layout
    )


def layout_width(layout: InputLayout) -> int:
    """The number of input channels."""
    return sum(group.width for group in layout)


def describe_layout(layout: InputLayout) -> str:
    """Such as ``noisy_latent 4 | generate_mask 1 | masked_image_latent 4``."""
    return " | ".join(f"{group.meaning} {group.width}" for group in layout)


def check_layout(layout: InputLayout) -> None:
    """Raises ValueError where two groups mean the same."""
    meanings = [group.meaning for group in layout]
    repeated = [meaning for meaning in meanings if meanings.count(meaning) > 1]
    if repeated:
        raise ValueError(f"several conditioners give the input channels {repeated[0]!r}")


def map_input_columns(
    weight: Tensor,
    source: InputLayout,
    target: InputLayout,
    *,
    origin: str,
    reader: str = "the target",
    unread: Collection[str] = (),
) -> Tensor:
    """The weight of a first convolution in another layout; the order of groups does not matter.

    Args:
        weight: [C0, width of source, k, k].
        source, target: layouts of the weight and of the result. What the source lacks gets zeros,
            so it is silent.
        origin, reader: where the weight comes from and what it is for, for messages.
        unread: groups of the source that may be left out where the target lacks them.

    Returns:
        [C0, width of target, k, k].

    Raises:
        InputError: the weight does not have the source's layout; a group has another width in the
            target; or the target lacks one that is not ``unread``.
    """
    if weight.shape[1] != layout_width(source):
        raise InputError(
            f"{origin}: takes {weight.shape[1]} input channels; its layout is said to be "
            f"{describe_layout(source)}, which is {layout_width(source)}: name the layout it has"
        )
    columns, widths = _columns(target), {group.meaning: group.width for group in target}
    mapped = weight.new_zeros(weight.shape[0], layout_width(target), *weight.shape[2:])
    for group, start in _columns(source).items():
        if widths.get(group.meaning, group.width) != group.width:
            raise InputError(
                f"{origin}: {group.meaning} has {group.width} channels, in {reader} it has "
                f"{widths[group.meaning]}"
            )
        if group in columns:
            here = columns[group]
            mapped[:, here : here + group.width] = weight[:, start : start + group.width]
        elif group.meaning not in unread:
            raise InputError(
                f"{origin}: has the input channels {group.meaning}, which {reader} "
                f"({describe_layout(target)}) lacks; name them as unread to leave them out"
            )
    return mapped


def _columns(layout: InputLayout) -> dict[ChannelGroup, int]:
    """The first column of each group."""
    starts = [layout_width(layout[:k]) for k in range(len(layout))]
    return dict(zip(layout, starts, strict=True))
