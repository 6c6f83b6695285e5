"""Keypoints in COCO's JSON: annotations with their images, or a list of results as AlphaPose's.

```
{"images": [{"id": 7, "file_name": "0001.jpg", "width": 1280, "height": 720}, …],
 "annotations": [{"image_id": 7, "keypoints": [x, y, v, …]}, …]}      v: 0 unknown, 1 hidden, 2 seen
[{"image_id": "0001.jpg", "keypoints": [x, y, confidence, …], "score": 2.9}, …]
```
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dynascene.errors import InputError
from dynascene.io.natural_order import frame_numbers, natural_order
from dynascene.io.poses.layouts import COCO_LAYOUTS, to_joints
from dynascene.io.poses.people import Joints, PeopleInFrames, keypoint_rows
from dynascene.types import Size

HIDDEN_IS = 2  # COCO's v of a joint that is seen
MOST_FRAMES = 10**6


def is_annotations(document: object) -> bool:
    """Whether a JSON document is a data set in COCO's form."""
    return isinstance(document, dict) and "annotations" in document and "images" in document


def is_results(document: object) -> bool:
    """Whether a JSON document is a list of results, as COCO's evaluation and AlphaPose have it."""
    first = document[0] if isinstance(document, list) and document else None
    return isinstance(first, dict) and "keypoints" in first and "image_id" in first


def people_of_annotations(document: dict[str, Any], path: Path) -> PeopleInFrames:
    """Everybody in the images of a data set, which are taken as frames in the order of their names.

    Raises:
        InputError: it has another form, or images of several sizes.
    """
    images = _entries(document["images"], ("id", "file_name"), f'{path}: "images"')
    ordered = sorted(images, key=lambda image: natural_order(str(image["file_name"])))
    frames: dict[Any, list[Joints]] = {image["id"]: [] for image in ordered}
    where = f'{path}: "annotations"'
    for entry in _entries(document["annotations"], ("image_id",), where):
        if entry["image_id"] not in frames:
            raise InputError(f"{where}: image {entry['image_id']} is not among the images")
        if entry.get("keypoints"):
            joints = _joints(entry["keypoints"], where)
            joints[:, 2] /= HIDDEN_IS
            frames[entry["image_id"]].append(joints)
    width, height = (images[0].get(side) for side in ("width", "height"))
    if any((image.get("width"), image.get("height")) != (width, height) for image in images):
        raise InputError(f"{path}: the images have several sizes")
    is_size = isinstance(width, int) and isinstance(height, int) and min(width, height) > 0
    return PeopleInFrames(list(frames.values()), Size(width, height) if is_size else None)


def people_of_results(document: list[Any], path: Path) -> PeopleInFrames:
    """Everybody in a list of results.

    Frames go by the numbers in "image_id", from the least on; nobody is in a frame that has no
    entry. The file tells no size.

    Raises:
        InputError: it has another form, or the numbers do not tell the frames.
    """
    entries = _entries(document, ("image_id", "keypoints"), str(path))
    names = sorted({str(entry["image_id"]) for entry in entries}, key=natural_order)
    numbers = frame_numbers(names)
    if numbers is None or len(set(numbers)) < len(names):
        raise InputError(f'{path}: the numbers in "image_id" do not tell which frame is which')
    first, count = min(numbers), max(numbers) - min(numbers) + 1
    if count > MOST_FRAMES:
        raise InputError(f'{path}: the numbers in "image_id" span {count:,} frames')
    index = {name: number - first for name, number in zip(names, numbers, strict=True)}
    frames: list[list[Joints]] = [[] for _ in range(count)]
    for entry in entries:
        name = str(entry["image_id"])
        frames[index[name]].append(_joints(entry["keypoints"], f"{path}: image {name}"))
    return PeopleInFrames(frames, None)


def _joints(values: object, where: str) -> Joints:
    rows = keypoint_rows(values, where)
    if len(rows) not in COCO_LAYOUTS:
        counts = ", ".join(map(str, sorted(COCO_LAYOUTS)))
        raise InputError(f"{where}: has {len(rows)} keypoints, and a body has one of {counts}")
    return to_joints(rows, COCO_LAYOUTS[len(rows)])


def _entries(values: object, keys: Iterable[str], where: str) -> list[dict[str, Any]]:
    """A list of objects that have some keys; InputError where it is none."""
    if not isinstance(values, list) or not values:
        raise InputError(f"{where}: is no list of entries")
    for number, entry in enumerate(values):
        for key in keys:
            if not isinstance(entry, dict) or isinstance(entry.get(key), (list, dict, type(None))):
                if key == "keypoints" and isinstance(entry, dict) and key in entry:
                    continue
                raise InputError(f'{where}: entry {number} has no "{key}"')
    return values
