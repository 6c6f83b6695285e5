"""COLMAP's cameras.txt and images.txt."""

from __future__ import annotations

from pathlib import Path

from dynascene.errors import InputError
from dynascene.io.cameras.colmap_records import ColmapCamera, ColmapImage, check_model
from dynascene.io.cameras.rows import parse_row
from dynascene.io.text import read_lines
from dynascene.types import Size

IMAGE_COLUMNS = 10  # id, quaternion, translation, camera, name


def read_text_cameras(path: Path) -> dict[int, ColmapCamera]:
    """Cameras by their number."""
    cameras = {}
    for number, line in enumerate(read_lines(path), start=1):
        fields, place = line.split(), f"{path}:{number}"
        if not fields or fields[0].startswith("#"):
            continue
        if len(fields) < 5:
            raise InputError(f"{place}: expected camera number, model, width, height, parameters")
        check_model(fields[1], place)
        identifier, width, height = (_whole(fields[i], place) for i in (0, 2, 3))
        parameters = parse_row(fields[4:], {len(fields) - 4}, place).values
        cameras[identifier] = ColmapCamera(place, fields[1], Size(width, height), parameters)
    return cameras


def read_text_images(path: Path) -> list[ColmapImage]:
    """All images in the order of the file; the line of 2-D points after each is skipped."""
    images, points_follow = [], False
    for number, line in enumerate(read_lines(path), start=1):
        if line.startswith("#"):
            continue
        if points_follow or not line.strip():
            points_follow = False
            continue
        fields, place = line.split(maxsplit=IMAGE_COLUMNS - 1), f"{path}:{number}"
        if len(fields) != IMAGE_COLUMNS:
            raise InputError(
                f"{place}: has {len(fields)} columns, expected {IMAGE_COLUMNS}: number, "
                "qw qx qy qz, tx ty tz, camera, name"
            )
        values = parse_row(fields[1:8], {7}, place).values
        camera = _whole(fields[8], place)
        images.append(ColmapImage(place, fields[9].strip(), camera, values[:4], values[4:]))
        points_follow = True
    return images


def _whole(field: str, place: str) -> int:
    try:
        return int(field)
    except ValueError:
        raise InputError(f"{place}: {field!r} is not a whole number") from None


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
