"""COLMAP's cameras.bin and images.bin: little-endian, without padding."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from dynascene.errors import InputError
from dynascene.io.cameras.colmap_records import MODELS, ColmapCamera, ColmapImage, check_model
from dynascene.types import Size

COUNT = "Q"
CAMERA = "IiQQ"  # number, model, width, height; then the parameters
IMAGE = "I7dI"  # number, quaternion w x y z, translation, camera; then the name, ended by a zero
POINT_2D_BYTES = 24  # x, y, number of the 3-D point

MODEL_NAMES = {model.number: name for name, model in MODELS.items()}


class _BinaryReader:
    """Reads a binary file in sequence; InputError where it ends too early."""

    def __init__(self, path: Path) -> None:
        self.path, self.position = path, 0
        try:
            self.data = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None

    def take(self, layout: str) -> tuple[Any, ...]:
        start = self.position
        self.skip(struct.calcsize("<" + layout))
        return struct.unpack_from("<" + layout, self.data, start)

    def skip(self, count: int) -> None:
        self.position += count
        if self.position > len(self.data):
            raise InputError(f"{self.path}: is cut off: it ends after {len(self.data)} bytes")

    def name(self) -> str:
        start = self.position
        end = self.data.find(b"\0", start)
        self.skip((end if end >= 0 else len(self.data)) - start + 1)
        return self.data[start:end].decode("utf-8", errors="replace")


def read_binary_cameras(path: Path) -> dict[int, ColmapCamera]:
    """Cameras by their number."""
    reader, cameras = _BinaryReader(path), {}
    (count,) = reader.take(COUNT)
    for index in range(count):
        place = f"{path}: camera {index}"
        identifier, model_number, width, height = reader.take(CAMERA)
        model = MODEL_NAMES.get(model_number, f"number {model_number}")
        parameters = reader.take(f"{check_model(model, place).parameters}d")
        cameras[identifier] = ColmapCamera(place, model, Size(width, height), list(parameters))
    return cameras


def read_binary_images(path: Path) -> list[ColmapImage]:
    """All images in the order of the file; their 2-D points are skipped."""
    reader, images = _BinaryReader(path), []
    (count,) = reader.take(COUNT)
    for index in range(count):
        _, *pose, camera = reader.take(IMAGE)
        name = reader.name()
        place = f"{path}: image {name or index}"
        images.append(ColmapImage(place, name, camera, pose[:4], pose[4:]))
        (points,) = reader.take(COUNT)
        reader.skip(points * POINT_2D_BYTES)
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
