"""COLMAP's cameras.bin and images.bin: little-endian, without padding."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from dynascene.errors import InputError, one_line
from dynascene.io.cameras.colmap_records import (
    FISHEYE_MODELS,
    MODELS,
    ColmapCamera,
    ColmapImage,
)
from dynascene.io.cameras.defaults import Notice
from dynascene.types import Size

COUNT = "Q"
CAMERA = "IiQQ"  # number, model, width, height; then the parameters
IMAGE = "I7dI"  # number, quaternion w x y z, translation, camera; then the name, ended by a zero
POINT_2D_BYTES = 24  # x, y, number of the 3-D point

ALL_MODELS = {**MODELS, **FISHEYE_MODELS}
MODEL_NAMES = {model.number: name for name, model in ALL_MODELS.items()}
LONGEST_NAME = 4096


class _BinaryReader:
    """Reads a binary file in sequence; InputError where it ends too early."""

    def __init__(self, path: Path) -> None:
        self.path, self.position = path, 0
        try:
            self.size = path.stat().st_size
            self.file = path.open("rb")
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: cannot be read ({one_line(error)})") from None

    def take(self, layout: str) -> tuple[Any, ...]:
        start = self.position
        self.skip(struct.calcsize("<" + layout))
        self.file.seek(start)
        return struct.unpack("<" + layout, self.file.read(self.position - start))

    def skip(self, count: int) -> None:
        self.position += count
        if self.position > self.size:
            raise InputError(f"{self.path}: is cut off: it ends after {self.size} bytes")

    def name(self) -> str:
        self.file.seek(self.position)
        head = self.file.read(LONGEST_NAME)
        end = head.find(b"\0")
        self.skip((end if end >= 0 else len(head)) + 1)
        if end < 0:
            raise InputError(f"{self.path}: an image has a name of more than {LONGEST_NAME} bytes")
        return head[:end].decode("utf-8", errors="replace")

    def __enter__(self) -> _BinaryReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def check_end(self, notice: Notice) -> None:
        if self.position < self.size:
            notice(f"{self.path}: its last {self.size - self.position} bytes are not read")


def read_binary_cameras(path: Path, notice: Notice) -> dict[int, ColmapCamera]:
    """Cameras by their number. Whether a model can be used is for those who use the camera."""
    cameras: dict[int, ColmapCamera] = {}
    with _BinaryReader(path) as reader:
        (count,) = reader.take(COUNT)
        for index in range(count):
            place = f"{path}: camera {index}"
            identifier, model_number, width, height = reader.take(CAMERA)
            name = MODEL_NAMES.get(model_number)
            if name is None:
                raise InputError(f"{place}: camera model {model_number} is not one of COLMAP's")
            parameters = reader.take(f"{ALL_MODELS[name].parameters}d")
            cameras[identifier] = ColmapCamera(place, name, Size(width, height), list(parameters))
        reader.check_end(notice)
    return cameras


def read_binary_images(path: Path, notice: Notice) -> list[ColmapImage]:
    """All images in the order of the file; their 2-D points are skipped."""
    images: list[ColmapImage] = []
    with _BinaryReader(path) as reader:
        (count,) = reader.take(COUNT)
        for index in range(count):
            _, *pose, camera = reader.take(IMAGE)
            name = reader.name()
            place = f"{path}: image {name[:60] or index}"
            images.append(ColmapImage(place, name, camera, pose[:4], pose[4:]))
            (points,) = reader.take(COUNT)
            reader.skip(points * POINT_2D_BYTES)
        reader.check_end(notice)
    return images


def write_binary_model(
    folder: Path, cameras: dict[int, ColmapCamera], images: list[ColmapImage]
) -> None:
    """Write cameras.bin, images.bin and an empty points3D.bin, which COLMAP requires."""
    data = struct.pack("<" + COUNT, len(cameras))
    for identifier, camera in cameras.items():
        number = MODELS[camera.model].number
        data += struct.pack("<" + CAMERA, identifier, number, *camera.size)
        data += struct.pack(f"<{len(camera.parameters)}d", *camera.parameters)
    (folder / "cameras.bin").write_bytes(data)
    data = struct.pack("<" + COUNT, len(images))
    for identifier, image in enumerate(images, start=1):
        pose = [*image.quaternion, *image.translation]
        data += struct.pack("<" + IMAGE, identifier, *pose, image.camera)
        data += image.name.encode() + b"\0" + struct.pack("<" + COUNT, 0)
    (folder / "images.bin").write_bytes(data)
    (folder / "points3D.bin").write_bytes(struct.pack("<" + COUNT, 0))
