"""The sizes of one code: ``sd15`` (the paper's), ``small`` (shipped), ``lean`` and ``micro``."""

from dataclasses import MISSING, asdict, dataclass, fields, replace
from typing import Any

from dynascene.errors import InputError
from dynascene.models.config_values import is_like
from dynascene.types import Size


@dataclass(frozen=True)
class ModelSize:
    """The numbers in which sizes differ.

    resolution, frames: what the size is trained for.
    widths: channels per U-Net level; ``attention`` says which levels have transformer blocks.
    layers: ResNet blocks per level on the way down (one more on the way up).
    heads, groups: attention heads per block, groups of each GroupNorm.
    reference_widths: channels of the ReferenceNet; other widths than the U-Net's are projected.
    camera_widths: channels of the camera features per level.
    token_width: width of the cross-attention context, and of one image token.
    latent_channels, latent_stride: of the autoencoder: channels of a latent, pixels per cell.
    """

    name: str
    resolution: Size
    frames: int
    widths: tuple[int, ...]
    attention: tuple[bool, ...]
    layers: int
    heads: int
    groups: int
    reference_widths: tuple[int, ...]
    camera_widths: tuple[int, ...]
    token_width: int
    latent_channels: int = 4
    latent_stride: int = 8


SD15 = ModelSize(  # U-Net and ReferenceNet 859,535,364 parameters each, motion 453,209,280
    name="sd15",
    resolution=Size(768, 432),
    frames=24,
    widths=(320, 640, 1280, 1280),
    attention=(True, True, True, False),
    layers=2,
    heads=8,
    groups=32,
    reference_widths=(320, 640, 1280, 1280),
    camera_widths=(320, 640, 1280, 1280),
    token_width=768,
)

SMALL = ModelSize(
    name="small",
    resolution=Size(256, 144),
    frames=24,
    widths=(48, 80, 112),
    attention=(True, True, True),
    layers=1,
    heads=2,
    groups=16,
    reference_widths=(32, 48, 48),
    camera_widths=(32, 32, 48),
    token_width=128,
)

# For trainings that a core has half an hour for: the networks of ``MICRO`` behind the autoencoder
# of ``SMALL``. A step costs half of SMALL's, which leaves twice the steps.
LEAN = ModelSize(
    name="lean",
    resolution=Size(256, 144),
    frames=8,
    widths=(32,),
    attention=(True,),
    layers=1,
    heads=2,
    groups=8,
    reference_widths=(32,),
    camera_widths=(32,),
    token_width=32,
)

# For science: every system trains from nothing within an hour of one core. Its latents are the
# pixels themselves, folded 2×2; ``at_resolution`` makes it grow.
MICRO = ModelSize(
    name="micro",
    resolution=Size(24, 12),
    frames=3,
    widths=(32,),
    attention=(True,),
    layers=1,
    heads=2,
    groups=8,
    reference_widths=(32,),
    camera_widths=(32,),
    token_width=32,
    latent_channels=12,
    latent_stride=2,
)


def at_resolution(size: ModelSize, resolution: Size, frames: int) -> ModelSize:
    """The same networks, trained for other frames; weights fit all of them."""
    return replace(size, resolution=resolution, frames=frames)


SIZES = {size.name: size for size in (SD15, SMALL, MICRO)}


def size_from_dict(values: dict[str, Any]) -> ModelSize:
    """The inverse of ``dataclasses.asdict``, from what JSON makes of it.

    Raises InputError where a value is not of the kind of those in ``SIZES``.
    """
    for name, example in asdict(SMALL).items():
        value = values.get(name, example)
        parts = value if isinstance(value, list | tuple) else [value]
        if not is_like(value, example) or any(type(n) is int and n < 1 for n in parts):
            raise InputError(
                f"size: {name} is {str(value)[:60]!r}; expected something like {example!r}"
            )
    numbers: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    numbers["resolution"] = Size(*values["resolution"])
    return ModelSize(**numbers)


def size_to_dict(size: ModelSize) -> dict[str, Any]:
    """A ModelSize as plain JSON values, without those that older saved sizes lack and mean."""
    values = {**asdict(size), "resolution": list(size.resolution)}
    defaults = {f.name: f.default for f in fields(size) if f.default is not MISSING}
    return {k: v for k, v in values.items() if k not in defaults or v != defaults[k]}
