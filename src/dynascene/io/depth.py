"""Depth maps in files."""

import math
from pathlib import Path

import cv2
import numpy as np

from dynascene.errors import InputError, one_line
from dynascene.io.arrays import map_array
from dynascene.io.light_pictures import LIGHT_SUFFIXES, read_light
from dynascene.io.picture_file import check_whole, open_picture

FARTHER_BELOW = 1.3  # times as far as above: no place looks so, but a disparity map read as depth
MOST_PIXELS = 24_000_000  # in use; of larger maps every second or third value is read


def read_depth(path: Path) -> np.ndarray:
    """Read a depth map as float32 [H, W], in the file's own unit, larger = farther.

    .npy arrays and single-channel pictures of 8, 16 or 32 bits. Pixels of value 0, with which depth
    cameras mark missing measurements, get the largest depth.

    Raises:
        InputError: the file is missing, is no depth map, or holds negative values.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    depth = map_array(path) if path.suffix.lower() == ".npy" else _read_picture(path)
    depth = np.squeeze(depth)
    if depth.ndim == 2 and depth.size > MOST_PIXELS:
        step = math.ceil(math.sqrt(depth.size / MOST_PIXELS))
        depth = depth[step // 2 :: step, step // 2 :: step]
    if depth.ndim != 2 or depth.dtype.kind not in "uif":
        raise InputError(f"{path}: is no depth map: it has shape {list(depth.shape)}, not [H, W]")
    with np.errstate(over="ignore"):  # what is beyond float32 is infinite, and refused
        depth = depth.astype(np.float32)
    if not np.isfinite(depth).all() or depth.min() < 0 or depth.max() <= 0:
        raise InputError(f"{path}: depths must be finite and not negative (larger = farther)")
    return np.where(depth == 0, depth.max(), depth)


def looks_like_disparity(depth: np.ndarray) -> bool:
    """Whether near things lie far: what is below is nearly always nearer than what is above.

    Args:
        depth: [H, W], larger = farther.
    """
    quarter = max(1, len(depth) // 4)
    above, below = np.median(depth[:quarter]), np.median(depth[-quarter:])
    return bool(below > FARTHER_BELOW * above)


def _read_picture(path: Path) -> np.ndarray:
    is_light = path.suffix.lower() in LIGHT_SUFFIXES
    if not is_light:
        with open_picture(path) as image:  # says what is raw, too large, or holds several pictures
            if image.format != "TIFF":  # OpenCV reads more kinds of those
                image.load()  # says what is damaged, where OpenCV's decoders print and go on
        check_whole(path)
    if is_light:
        with open_picture(path) as image:
            light = read_light(image, path, converts=False).light
            return light[..., 0] if (light == light[..., :1]).all() else light
    content = np.fromfile(path, np.uint8)
    try:
        picture = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if content.size else None
    except cv2.error as error:  # more pixels than it reads
        raise InputError(f"{path}: cannot be read as a picture ({one_line(error, 160)})") from None
    if picture is None:
        raise InputError(f"{path}: cannot be read as a picture; depth maps are PNG, TIFF or npy")
    if picture.ndim == 3 and (picture == picture[..., :1]).all():
        return picture[..., 0]
    return picture
