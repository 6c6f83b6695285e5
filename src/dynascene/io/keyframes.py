"""Keyframe files: a camera move written by hand, as JSON.

    {"easing": "ease-in-out",
     "fov": 50,
     "keyframes": [{"frame": 0},
                   {"frame": 40, "pan": 15, "tilt": -3, "forward": 0.1},
                   {"time": 1.0, "pan": 20, "fov": 45}]}

A keyframe stands at a "frame" (0 is the first) or at a "time" (0 the first frame, 1 the last).
pan, tilt, roll, orbit are degrees, right, up, forward track units, fov the horizontal field of
view in degrees; signs as in geometry.controls. What a keyframe does not name stays as in the one
before. easing: ease-in-out (default: starts and ends at rest), ease-in, ease-out, smooth (moving
at both ends), linear.
"""

import json
import math
from pathlib import Path

from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.controls import CONTROLS
from dynascene.geometry.intrinsics import focal_from_fov
from dynascene.geometry.keyframes import AT_REST, Keyframe, track_from_keyframes
from dynascene.geometry.moves import MOST_FRAMES
from dynascene.io.paths import is_file_there
from dynascene.io.text import LARGEST_TEXT, is_finite_number, read_json, read_text
from dynascene.types import CameraTrack, Size

FILE_KEYS = ("easing", "fov", "keyframes")
MOTION_KEYS = tuple(name for name in CONTROLS if name != "zoom")  # zoom is written as fov
KEYFRAME_KEYS = ("frame", "time", *MOTION_KEYS, "fov")


def is_keyframe_file(path: Path) -> bool:
    """Whether the file looks like a keyframe file, even if it is not valid JSON."""
    is_document = path.suffix.lower() == ".json" and is_file_there(path)
    if is_document and path.stat().st_size > LARGEST_TEXT:
        return True  # for the reader to refuse
    try:
        text = read_text(path)
    except InputError:
        return False
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return text.lstrip().startswith("{") and '"keyframes"' in text
    # nerfstudio's viewer writes camera paths with matrices under the same key
    return isinstance(content, dict) and "keyframes" in content and "camera_path" not in content


def read_keyframes(path: Path, frames: int, intrinsics: Tensor, size: Size) -> CameraTrack:
    """A keyframe file → a track of ``frames`` cameras, in track units.

    Args:
        intrinsics: [3, 3] in pixels of a frame of ``size``; a "fov" in the file replaces their
            focal length.

    Raises:
        InputError: with the file and the number of the keyframe, counted from 1.
    """
    if not 1 <= frames <= MOST_FRAMES:
        raise InputError(f"{path}: a camera track of {frames} frames is not possible")
    content = read_json(path)
    if not isinstance(content, dict):
        raise InputError(f'{path}: expected {{"keyframes": [...]}}')
    _refuse_unknown_keys(content, FILE_KEYS, str(path))
    easing = content.get("easing", "ease-in-out")
    if not isinstance(easing, str) or easing not in AT_REST:
        raise InputError(f"{path}: easing {easing!r} is unknown; known: {', '.join(AT_REST)}")
    if "fov" in content:
        focal = _focal_length(content["fov"], size, str(path))
        intrinsics = intrinsics.clone()
        intrinsics[:2, :2] *= focal / intrinsics[0, 0]
    entries = content.get("keyframes")
    if not isinstance(entries, list) or not entries:
        raise InputError(f'{path}: "keyframes" must be a list of at least one keyframe')
    keyframes: list[Keyframe] = []
    for number, entry in enumerate(entries, start=1):
        where = f"{path}: keyframe {number}"
        keyframe = _keyframe(entry, frames, float(intrinsics[0, 0]), size, where)
        if keyframes and keyframe.time <= keyframes[-1].time:
            raise InputError(f"{where} is not later than the one before")
        keyframes.append(keyframe)
    return track_from_keyframes(keyframes, frames, intrinsics, size, easing)


def _keyframe(entry: object, frames: int, focal: float, size: Size, where: str) -> Keyframe:
    if not isinstance(entry, dict):
        raise InputError(f'{where} must look like {{"frame": 0, "pan": 10}}')
    _refuse_unknown_keys(entry, KEYFRAME_KEYS, where)
    controls = {name: _number(entry[name], where, name) for name in MOTION_KEYS if name in entry}
    if "fov" in entry:
        controls["zoom"] = math.log(_focal_length(entry["fov"], size, where) / focal)
    return Keyframe(_time(entry, frames, where), controls)


def _time(entry: dict[str, object], frames: int, where: str) -> float:
    if ("frame" in entry) == ("time" in entry):
        raise InputError(f'{where} needs either "frame" or "time"')
    if "time" in entry:
        time = _number(entry["time"], where, "time")
        if not 0 <= time <= 1:
            raise InputError(f"{where}: time {time:g} is not between 0 and 1")
        return time
    frame = _number(entry["frame"], where, "frame")
    if not 0 <= frame <= frames - 1:
        raise InputError(
            f"{where}: frame {frame:g} lies outside the clip, whose last frame is {frames - 1}; "
            '"time" from 0 to 1 fits any length'
        )
    return frame / max(frames - 1, 1)


def _focal_length(fov: object, size: Size, where: str) -> float:
    """Horizontal field of view in degrees → focal length in pixels."""
    degrees = _number(fov, where, "fov")
    if not 0 < degrees < 180:
        raise InputError(f"{where}: fov {degrees:g} is not between 0 and 180 degrees")
    return focal_from_fov(degrees, size)


def _number(value: object, where: str, name: str) -> float:
    if not is_finite_number(value):
        raise InputError(f"{where}: {name} {value!r} is not a number")
    return float(value)


def _refuse_unknown_keys(entry: dict[str, object], known_keys: tuple[str, ...], where: str) -> None:
    for key in entry:
        if key not in known_keys:
            raise InputError(f"{where}: unknown key {key!r}; known: {', '.join(known_keys)}")
