"""``dynascene outpaint``."""

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from dynascene.devices import choose_device
from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import (
    OptionalDevice,
    OptionalGenerator,
    optional,
    parse_size,
)


def outpaint(
    image: Annotated[Positional[Path], arg(metavar="IMAGE")],
    /,
    *,
    keep: Annotated[float | None, optional("SHARE")] = None,
    size: Annotated[str | None, optional("WxH")] = None,
    generator: OptionalGenerator = None,
    weights: Annotated[str | None, optional("small|PATH|HUB_ID")] = None,
    steps: Annotated[int | None, optional("N")] = None,
    guidance: Annotated[float | None, optional("NUMBER")] = None,
    seed: Annotated[int, arg(metavar="N")] = 0,
    device: OptionalDevice = None,
    scene_fov: Annotated[float | None, optional("DEG")] = None,
    horizon: Annotated[float | None, optional("NUMBER")] = None,
    out: Annotated[Path, arg(metavar="PNG")],
) -> None:
    """Continue a picture beyond its borders; its own pixels stay bit by bit.

    Args:
        image: the picture.
        keep: keep only the middle of the picture, this share of its area, and paint the rest anew.
        size: size of the finished picture, around the given one.
        generator: what paints: diffusion, a trained model (the default), projection, or vace.
        weights: weights of the model: small (bundled), a folder, or a hub id.
        steps: sampling steps (default: as the weights say).
        guidance: strength of classifier-free guidance (default: as the weights say).
        seed: seed of the sampling.
        device: where networks calculate: cpu, cuda or mps (default: a CUDA GPU where there is one,
            else the CPU).
        scene_fov: horizontal field of view of the picture in degrees (default: EXIF, else 60 along
            the longer side).
        horizon: height of the horizon in the picture, 0 = top, 1 = bottom (default: estimated).
        out: PNG file to write.
    """
    from dynascene.generation.clip import DEFAULT_GENERATOR, GenerationOptions
    from dynascene.generation.outpainting import outpaint, part_to_keep
    from dynascene.generation.place_input import assumed_fov, read_scene
    from dynascene.geometry.intrinsics import focal_from_fov
    from dynascene.interfaces.cli.display import say
    from dynascene.io.images import exif_fov, write_png
    from dynascene.types import Size

    choose_device(device)
    if (keep is None) == (size is None):
        raise InputError("outpaint: give either --keep or --size")
    if out.suffix.lower() != ".png":
        raise InputError(f"--out {out}: the picture is written as PNG; name it .png")
    picture = read_scene(image)
    whole = Size(picture.shape[1], picture.shape[0])
    focal = focal_from_fov(scene_fov or exif_fov(image) or assumed_fov(whole, None), whole)
    row = None if horizon is None else horizon * whole.height
    if keep is not None:
        (left, top), part = part_to_keep(whole, keep)
        picture = picture[top : top + part.height, left : left + part.width]
        row = None if row is None else row - top
    options = GenerationOptions(
        generator=generator or DEFAULT_GENERATOR,
        seed=seed,
        steps=steps,
        guidance=guidance,
        weights=weights,
    )
    target = parse_size(size) if size else whole
    write_png(out, outpaint(picture, target, focal, options, row))
    say(f"{out}: {target}, {picture.shape[1]}x{picture.shape[0]} of it as given")


COMMANDS = {"outpaint": outpaint}
