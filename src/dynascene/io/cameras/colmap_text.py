"""COLMAP's cameras.txt and images.txt."""

from __future__ import annotations

import re
from pathlib import Path

from dynascene.errors import InputError
from dynascene.io.cameras.colmap_records import ColmapCamera, ColmapImage
from dynascene.io.cameras.defaults import Notice
from dynascene.io.cameras.rows import is_number, parse_row
from dynascene.io.text import iterate_lines, read_lines
from dynascene.types import Size

IMAGE_COLUMNS = 10  # id, quaternion, translation, camera, name
COUNT = re.compile(r"#\s*Number of (?:images|cameras):\s*(\d+)")


def read_text_cameras(path: Path, notice: Notice) -> dict[int, ColmapCamera]:
    """Cameras by their number. Whether a model can be used is for those who use the camera."""
    cameras: dict[int, ColmapCamera] = {}
    count = None
    for number, line in enumerate(read_lines(path), start=1):
        fields, place = line.split(), f"{path}:{number}"
        count = _stated_count(line) or count
        if not fields or fields[0].startswith("#"):
            continue
        if len(fields) < 5:
            raise InputError(f"{place}: expected camera number, model, width, height, parameters")
        identifier, width, height = (_whole(fields[i], place) for i in (0, 2, 3))
        if identifier in cameras:
            raise InputError(f"{place}: camera {identifier} comes a second time")
        parameters = parse_row(fields[4:], {len(fields) - 4}, place).values
        cameras[identifier] = ColmapCamera(place, fields[1], Size(width, height), parameters)
    _compare_count(path, count, len(cameras), notice)
    return cameras


def read_text_images(path: Path, notice: Notice) -> list[ColmapImage]:
    """All images in the order of the file.

    After each stands a line of 2-D points, which may be empty; a file where it is left out is read
    too.

    Raises:
        InputError: a line is neither an image nor a list of points.
    """
    images: list[ColmapImage] = []
    points_follow, count = False, None
    for number, line in enumerate(iterate_lines(path), start=1):
        count = _stated_count(line) or count
        if line.startswith("#"):
            continue
        if not line.strip() or (points_follow and _are_points(line)):
            points_follow = False
            continue
        images.append(_image(line, f"{path}:{number}"))
        points_follow = True
    _compare_count(path, count, len(images), notice)
    return images


def _are_points(line: str) -> bool:
    """Whether a line holds x, y and a whole number again and again."""
    fields = line.split()
    return len(fields) % 3 == 0 and all(map(is_number, fields))


def _image(line: str, place: str) -> ColmapImage:
    fields = line.split(maxsplit=IMAGE_COLUMNS - 1)
    if len(fields) != IMAGE_COLUMNS:
        raise InputError(
            f"{place}: has {len(fields)} columns, expected {IMAGE_COLUMNS}: number, "
            "qw qx qy qz, tx ty tz, camera, name (or triples of 2-D points)"
        )
    values = parse_row(fields[1:8], {7}, place).values
    camera = _whole(fields[8], place)
    return ColmapImage(place, fields[9].strip(), camera, values[:4], values[4:])


def _stated_count(line: str) -> int | None:
    match = COUNT.match(line)
    return int(match[1][:18]) if match else None


def _compare_count(path: Path, stated: int | None, count: int, notice: Notice) -> None:
    if stated is not None and stated != count:
        notice(f"{path}: says that it has {stated} entries, and holds {count}")


def _whole(field: str, place: str) -> int:
    try:
        return int(field[:40])
    except ValueError:
        raise InputError(f"{place}: {field[:60]!r} is not a whole number") from None


def write_text_model(
    folder: Path, cameras: dict[int, ColmapCamera], images: list[ColmapImage]
) -> None:
    """Write cameras.txt, images.txt and an empty points3D.txt, which COLMAP requires."""
    camera_lines = ["# CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]"]
    for identifier, camera in cameras.items():
        numbers = " ".join(map(repr, camera.parameters))
        size = f"{camera.size.width} {camera.size.height}"
        camera_lines.append(f"{identifier} {camera.model} {size} {numbers}")
    image_lines = [
        "# IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME",
        "# POINTS2D[] as (X, Y, POINT3D_ID)",
    ]
    for identifier, image in enumerate(images, start=1):
        numbers = " ".join(map(repr, [*image.quaternion, *image.translation]))
        image_lines += [f"{identifier} {numbers} {image.camera} {image.name}", ""]
    point_lines = ["# POINT3D_ID, X, Y, Z, R, G, B, ERROR, TRACK[]"]
    files = {"cameras": camera_lines, "images": image_lines, "points3D": point_lines}
    for name, lines in files.items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
