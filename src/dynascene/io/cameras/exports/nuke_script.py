"""Nuke: a script with a Camera node, one keyframe a frame, and the frame and its rate in Root."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from dynascene.io.atomic import write_text
from dynascene.io.cameras.angles import angles_about_axes
from dynascene.io.cameras.checks import opengl_poses
from dynascene.io.cameras.defaults import CameraDefaults
from dynascene.io.cameras.exports.lens import FIRST_FRAME, frame_rate_of, lens_of
from dynascene.io.cameras.square import square_focal
from dynascene.types import CameraTrack

ORDER = "ZXY"  # Nuke's own: z is applied first, R = Ry·Rx·Rz
SCRIPT = """Root {{
 inputs 0
 first_frame {first}
 last_frame {last}
 fps {rate}
 format "{width} {height} 0 0 {width} {height} 1 {width}x{height}"
}}
Camera2 {{
 inputs 0
 rot_order {order}
 translate {{{translate}}}
 rotate {{{rotate}}}
 focal {{{focal}}}
 haperture {film_back}
 vaperture {height_of_film}
 near 0.01
 far 1000000
 name {name}
}}
"""


def write_nuke_script(track: CameraTrack, path: Path, defaults: CameraDefaults) -> None:
    """Write a track without its principal point; InputError where pixels are not square."""
    square_focal(track, path, "Nuke's camera")
    lens, poses = lens_of(track, defaults), opengl_poses(track)
    angles = angles_about_axes(poses[:, :3, :3], defaults.rotation_order or ORDER)
    width, height = track.size
    text = SCRIPT.format(
        first=FIRST_FRAME,
        last=FIRST_FRAME + len(track) - 1,
        rate=repr(frame_rate_of(defaults)),
        width=width,
        height=height,
        order=defaults.rotation_order or ORDER,
        translate=" ".join(map(_curve, poses[:, :3, 3].T.tolist())),
        rotate=" ".join(map(_curve, angles.T.tolist())),
        focal=_curve(lens.focal.tolist()),
        film_back=repr(lens.film_back),
        height_of_film=repr(lens.film_back * height / width),
        name=re.sub(r"\W", "_", f"camera_{path.stem}", flags=re.ASCII),
    )
    write_text(path, text)


def _curve(values: Iterable[float]) -> str:
    keys = (f"x{frame} {value!r}" for frame, value in enumerate(values, FIRST_FRAME))
    return "{curve " + " ".join(keys) + "}"
