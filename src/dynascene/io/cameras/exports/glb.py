"""Binary glTF 2.0: an animated camera and, where there is one, the place as textured meshes.

The camera looks along −z in a world with y up. Zooms are animated through KHR_animation_pointer;
what core glTF does not have (frame size, frame rate, focal length) stands in the camera's extras.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dynascene.geometry.place_mesh import PlaceMesh
from dynascene.geometry.rotations import quaternion_from_rotation
from dynascene.io.atomic import replacing
from dynascene.io.cameras.checks import opengl_poses
from dynascene.io.cameras.defaults import CameraDefaults
from dynascene.io.cameras.exports.lens import frame_rate_of, lens_of
from dynascene.io.images import clear_write_errors, encode_png
from dynascene.types import CameraTrack

FLOAT, UNSIGNED = 5126, 5125  # glTF's componentType
VERTICES, INDICES = 34962, 34963  # glTF's bufferView.target
TYPES = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4"}
JSON_CHUNK, BINARY_CHUNK = b"JSON", b"BIN\0"
Y_UP = np.array([1, -1, -1], np.float32)  # our world has y down and z ahead


@dataclass
class _Document:
    """A glTF document that grows; content: its JSON. binary: its one buffer."""

    content: dict[str, Any] = field(default_factory=dict)
    binary: bytearray = field(default_factory=bytearray)

    def add(self, kind: str, entry: dict[str, Any]) -> int:
        """Append to one of the document's lists; returns the place in it."""
        entries = self.content.setdefault(kind, [])
        entries.append(entry)
        return len(entries) - 1

    def add_bytes(self, data: bytes, target: int | None = None) -> int:
        """A buffer view; each begins at a multiple of 4."""
        view = {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data)}
        self.binary += data + bytes(-len(data) % 4)
        return self.add("bufferViews", view | ({"target": target} if target else {}))

    def add_array(self, array: np.ndarray, target: int | None = None) -> int:
        """An accessor for [N] or [N, C], float32 or uint32."""
        accessor = {
            "bufferView": self.add_bytes(array.tobytes(), target),
            "componentType": UNSIGNED if array.dtype == np.uint32 else FLOAT,
            "count": len(array),
            "type": TYPES[array.shape[1:]],
        }
        if array.dtype == np.float32:  # the standard asks for them of positions and times
            least, most = np.atleast_1d(array.min(0)), np.atleast_1d(array.max(0))
            accessor |= {"min": least.tolist(), "max": most.tolist()}
        return self.add("accessors", accessor)

    def packed(self) -> bytes:
        """The file."""
        self.content["buffers"] = [{"byteLength": len(self.binary)}]
        text = json.dumps(self.content).encode()
        chunks = b"".join(
            struct.pack("<I4s", len(data), kind) + data
            for kind, data in (
                (JSON_CHUNK, text + b" " * (-len(text) % 4)),
                (BINARY_CHUNK, bytes(self.binary)),
            )
        )
        return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def write_glb(
    track: CameraTrack,
    path: Path,
    defaults: CameraDefaults,
    place: Sequence[PlaceMesh] = (),
) -> None:
    """Write a track without its principal point.

    place: meshes in the track's world.
    """
    document = _Document({"asset": {"version": "2.0", "generator": "dynascene"}})
    nodes = [_add_camera(document, track, path, defaults)]
    nodes += [_add_mesh(document, mesh, f"place {n}") for n, mesh in enumerate(place, start=1)]
    document.content["scene"] = document.add("scenes", {"nodes": nodes})
    with replacing(path) as temporary, clear_write_errors(path):
        temporary.write_bytes(document.packed())


def _add_camera(
    document: _Document, track: CameraTrack, path: Path, defaults: CameraDefaults
) -> int:
    (width, height), lens = track.size, lens_of(track, defaults)
    poses, rate = opengl_poses(track), frame_rate_of(defaults)
    views = 2 * (lens.height / 2 / lens.focal).atan()
    perspective = {
        "yfov": views[0].item(),
        "aspectRatio": lens.film_back / lens.height[0].item(),
        "znear": 0.01,
    }
    extras = {
        "width": width,
        "height": height,
        "frame_rate": rate,
        "focal_length_mm": lens.focal[0].item(),
        "film_back_mm": lens.film_back,
    }
    camera = document.add(
        "cameras", {"type": "perspective", "perspective": perspective, "extras": extras}
    )
    node = document.add("nodes", {"name": path.stem, "camera": camera})
    curves = {
        "translation": poses[:, :3, 3].numpy(),
        "rotation": quaternion_from_rotation(poses[:, :3, :3]).numpy(),
    }
    if (views - views[0]).abs().max() > 1e-9:
        document.content["extensionsUsed"] = ["KHR_animation_pointer"]
        curves["pointer"] = views.numpy()
    times = document.add_array(np.arange(len(track), dtype=np.float32) / np.float32(rate))
    animation: dict[str, list] = {"samplers": [], "channels": []}
    for kind, values in curves.items():
        output = document.add_array(np.ascontiguousarray(values, dtype=np.float32))
        target: dict[str, Any] = {"path": kind}
        if kind == "pointer":
            pointer = {"pointer": f"/cameras/{camera}/perspective/yfov"}
            target["extensions"] = {"KHR_animation_pointer": pointer}
        else:
            target["node"] = node
        animation["channels"].append({"sampler": len(animation["samplers"]), "target": target})
        animation["samplers"].append({"input": times, "output": output})
    document.add("animations", animation)
    return node


def _add_mesh(document: _Document, mesh: PlaceMesh, name: str) -> int:
    """The node of a mesh that shows its picture as it is, unlit and from both sides."""
    image = document.add(
        "images",
        {"bufferView": document.add_bytes(encode_png(mesh.picture)), "mimeType": "image/png"},
    )
    clamped = document.add("samplers", {"wrapS": 33071, "wrapT": 33071})
    texture = document.add("textures", {"source": image, "sampler": clamped})
    used = document.content.setdefault("extensionsUsed", [])
    if "KHR_materials_unlit" not in used:
        used.append("KHR_materials_unlit")
    material = document.add(
        "materials",
        {
            "pbrMetallicRoughness": {"baseColorTexture": {"index": texture}, "metallicFactor": 0},
            "alphaMode": "BLEND" if mesh.picture.shape[2] == 4 else "OPAQUE",
            "doubleSided": True,
            "extensions": {"KHR_materials_unlit": {}},
        },
    )
    primitive = {
        "attributes": {
            "POSITION": document.add_array(mesh.points * Y_UP, VERTICES),
            "TEXCOORD_0": document.add_array(mesh.coordinates, VERTICES),
        },
        "indices": document.add_array(mesh.triangles.astype(np.uint32).ravel(), INDICES),
        "material": material,
    }
    shape = document.add("meshes", {"name": name, "primitives": [primitive]})
    return document.add("nodes", {"name": name, "mesh": shape})
