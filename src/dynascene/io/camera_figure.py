"""A camera track as a picture: frusta in space, the path from above, speed over time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import horizontal_fov
from dynascene.geometry.rigid import camera_centres, invert_rigid, relative_to_first, rotation_angle
from dynascene.io.atomic import replacing
from dynascene.io.camera_symbols import STILL, frustum, shown_frames, symbol_depth, wedge
from dynascene.phrases import count_of
from dynascene.types import CameraTrack

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, SOFT, GRID = "#22262b", "#6b737c", "#e3e6ea"
MOVING, TURNING = "#1f6f8b", "#d1603d"


@dataclass(frozen=True)
class TrackSummary:
    """A track in a few numbers.

    Attributes:
        frames: number of frames.
        fov: horizontal field of view of the first and the last frame, in degrees.
        turn: sum of all turns, in degrees.
        path: length of the path, in the track's unit.
    """

    frames: int
    fov: tuple[float, float]
    turn: float
    path: float

    def __str__(self) -> str:
        first, last = self.fov
        fov = f"{first:.1f}°" if abs(first - last) < 0.05 else f"{first:.1f}° to {last:.1f}°"
        return (
            f"{count_of(self.frames, 'frame')} · field of view {fov} · "
            f"total turn {self.turn:.1f}° · path length {self.path:.4g}"
        )


def summarise(track: CameraTrack) -> TrackSummary:
    """The numbers above the figure, which the command prints too."""
    fov = horizontal_fov(track.intrinsics, track.size)
    travel, turn = speeds(track)
    return TrackSummary(
        len(track), (fov[0].item(), fov[-1].item()), turn.sum().item(), travel.sum().item()
    )


def speeds(track: CameraTrack) -> tuple[Tensor, Tensor]:
    """From each frame to the next: distance in the track's unit and turn in degrees, [F − 1]."""
    centres = camera_centres(track.cam_from_world)
    rotation = track.cam_from_world[:, :3, :3]
    return centres.diff(dim=0).norm(dim=1), rotation_angle(rotation[1:] @ rotation[:-1].mT)


def save_camera_figure(track: CameraTrack, path: Path, title: str) -> None:
    """Draw the track to a picture, whose format is that of the ending of ``path``.

    Raises:
        InputError: the ending is unknown, or the place cannot be written.
    """
    figure = draw_cameras(track, title)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in figure.canvas.get_supported_filetypes():
        raise InputError(f"{path}: the ending tells no picture format; name it .png")
    with replacing(path) as temporary:
        figure.savefig(temporary, format=kind, dpi=130, facecolor="white")


def draw_cameras(track: CameraTrack, title: str) -> Figure:
    """The figure, 13 x 7.4 inches, drawn in the axes of the first camera; colour is time."""
    from matplotlib.figure import Figure

    poses = invert_rigid(relative_to_first(track.cam_from_world))
    figure = Figure(figsize=(13, 7.4))
    figure.text(0.035, 0.945, title, fontsize=17, fontweight="bold", color=INK)
    figure.text(0.035, 0.905, str(summarise(track)), fontsize=11, color=SOFT)
    space: Any = figure.add_axes((0.0, 0.1, 0.56, 0.79), projection="3d")
    above = figure.add_axes((0.63, 0.5, 0.32, 0.385))
    speed = figure.add_axes((0.63, 0.085, 0.32, 0.29))
    _draw_space(space, poses, track)
    _draw_above(above, poses, track)
    _draw_speed(speed, track)
    _draw_time_bar(figure, len(track))
    return figure


def _colours(frames: int) -> np.ndarray:
    """One colour per frame, [F, 4]: dark at the start, light at the end."""
    from matplotlib import colormaps

    return colormaps["viridis"](np.linspace(0.0, 0.9, frames))


def _upright(points: np.ndarray) -> np.ndarray:
    """x right, y down, z ahead → x right, y ahead, z up, the axes of figures."""
    return points[..., [0, 2, 1]] * np.array([1, 1, -1])


def _draw_space(axes: Any, poses: Tensor, track: CameraTrack) -> None:
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    colours = _colours(len(track))
    depth = symbol_depth(poses, track)
    drawn_points = [_upright(poses[:, :3, 3].numpy())]
    for frame in shown_frames(len(track)):
        points = _upright(frustum(poses[frame], track, frame, depth))
        apex, corners = points[0], points[1:]
        for corner in corners:
            axes.plot(*zip(apex, corner, strict=True), color=colours[frame], linewidth=0.9)
        face = Poly3DCollection([corners], facecolor=colours[frame], alpha=0.13)
        axes.add_collection3d(face)
        outline = np.vstack([corners, corners[:1]])
        axes.plot(*outline.T, color=colours[frame], linewidth=1.3)
        # A triangle on the upper edge tells which way is up.
        top = corners[0] + (corners[1] - corners[0]) * np.array([[0.35], [0.65]])
        peak = corners[:2].mean(0) + 0.28 * (corners[:2].mean(0) - corners[2:].mean(0))
        mark = Poly3DCollection([np.vstack([top, peak])], facecolor=colours[frame], alpha=0.9)
        axes.add_collection3d(mark)
        drawn_points.append(points)
    axes.scatter(*drawn_points[0].T, c=colours, s=5, depthshade=False)
    _equal_box(axes, np.vstack(drawn_points))
    axes.set_xlabel("right", color=SOFT)
    axes.set_ylabel("ahead", color=SOFT)
    axes.set_zlabel("up", color=SOFT)
    axes.view_init(elev=24, azim=-64)
    axes.tick_params(labelsize=8, colors=SOFT)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color((1, 1, 1, 0))
        axis.line.set_color(GRID)
        axis._axinfo["grid"]["color"] = GRID


def _equal_box(axes: Any, points: np.ndarray) -> None:
    """One unit is equally long along all three axes."""
    low, high = points.min(0), points.max(0)
    middle, half = (low + high) / 2, (high - low).max() / 2 * 1.04
    half_per_axis = np.maximum((high - low) / 2 * 1.06, 0.35 * half)
    axes.set_xlim(middle[0] - half_per_axis[0], middle[0] + half_per_axis[0])
    axes.set_ylim(middle[1] - half_per_axis[1], middle[1] + half_per_axis[1])
    axes.set_zlim(middle[2] - half_per_axis[2], middle[2] + half_per_axis[2])
    axes.set_box_aspect(half_per_axis, zoom=1.1)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_major_locator(_few_ticks())


def _few_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=4)


def _draw_above(axes: Any, poses: Tensor, track: CameraTrack) -> None:
    colours = _colours(len(track))
    path = poses[:, [0, 2], 3].numpy()
    axes.plot(*path.T, color=GRID, linewidth=3, solid_capstyle="round", zorder=1)
    axes.scatter(*path.T, c=colours, s=9, zorder=3, linewidths=0)
    depth = symbol_depth(poses, track)
    for frame in shown_frames(len(track)):
        points = wedge(poses[frame], track, frame, depth)
        axes.fill(*points.T, facecolor=colours[frame], alpha=0.16, zorder=2)
        axes.plot(*points[[1, 0, 2]].T, color=colours[frame], linewidth=1, zorder=2)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.12)
    _plain(axes, "Path from above")
    axes.set_xlabel("right", fontsize=9, color=SOFT)
    axes.set_ylabel("ahead", fontsize=9, color=SOFT)


def _draw_speed(axes: Any, track: CameraTrack) -> None:
    travel, turn = speeds(track)
    frames = np.arange(1, len(track))
    _plain(axes, "Speed, per frame")
    axes.set_xlabel("frame", fontsize=9, color=SOFT)
    axes.set_xlim(0, max(len(track) - 1, 1))
    other = axes.twinx()
    for axis, values, colour, label, width in (
        (axes, travel, MOVING, "distance", 3.4),  # wide, so that it shows under an equal curve
        (other, turn, TURNING, "turn in degrees", 1.5),
    ):
        axis.plot(frames, values, color=colour, linewidth=width)
        top = values.max().item() if len(values) else 0.0
        axis.set_ylim(0, top * 1.15 if top > STILL else 1.0)
        axis.set_ylabel(label, color=colour, fontsize=9)
        axis.tick_params(axis="y", labelsize=8, colors=colour, length=0)
    for side in other.spines.values():
        side.set_visible(False)


def _draw_time_bar(figure: Figure, frames: int) -> None:
    bar = figure.add_axes((0.13, 0.05, 0.3, 0.014))
    bar.imshow(_colours(256)[None], aspect="auto", extent=(0, max(frames - 1, 1), 0, 1))
    bar.set_yticks([])
    bar.set_xticks([0, max(frames - 1, 1)], ["first frame", "last frame"])
    bar.tick_params(labelsize=8, colors=SOFT, length=0)
    for side in bar.spines.values():
        side.set_visible(False)


def _plain(axes: Any, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, colors=SOFT, length=0)
    for name, side in axes.spines.items():
        side.set_visible(name == "bottom")
        side.set_color(GRID)
