"""The layers of a finished clip, written while it is rendered: PNG, OpenEXR or ProRes."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np

from dynascene.extras import require
from dynascene.generation.compositing import fit_background
from dynascene.generation.finishing import FinishedFrame
from dynascene.generation.look.focus import pixel_depths
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.tracks import resize_track
from dynascene.imaging.colour import linear_from_srgb
from dynascene.imaging.pixels import unit_floats
from dynascene.io.cameras.checks import opengl_poses
from dynascene.io.cameras.exports.lens import FILM_BACK
from dynascene.io.colour_space import ColourSpace
from dynascene.io.exr_writing import ExrSequenceWriter, camera_attributes
from dynascene.io.frames import times_of
from dynascene.io.ocio import from_linear
from dynascene.io.video_writing import PngSequenceWriter, ProResWriter
from dynascene.types import CameraTrack, Shot, Size

NAMES: dict[str, tuple[str, ...]] = {
    "png": ("foreground", "background", "matte", "shadow"),
    "exr": ("layers",),
    "prores": ("foreground.mov", "background.mov", "shadow.mov"),
}
SPACE = "oiio:ColorSpace"  # the attribute by which programs know a colour space
WriteLayers = Callable[[int, FinishedFrame], None]


def layer_names(kinds: Sequence[str]) -> set[str]:
    """The files and folders of these kinds of layers among the results."""
    return {name for kind in kinds for name in NAMES[kind]}


def check_layers(kinds: Sequence[str]) -> None:
    """Raise InputError where a kind of layers needs a package that is not installed."""
    if "exr" in kinds:
        require("exr", "`layers` exr")


def open_layers(
    kinds: Sequence[str],
    folder: Path,
    shot: Shot,
    track: CameraTrack,
    scene: LiftedScene,
    writers: ExitStack,
    *,
    has_shadow: bool,
    is_straight: bool,
    space: ColourSpace | None = None,
) -> list[WriteLayers]:
    """Open what writes the layers; ``writers`` closes it.

    Args:
        kinds: names of NAMES.
        folder: of the results.
        shot: what was filmed.
        track: of the background, in the scene's world.
        scene: of the background, with its cards.
        writers: takes the open files.
        has_shadow: whether frames have one.
        is_straight: whether OpenEXR's colours are not multiplied by alpha.
        space: the colour space of OpenEXR's colours; None: linear light of Rec. 709's primaries.

    Returns:
        Functions that take the number of a frame and the frame.
    """
    opened: list[WriteLayers] = []
    if "png" in kinds:
        opened.append(_png_layers(folder, shot, writers, has_shadow=has_shadow))
    if "exr" in kinds:
        exr = writers.enter_context(ExrSequenceWriter(folder / "layers"))
        frame_size = track.size if shot.foreground is None else shot.foreground.size
        cameras = resize_track(track, frame_size)
        colours = _Colours(is_straight, space)
        opened.append(partial(_write_exr, exr, shot, cameras, scene, colours))
    if "prores" in kinds:
        opened.append(_prores_layers(folder, shot, track.size, writers, has_shadow=has_shadow))
    return opened


def _png_layers(folder: Path, shot: Shot, writers: ExitStack, *, has_shadow: bool) -> WriteLayers:
    def sequence(name: str) -> PngSequenceWriter:
        return writers.enter_context(PngSequenceWriter(folder / name, sixteen_bit=True))

    background = sequence("background")
    if shot.foreground is None:
        return lambda _, done: background.write(done.frame.exact_background)
    foreground, matte = sequence("foreground"), sequence("matte")
    shadow = sequence("shadow") if has_shadow else None

    def write(_: int, done: FinishedFrame) -> None:
        background.write(done.frame.exact_background)
        if done.person is not None:
            foreground.write(done.person.with_alpha)
            matte.write(done.person.matte)
        if shadow is not None and done.shadow is not None:
            shadow.write(done.shadow)

    return write


def _prores_layers(
    folder: Path, shot: Shot, background_size: Size, writers: ExitStack, *, has_shadow: bool
) -> WriteLayers:
    times = times_of(shot.foreground) if shot.foreground else None

    def film(name: str, size: Size, *, has_alpha: bool) -> ProResWriter:
        path = folder / f"{name}.mov"
        writer = ProResWriter(path, size, shot.frame_rate, times, has_alpha=has_alpha)
        return writers.enter_context(writer)

    background = film("background", background_size, has_alpha=False)
    if shot.foreground is None:
        return lambda _, done: background.write(done.frame.exact_background)
    size = shot.foreground.size
    foreground = film("foreground", size, has_alpha=True)
    shadow = film("shadow", size, has_alpha=True) if has_shadow else None

    def write(_: int, done: FinishedFrame) -> None:
        background.write(done.frame.exact_background)
        if done.person is not None:
            foreground.write(done.person.with_alpha)
        if shadow is not None and done.shadow is not None:
            black = np.zeros((*done.shadow.shape[:2], 3), np.float32)
            shadow.write(np.concatenate([black, done.shadow], axis=2))

    return write


class _Colours:
    """How colours are written to OpenEXR."""

    def __init__(self, is_straight: bool, space: ColourSpace | None) -> None:
        self.is_straight = is_straight
        self.name = None if space is None else space.name
        self._convert = None if space is None else from_linear(space)

    def __call__(self, srgb: np.ndarray) -> np.ndarray:
        """sRGB [H, W, 3] → linear light, or values of the colour space."""
        light = linear_from_srgb(srgb)
        return light if self._convert is None else self._convert(light)


def _write_exr(
    exr: ExrSequenceWriter,
    shot: Shot,
    cameras: CameraTrack,
    scene: LiftedScene,
    colours: _Colours,
    index: int,
    done: FinishedFrame,
) -> None:
    """One frame, all layers in the size of the composite.

    cameras: for that size.
    """
    one = cameras[index : index + 1]
    background = fit_background(done.frame.exact_background, cameras.size)
    layers = {
        "background": colours(background),
        "depth.Z": pixel_depths(one, scene),
    }
    if done.person is not None:
        straight = colours(unit_floats(done.person.colour))
        alpha = unit_floats(done.person.matte)
        colour = straight if colours.is_straight else straight * alpha
        layers["person"] = np.concatenate([colour, alpha], axis=2)
    if done.shadow is not None:
        layers["shadow.A"] = done.shadow[..., 0]
    attributes = camera_attributes(
        opengl_poses(one)[0].numpy(), one.intrinsics[0].numpy(), cameras.size, FILM_BACK
    )
    attributes |= {"framesPerSecond": shot.frame_rate}
    if colours.name is not None:
        attributes[SPACE] = colours.name
    exr.write(layers, attributes)
