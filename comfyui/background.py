"""Backgrounds along cameras, as the nodes ask for them."""

from dynascene import InputError, Shot, Size
from dynascene.generation.clip import GeneratedClip, GenerationOptions
from dynascene.generation.generate import check_generator, generate
from dynascene.generation.guide import check_seen
from dynascene.geometry.lifting import LiftedScene

from .api import LARGEST, io

FRAMINGS = ["auto", "centre"]


def size_inputs() -> list[io.Input]:
    """Width and height of a background."""
    tip = "Of the background; 0: the camera's."
    return [
        io.Int.Input("width", default=0, min=0, max=LARGEST, tooltip=tip),
        io.Int.Input("height", default=0, min=0, max=LARGEST, tooltip=tip),
    ]


def framing_input() -> io.Input:
    """Where the first frame looks."""
    return io.Combo.Input(
        "framing",
        options=FRAMINGS,
        default="auto",
        tooltip="Where the first frame looks; auto: where the camera sees most of the picture.",
    )


def size_or_cameras(width: int, height: int) -> Size | None:
    """The size of the inputs; None: the camera's. Raises InputError where one side is 0."""
    if (width > 0) != (height > 0):
        raise InputError("`width` and `height`: give both, or 0 for the camera's size")
    return Size(width, height) if width else None


def make_background(shot: Shot, scene: LiftedScene, options: GenerationOptions) -> GeneratedClip:
    """What ``generate`` makes. Raises InputError as it does, and where nothing is seen."""
    check_generator(options)
    clip = generate(shot, scene, options)
    check_seen(clip)
    return clip
