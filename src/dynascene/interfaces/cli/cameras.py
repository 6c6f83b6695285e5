"""``dynascene cameras``: convert camera files, show them, make moves."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import OmitArgPrefixes, Positional, arg

from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import parse_sensor, parse_size
from dynascene.interfaces.cli.options import spell_options
from dynascene.phrases import count_of

if TYPE_CHECKING:  # imported where they are used: --help must not wait for torch
    from dynascene.io.cameras import CameraDefaults
    from dynascene.types import CameraTrack


@dataclass(frozen=True)
class Reading:
    """How to read a camera file.

    Args:
        from_: format of the file; told from its content if not given.
        size: frame size in pixels, where the file stores none (1280x720 if not given, but for the
            cameras of a result: as its report says).
        fov: horizontal field of view, where the file stores none.
        rotation_order: order in which a .chan file's rotations are applied; Nuke's own is ZXY.
        sensor: film back of a .chan file in millimetres; Nuke's own is 24.576x18.672. Its width is
            that of files for artists too (36 if not given).
        frame_rate: frames a second of the clip; places the lines of a TUM file by their seconds,
            and goes into files that have a frame rate (24 if not given, or as the report of a
            result says).
    """

    from_: Annotated[str | None, arg(name="from", metavar="NAME", help_behavior_hint="")] = None
    size: Annotated[str | None, arg(metavar="WxH", help_behavior_hint="")] = None
    fov: Annotated[float, arg(metavar="DEG")] = 60.0
    rotation_order: Annotated[str | None, arg(metavar="XYZ", help_behavior_hint="")] = None
    sensor: Annotated[str | None, arg(metavar="WxH", help_behavior_hint="")] = None
    frame_rate: Annotated[float | None, arg(metavar="FPS", help_behavior_hint="")] = None

    def defaults(self, path: Path | None = None) -> CameraDefaults:
        """path: of the file that is read. Raises InputError where a text has no meaning."""
        from dynascene.io.cameras import CameraDefaults
        from dynascene.io.cameras.defaults import DEFAULT_SIZE
        from dynascene.io.cameras.results import with_report

        order = self.rotation_order.upper() if self.rotation_order else None
        sensor = parse_sensor(self.sensor) if self.sensor else None
        size = parse_size(self.size) if self.size else DEFAULT_SIZE
        given = CameraDefaults(size, self.fov, order, sensor, self.frame_rate)
        return given if path is None else with_report(path, given, has_size=bool(self.size))

    def read(self, path: Path) -> CameraTrack:
        from dynascene.io.cameras import read_cameras

        return read_cameras(path, self.from_, self.defaults(path), _notice)


DEFAULT_READING = Reading()


def convert(
    src: Annotated[Positional[Path], arg(metavar="SRC")],
    dst: Annotated[Positional[Path], arg(metavar="DST")],
    to: Annotated[str | None, arg(metavar="NAME", help_behavior_hint="")] = None,
    reading: OmitArgPrefixes[Reading] = DEFAULT_READING,
) -> None:
    """Convert a camera file to another format.

    Formats: re10k, colmap, colmap-bin, nerfstudio, tum, kitti, humanvid, motionctrl, chan,
    blender, camera_info. Written only: usda, glb, after-effects, blender-script, nuke.

    Args:
        src: Camera file, or a folder of COLMAP or of a result.
        dst: What to write; .txt means re10k, .json nerfstudio, .chan chan, no ending a folder
            of COLMAP; .usda, .glb, .jsx, .py and .nk are for programs of artists.
        to: Format to write, where the ending does not tell it.
    """
    from dynascene.io.cameras.results import camera_file

    path = camera_file(src)
    _write(reading.read(path), dst, to, reading.defaults(path))


def show(
    src: Annotated[Positional[Path], arg(metavar="SRC")],
    out: Annotated[Path | None, arg(metavar="PNG", help_behavior_hint="")] = None,
    reading: OmitArgPrefixes[Reading] = DEFAULT_READING,
) -> None:
    """Draw a camera track: frusta, path from above, speed per frame.

    Args:
        src: Camera file, or a folder of COLMAP or of a result.
        out: Picture to write; NAME.cameras.png in the current folder if not given.
    """
    from dynascene.io.camera_figure import save_camera_figure, summarise
    from dynascene.io.cameras.results import camera_file

    track = reading.read(camera_file(src))
    picture = out or Path(f"{src.resolve().stem}.cameras.png")
    save_camera_figure(track, picture, src.resolve().name)
    print(f"{src}: {summarise(track)}")
    print(f"{picture}")


def make(
    move: Annotated[Positional[str], arg(metavar="MOVE")],
    dst: Annotated[Positional[Path], arg(metavar="DST")],
    frames: Annotated[int, arg(metavar="N")] = 72,
    size: Annotated[str, arg(metavar="WxH")] = "1280x720",
    fov: Annotated[float, arg(metavar="DEG")] = 60.0,
    to: Annotated[str | None, arg(metavar="NAME", help_behavior_hint="")] = None,
    rotation_order: Annotated[str | None, arg(metavar="XYZ", help_behavior_hint="")] = None,
    sensor: Annotated[str | None, arg(metavar="WxH", help_behavior_hint="")] = None,
    frame_rate: Annotated[float | None, arg(metavar="FPS", help_behavior_hint="")] = None,
) -> None:
    """Make a camera track from a named move or a keyframe file.

    Args:
        move: Such as pan-right, dolly-in:0.3 or dolly-in:0.3+pan-left:10, or a keyframe file.
        dst: What to write; .txt means re10k, .json nerfstudio, .chan chan, no ending a folder
            of COLMAP; .usda, .glb, .jsx, .py and .nk are for programs of artists.
        frames: Number of frames.
        size: Frame size in pixels.
        fov: Horizontal field of view in degrees.
        to: Format to write, where the ending does not tell it.
        rotation_order: Order of rotations in a .chan file.
        sensor: Film back for a .chan file, in millimetres; its width for files of artists.
        frame_rate: Frames a second, where the file has a frame rate (24 if not given).
    """
    from dynascene.geometry.intrinsics import intrinsics_from_fov
    from dynascene.geometry.moves import MOST_FRAMES, make_move
    from dynascene.io.keyframes import is_keyframe_file, read_keyframes

    if not 1 <= frames <= MOST_FRAMES:
        raise InputError(f"--frames {str(frames)[:40]}: a track has 1 to {MOST_FRAMES:,} frames")
    defaults = Reading(None, size, fov, rotation_order, sensor, frame_rate).defaults()
    intrinsics = intrinsics_from_fov(defaults.fov, defaults.size)
    path = Path(move)
    if is_keyframe_file(path):
        track = read_keyframes(path, frames, intrinsics, defaults.size)
    else:
        track = make_move(move, frames, intrinsics, defaults.size)
    _write(track, dst, to, defaults)


def _write(track: CameraTrack, dst: Path, to: str | None, defaults: CameraDefaults) -> None:
    from dynascene.io.cameras import write_cameras

    write_cameras(track, dst, to, defaults, _notice)
    print(f"{dst}: {count_of(len(track), 'frame')}")


def _notice(line: str) -> None:
    print(f"note: {spell_options(line)}", file=sys.stderr)


def moves() -> None:
    """List the named moves: default amount, unit, what the camera does."""
    from dynascene.geometry.moves import describe_moves

    print(describe_moves())


COMMANDS = {"convert": convert, "show": show, "make": make, "moves": moves}
