"""The pose job: from a clip, or a file of poses, to a folder with poses, drawn video and sheet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from dynascene.body_pose import BodyPose
from dynascene.display import Display
from dynascene.estimators.person.subject import Choice
from dynascene.estimators.pose.body import steadied
from dynascene.estimators.pose.estimation import estimate_joints
from dynascene.geometry.body_proportions import Fit, retarget
from dynascene.imaging.sheet import SheetRow, contact_sheet, spread_frames, thumbnail
from dynascene.imaging.skeleton_map import draw_skeleton
from dynascene.io.frames import open_frames, times_of
from dynascene.io.images import write_png
from dynascene.io.poses.formats import CONVERT, is_pose_file, read_pose
from dynascene.io.poses.openpose import write_openpose
from dynascene.io.video_writing import H264Writer
from dynascene.jobs.result_folder import result_folder
from dynascene.types import FrameSource, Size

POSE, DRAWN, SHEET, REPORT = "pose.json", "pose.mp4", "sheet.png", "report.json"
SHOWN = 0.65  # opacity of the skeleton over the sheet's frames
MARGIN = 0.2  # of the person's extent, around them on the sheet


@dataclass(frozen=True)
class PoseOptions:
    """Whose poses are wanted, and with whose body.

    Attributes:
        choice: which person of a clip, see ``choose_subject``.
        like: a picture, or a file of poses, of the person whose body the poses take; None: they
            stay as they are.
        fit: see ``retarget``.
        size: of the frames that a file of poses is for, where it does not tell.
        frame_rate: of the drawn video of a file of poses.
        vitpose: folder of a VitPose network that reads the joints of a clip; None: BlazePose does.
    """

    choice: Choice = None
    like: Path | None = None
    fit: Fit = "proportions"
    size: Size | None = None
    frame_rate: Fraction = Fraction(24)
    vitpose: Path | None = None


@dataclass(frozen=True)
class PoseSummary:
    """Finished poses.

    Attributes:
        frames: their number.
        visible: share of the joints that are seen, 0 … 1.
    """

    frames: int
    visible: float


def estimate_pose(
    clip: Path,
    source: FrameSource,
    display: Display,
    choice: Choice = None,
    vitpose: Path | None = None,
) -> BodyPose:
    """The steadied poses of one person.

    Args:
        clip: the path that messages name.
        source: its frames.
        display: shows the progress.
        choice: which person, see ``choose_subject``.
        vitpose: as ``estimate_joints``.

    Raises:
        InputError: there is nobody, or the choice fits nobody, or the network cannot be had.
    """
    return steadied(estimate_joints(clip, source, display, choice, vitpose))


def run(
    clip: Path, source: FrameSource | None, out: Path, options: PoseOptions, display: Display
) -> PoseSummary:
    """Write pose.json, pose.mp4, sheet.png and report.json into a folder.

    Args:
        clip: a video or folder of frames, which messages name, or a file of poses.
        source: the clip's frames; None of a file of poses.
        out: the folder; what an earlier run wrote there is replaced.
        options: whose poses, and with whose body.
        display: shows the progress.

    Raises:
        InputError: there is nobody, a file cannot be read, or ``out`` cannot be written; nothing is
            written then.
    """
    names = (POSE, DRAWN, SHEET, REPORT)
    inputs = [path for path in (clip, options.like) if path is not None]
    network = None if source is None else "BlazePose" if options.vitpose is None else "VitPose"
    with result_folder(out, names, inputs) as folder:
        reference = None
        if options.like is not None:
            reference = reference_pose(options.like, display, options.vitpose)
        if source is None:
            pose = read_pose(clip, options.size)
        else:
            pose = estimate_pose(clip, source, display, options.choice, options.vitpose)
        if reference is not None:
            pose = retarget(pose, reference, options.fit)
        write_openpose(pose, folder / POSE)
        rate = options.frame_rate if source is None else source.frame_rate
        times = None if source is None else times_of(source)
        with H264Writer(folder / DRAWN, pose.size, rate, times=times) as writer:
            for frame in range(len(pose)):
                writer.write(draw_skeleton(pose, frame))
        write_png(folder / SHEET, pose_sheet(pose, source))
        summary = PoseSummary(len(pose), round(float(pose.visible.mean()), 4))
        report = {
            "clip": clip.name,
            "frames": summary.frames,
            "visible_share": summary.visible,
            "visible_share_per_frame": np.round(pose.visible.mean(axis=1), 3).tolist(),
            "like": None if options.like is None else options.like.name,
            "fit": None if options.like is None else options.fit,
            "network": network,
            "outputs": [*names],
        }
        (folder / REPORT).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return summary


def reference_pose(path: Path, display: Display, vitpose: Path | None = None) -> BodyPose:
    """The pose of the person in a picture, or of a file of poses.

    Args:
        path: of the picture or file.
        display: shows the progress.
        vitpose: as ``estimate_joints``; a file of poses has no use for it.

    Raises:
        InputError: it cannot be read, or there is nobody, or the network cannot be had.
    """
    if is_pose_file(path):
        return read_pose(path, remedy=CONVERT)
    return estimate_joints(path, open_frames(path), display, vitpose=vitpose)


def pose_sheet(pose: BodyPose, source: FrameSource | None) -> np.ndarray:
    """Some frames' skeletons, above them over the clip where there is one: uint8 [H, W, 3].

    All are cut to the part of the frame in which the person is during the clip.
    """
    numbers = spread_frames(len(pose))
    drawn = {number: draw_skeleton(pose, number) for number in numbers}
    cut = _surroundings(pose)
    rows = [SheetRow("skeleton", [thumbnail(drawn[number][cut]) for number in numbers])]
    if source is not None:
        frames = (frame for number, frame in enumerate(source.read()) if number in drawn)
        over = [_over(drawn[n], frame)[cut] for n, frame in zip(numbers, frames, strict=True)]
        rows.insert(0, SheetRow("clip", [thumbnail(picture) for picture in over]))
    return contact_sheet(rows, [f"frame {number}" for number in numbers])


def _surroundings(pose: BodyPose) -> tuple[slice, slice]:
    """Rows and columns around all visible joints of the clip; the frame where none is visible."""
    width, height = pose.size
    seen = pose.points[pose.visible]
    if not len(seen):
        return slice(0, height), slice(0, width)
    margin = MARGIN * np.ptp(seen, axis=0).max()
    left, top = np.clip(seen.min(axis=0) - margin, 0, [width - 1, height - 1]).astype(int)
    right, bottom = np.clip(seen.max(axis=0) + margin, [left + 1, top + 1], [width, height])
    return slice(top, int(bottom)), slice(left, int(right))


def _over(drawing: np.ndarray, frame: np.ndarray) -> np.ndarray:
    mixed = np.rint(SHOWN * drawing + (1 - SHOWN) * frame[..., :3].astype(np.float32))
    return np.where(drawing.any(axis=-1, keepdims=True), mixed, frame[..., :3]).astype(np.uint8)
