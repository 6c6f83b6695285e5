"""Which kind of file holds some poses, and reading it."""

from __future__ import annotations

from pathlib import Path

from dynascene.body_pose import BodyPose
from dynascene.errors import InputError
from dynascene.io.natural_order import frame_numbers, natural_order
from dynascene.io.poses import coco, openpose
from dynascene.io.poses.people import PeopleInFrames, chosen_pose
from dynascene.io.text import read_json
from dynascene.types import Size

SUFFIX = ".json"
CONVERT = "convert it first: dynascene pose FILE --size WxH --out DIR"


def is_pose_file(path: Path) -> bool:
    """Whether a path is a JSON file, or a folder of such and of nothing else."""
    if path.is_dir():
        entries = [entry for entry in path.iterdir() if not entry.name.startswith(".")]
        return bool(entries) and all(entry.suffix.lower() == SUFFIX for entry in entries)
    return path.suffix.lower() == SUFFIX


def read_pose(path: Path, size: Size | None = None, remedy: str = "give `size`") -> BodyPose:
    """Read the poses of one person, the largest of the file.

    Args:
        path: a JSON file of OpenPose, COCO or AlphaPose, or a folder with a file of OpenPose for
            each frame.
        size: of the frames; needed where the file does not tell it.
        remedy: what mends that where the caller's user cannot give a size, for the message.

    Raises:
        InputError: it is none of these, is damaged, shows nobody, or the size is unknown or
            another than the file says.
    """
    people = _people(path)
    if people.size is not None and size is not None and people.size != size:
        raise InputError(f"{path}: is for frames of {people.size}, and they are {size}")
    if (frame_size := people.size or size) is None:
        raise InputError(f"{path}: does not tell the size of the frames: {remedy}")
    return chosen_pose(people, frame_size, path)


def _people(path: Path) -> PeopleInFrames:
    if path.is_dir():
        return openpose.people_of([read_json(file) for file in _frame_files(path)], path)
    document = read_json(path)
    if openpose.is_openpose(document):
        frames = document if isinstance(document, list) else [document]
        return openpose.people_of(frames, path)
    if coco.is_annotations(document):
        return coco.people_of_annotations(document, path)
    if coco.is_results(document):
        return coco.people_of_results(document, path)
    raise InputError(f"{path}: holds no poses of OpenPose, COCO or AlphaPose")


def _frame_files(folder: Path) -> list[Path]:
    """The files of a folder by their numbers; InputError where one is missing."""
    files = sorted(folder.glob(f"*{SUFFIX}"), key=lambda file: natural_order(file.name))
    if not files:
        raise InputError(f"{folder}: holds no {SUFFIX} files")
    numbers = frame_numbers([file.name for file in files])
    if numbers is None or numbers != list(range(numbers[0], numbers[0] + len(files))):
        raise InputError(f"{folder}: the names are not numbered frame by frame without a gap")
    return files
