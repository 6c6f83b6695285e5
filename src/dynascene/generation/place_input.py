"""The picture of the place: read, and lifted to 2.5-D."""

import math
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.generation.place_request import FULL_CIRCLE, PlaceInput
from dynascene.generation.place_shape import (
    GROUND,
    Lens,
    PlacePicture,
    ShapedPlace,
    scene_colours,
    shape_place,
)
from dynascene.geometry.around import flat_camera, lift_panorama
from dynascene.geometry.intrinsics import cover_scale, focal_from_fov, fov_from_focal
from dynascene.geometry.panorama import PanoramaWindow
from dynascene.geometry.picture_boxes import text_of
from dynascene.imaging.pixels import stored_bytes
from dynascene.io.colour_space import ColourSpace
from dynascene.io.depth import looks_like_disparity, read_depth
from dynascene.io.images import exif_fov, probe_image, read_image
from dynascene.io.ocio import srgb_decoder
from dynascene.io.panoramas import full_panorama, looks_like_panorama, tagged_panorama
from dynascene.io.picture_colour import scene_floats, srgb_pixels
from dynascene.io.pixel_shape import note_pixel_shape
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack, Size

DEFAULT_SCENE_FOV = 60.0
WIDEST_ASSUMED = 100.0
MOST_PIXELS = 24_000_000  # of a scene in use; a larger picture is shrunk, as frames need no more
NARROWEST_CROP = 2.5  # how many times smaller than the picture the first frame may be


class ScenePicture(NamedTuple):
    """pixels: uint8 [H, W, 3]. depth: [H, W] as the user gave it, or None. window: what part of a
    panorama the pixels are; None = a flat picture. exact: the pixels as the place shows them,
    float32 in 0 … 1, where the file has more than 8 bits; else None.
    """

    pixels: np.ndarray
    depth: Tensor | None
    window: PanoramaWindow | None = None
    exact: np.ndarray | None = None

    @property
    def colours(self) -> Tensor:
        """[3, H, W] in 0 … 1, as exact as the file has them."""
        return scene_colours(self.pixels, self.exact)

    @property
    def size(self) -> Size:
        """Of the picture; of a panorama's flat view."""
        if self.window is not None:
            return flat_camera(self.window).size
        return Size(self.pixels.shape[1], self.pixels.shape[0])


def open_place(place: PlaceInput) -> ScenePicture:
    """Read the picture and its depth map.

    Raises:
        InputError: a file is missing, unreadable or cannot serve.
    """
    depth = torch.from_numpy(read_depth(place.scene_depth)) if place.scene_depth else None
    exact = read_exact_scene(place.scene, place.ocio_scene)
    pixels = stored_bytes(exact)
    window = _panorama_window(place, pixels)
    if window is not None and depth is not None:
        raise InputError("`scene_depth`: is for flat pictures, and the scene is a panorama")
    if window is not None and (place.box or place.place not in (None, GROUND)):
        name = "box" if place.box else "place"
        raise InputError(f"`{name}`: is for flat pictures, and the scene is a panorama")
    if place.stand is not None:
        _check_stand(place.stand, pixels, is_panorama=window is not None)
    if place.upright and window is not None:
        raise InputError("`upright`: is for flat pictures, and the scene is a panorama")
    for box in place.upright:
        check_upright_within(box, Size(pixels.shape[1], pixels.shape[0]))
    return ScenePicture(pixels, depth, window, None if exact is pixels else exact)


def _check_stand(stand: tuple[float, float], pixels: np.ndarray, *, is_panorama: bool) -> None:
    x, y = stand
    height, width = pixels.shape[:2]
    if is_panorama:
        raise InputError("`stand`: is for flat pictures, and the scene is a panorama")
    if not (0 <= x <= width and 0 <= y <= height):
        raise InputError(
            f"`stand` {x:g},{y:g}: lies outside the picture, which is {width}x{height}"
        )


def check_upright_within(box: tuple[float, ...], size: Size) -> None:
    """Raise InputError where a box of ``upright`` is not of a picture of this size."""
    if min(box[:2]) < 0 or box[2] > size.width or box[3] > size.height:
        apart = box[2] <= 0 or box[3] <= 0 or box[0] >= size.width or box[1] >= size.height
        where = "lies outside" if apart else "reaches beyond"
        raise InputError(f"`upright` {text_of(box)}: {where} the picture, which is {size}")


def _panorama_window(place: PlaceInput, pixels: np.ndarray) -> PanoramaWindow | None:
    """What part of a panorama the picture of the place is; None where it is flat."""
    if place.scene_fov is not None and place.scene_fov != FULL_CIRCLE:
        return None  # so the user says
    window = tagged_panorama(place.scene)
    is_untagged = window is None and (
        place.scene_fov == FULL_CIRCLE
        or (exif_fov(place.scene) is None and looks_like_panorama(pixels))
    )
    if is_untagged:
        window = full_panorama(Size(pixels.shape[1], pixels.shape[0]))
    if window is None:
        return None
    # the picture may be smaller than its file
    window = replace(window, density=pixels.shape[1] / (2 * window.half_width))
    if place.horizon is None:
        return window
    shift = window.top + place.horizon * (window.bottom - window.top)
    return replace(window, top=window.top - shift, bottom=window.bottom - shift)


def read_scene(path: Path) -> np.ndarray:
    """A picture of a place, uint8 [H, W, 3].

    Raises:
        InputError: it is transparent somewhere, too small, or no picture.
    """
    return stored_bytes(read_exact_scene(path))


def read_exact_scene(path: Path, space: ColourSpace | None = None) -> np.ndarray:
    """A picture of a place [H, W, 3]: uint8, or float32 in 0 … 1 where its file has more bits.

    space: the colour space of its stored values; None: what the file says.

    Raises:
        InputError: as for ``read_scene``.
    """
    if space is not None:
        pixels = read_image(path, srgb_decoder(space))
    else:
        pixels = read_image(path, scene_floats if probe_image(path).is_deep else srgb_pixels)
    note_pixel_shape(path)
    if pixels.shape[2] == 4:
        if pixels[..., 3].min() < (255 if pixels.dtype == np.uint8 else 1):
            raise InputError(f"{path}: has transparent parts; flatten the picture of the place")
        pixels = pixels[..., :3]
    height, width = pixels.shape[:2]
    if min(height, width) < 16:
        raise InputError(f"{path}: {width}x{height} is too small for a scene")
    shrink = math.sqrt(MOST_PIXELS / (width * height))
    if shrink >= 1:
        return pixels
    size = (max(16, round(width * shrink)), max(16, round(height * shrink)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def lift_place(
    place: PlaceInput,
    picture: ScenePicture,
    filmed: CameraTrack | None,
    folder: Path,
    log: Log,
    *,
    is_open: bool = False,
) -> ShapedPlace:
    """Lift the picture to 2.5-D.

    Args:
        filmed: the camera of the person's clip, which an unknown field of view is chosen by.
        folder: of the results, where an estimated depth map is kept.
        is_open: whether it is no box, whatever its lines tell.
    """
    if picture.window is not None:
        width = math.degrees(2 * picture.window.half_width)
        log.notice(
            f"{place.scene}: is taken as a panorama of {width:.0f}° "
            "(`scene_fov` DEG takes it as a flat picture)"
        )
        with log.stage("lift"):
            around = lift_panorama(picture.colours, flat_camera(picture.window))
        return ShapedPlace(around, {"shape": "panorama"})
    fov = place.scene_fov or exif_fov(place.scene)
    is_known = fov is not None
    if fov is None:
        fov = assumed_fov(picture.size, filmed)
    if picture.depth is not None and looks_like_disparity(picture.depth.numpy()):
        log.doubt(
            f"{place.scene_depth}: what is below lies farther than what is above; `scene_depth` "
            "means larger = farther: if larger is nearer here (disparity), give 1 / its values"
        )
    longest = math.inf if filmed is None else filling_focal(picture.size, filmed)
    lens = Lens(focal_from_fov(fov, picture.size), is_known, longest)
    flat = PlacePicture(place, picture.pixels, lens, log, picture.exact, is_open)
    shaped = shape_place(flat, picture.depth, folder)
    if not is_known:
        taken = fov_from_focal(shaped.scene.camera.focal, picture.size)
        lines = "its lines tell" if filmed is None else "its lines and the filmed camera tell"
        how = "assuming" if math.isclose(taken, fov) else lines
        log.notice(f"{place.scene}: field of view unknown; {how} {taken:.3g}° (`scene_fov`)")
    return shaped


def assumed_fov(size: Size, filmed: CameraTrack | None) -> float:
    """The field of view of a picture that does not tell it, in degrees.

    60 degrees along the longer side, unless the filmed camera saw much more or less: the picture
    should fill the first frame, and not be shown in such a narrow crop that it blurs.
    """
    focal = max(size) / 2 / math.tan(math.radians(DEFAULT_SCENE_FOV) / 2)
    if filmed is not None:
        filling = filling_focal(size, filmed)
        widest = size.width / 2 / math.tan(math.radians(WIDEST_ASSUMED) / 2)
        focal = max(min(max(focal, filling / NARROWEST_CROP), filling), widest)
    return fov_from_focal(focal, size)


def filling_focal(size: Size, filmed: CameraTrack) -> float:
    """The longest focal length, in its pixels, by which a picture fills a filmed camera's frame."""
    return float(filmed.intrinsics[0, 0, 0]) / cover_scale(size, filmed.size)
