"""Animated people from glTF binaries (.glb): one skin, its meshes, and its clips.

V vertices, T triangles, N nodes, J joints, K keys. Metres, glTF's axes: x right, y up, z forward.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from dynascene.errors import InputError
from dynascene.extras import require
from dynascene.imaging.colour import linear_from_srgb

GLB_VERSION_2 = b"glTF\x02\x00\x00\x00"
PICTURE_SIDE = 512  # texels
DTYPES = {5120: "i1", 5121: "u1", 5122: "i2", 5123: "u2", 5125: "u4", 5126: "f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Channel(NamedTuple):
    """One node's motion.

    Attributes:
        node: its number.
        path: translation, rotation (x y z w) or scale.
        times: [K] seconds.
        values: [K, 3 or 4]; for CUBICSPLINE [K, 3, 3 or 4]: tangent in, value, tangent out.
        interpolation: LINEAR, STEP or CUBICSPLINE.
    """

    node: int
    path: str
    times: np.ndarray
    values: np.ndarray
    interpolation: str


class Animation(NamedTuple):
    """Channels that play together."""

    channels: tuple[Channel, ...]
    seconds: float


@dataclass(frozen=True, eq=False)
class Character:
    """A skinned mesh with its animations.

    Attributes:
        name: of the file, without its ending.
        positions, normals: [V, 3], before the skin moves them.
        texel: [V, 3] u, v and layer.
        tint: [V, 3] linear light.
        joints, weights: [V, 4].
        triangles: [T, 3].
        pictures: float32 [L, S, S, 4], linear light and alpha.
        parents: [N], −1 for a root.
        order: the nodes, parents before children.
        translation, rotation, scale: [N, 3], [N, 4] (x y z w), [N, 3] at rest.
        skin: [J], the joints' nodes.
        joint_names: [J], as the file has them; empty where it has none.
        inverse_bind: [J, 4, 4].
        animations: by name.
    """

    name: str
    positions: np.ndarray
    normals: np.ndarray
    texel: np.ndarray
    tint: np.ndarray
    joints: np.ndarray
    weights: np.ndarray
    triangles: np.ndarray
    pictures: np.ndarray
    parents: np.ndarray
    order: tuple[int, ...]
    translation: np.ndarray
    rotation: np.ndarray
    scale: np.ndarray
    skin: np.ndarray
    joint_names: tuple[str, ...]
    inverse_bind: np.ndarray
    animations: dict[str, Animation]


@lru_cache(maxsize=16)
def read_character(path: Path) -> Character:
    """A character from a file; read once per process.

    Args:
        path: of a glTF 2 binary (.glb) with one skin.

    Returns:
        The character.

    Raises:
        InputError: the file cannot be read, holds no skinned and animated mesh, or pygltflib is not
            installed.
    """
    require("synthetic", "an animated character (.glb)", ["pygltflib"])
    from pygltflib import GLTF2

    try:
        with path.open("rb") as stream:
            if stream.read(8) != GLB_VERSION_2:
                raise InputError(f"{path}: is no glTF 2 binary (.glb); export it as one")
        file = GLTF2().load(str(path))
        if file is None or not file.skins or not file.animations:
            raise InputError(f"{path}: has no skinned and animated mesh; export it with both")
        return _CharacterReader(file, path).character()
    except InputError:
        raise
    except Exception as error:  # whatever pygltflib's parsers and missing parts of a file raise
        reason = " ".join(f"{type(error).__name__} {error}".split())
        raise InputError(
            f"{path}: is not a glTF binary that can be used ({reason}); export the mesh with "
            "normals, materials, a skin and clips"
        ) from error


class _CharacterReader:
    def __init__(self, file: Any, path: Path) -> None:
        self.file, self.path = file, path  # a GLTF2, whose fields may all be None by their types
        self.blob = file.binary_blob() or b""
        self.pictures = [np.ones((PICTURE_SIDE, PICTURE_SIDE, 4), np.float32)]
        self._layer_of: dict[int, int] = {}

    def character(self) -> Character:
        skin = self.file.skins[0]
        nodes = self.file.nodes
        self._refuse_unread(nodes)
        parents = np.full(len(nodes), -1)
        for number, node in enumerate(nodes):
            parents[node.children or []] = number
        parts, triangles, count = [], [], 0
        for node in nodes:
            if node.mesh is None or node.skin is None:
                continue
            for primitive in self.file.meshes[node.mesh].primitives:
                part, corners = self._part(primitive)
                parts.append(part)
                triangles.append(corners + count)
                count += len(part[0])
        vertices = [np.concatenate(column) for column in zip(*parts, strict=True)]
        positions, normals, texel, tint, joints, weights = vertices
        rest = [(n.translation or (0, 0, 0), n.rotation or (0, 0, 0, 1), n.scale or (1, 1, 1))
                for n in nodes]  # fmt: skip
        translation, rotation, scale = (np.array(x, np.float64) for x in zip(*rest, strict=True))
        inverse_bind = self._array(skin.inverseBindMatrices).reshape(-1, 4, 4).swapaxes(1, 2)
        return Character(
            name=self.path.stem, positions=positions, normals=normals, texel=texel, tint=tint,
            joints=joints.astype(np.int64), weights=weights / weights.sum(1, keepdims=True),
            triangles=np.concatenate(triangles), pictures=np.stack(self.pictures),
            parents=parents, order=_parents_first(parents), translation=translation,
            rotation=rotation, scale=scale, skin=np.array(skin.joints),
            joint_names=tuple(nodes[joint].name or "" for joint in skin.joints),
            inverse_bind=inverse_bind.astype(np.float64), animations=self._animations(),
        )  # fmt: skip

    def _refuse_unread(self, nodes: Sequence[Any]) -> None:
        """What glTF may hold and this reader would pass over."""
        if any(node.matrix is not None for node in nodes):
            raise InputError(
                f"{self.path}: a node has a matrix; export it with translation, rotation and scale"
            )
        if any(node.skin for node in nodes):  # the first is 0
            raise InputError(f"{self.path}: has meshes of several skins; join them into one")

    def _array(self, number: int) -> np.ndarray:
        """An accessor's values, [count, width]."""
        accessor = self.file.accessors[number]
        view = self.file.bufferViews[accessor.bufferView]
        dtype, width = np.dtype(DTYPES[accessor.componentType]), WIDTHS[accessor.type]
        start = (view.byteOffset or 0) + (accessor.byteOffset or 0)
        row = dtype.itemsize * width
        stride = view.byteStride or row
        raw = np.frombuffer(self.blob, np.uint8, stride * (accessor.count - 1) + row, start)
        rows = np.lib.stride_tricks.as_strided(raw, (accessor.count, row), (stride, 1))
        values = np.ascontiguousarray(rows).view(dtype)
        if accessor.normalized:
            values = values.astype(np.float32) / np.iinfo(DTYPES[accessor.componentType]).max
        return values

    def _part(self, primitive: Any) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        """Positions, normals, texel, tint, joints, weights of one mesh part, and its triangles."""
        names = primitive.attributes
        position = self._array(names.POSITION)
        uv = np.zeros((len(position), 2)) if names.TEXCOORD_0 is None else self._array(
            names.TEXCOORD_0
        )  # fmt: skip
        layer, tint = self._material(self.file.materials[primitive.material])
        texel = np.concatenate([uv, np.full((len(uv), 1), layer)], axis=1)
        part = (
            position, self._array(names.NORMAL), texel, np.tile(tint, (len(uv), 1)),
            self._array(names.JOINTS_0), self._array(names.WEIGHTS_0).astype(np.float64),
        )  # fmt: skip
        return part, self._array(primitive.indices).reshape(-1, 3).astype(np.int64)

    def _material(self, material: Any) -> tuple[int, np.ndarray]:
        """The layer of its picture (0 is white) and its colour, linear."""
        surface = material.pbrMetallicRoughness
        if surface is None:
            return 0, np.ones(3)
        tint = np.array((surface.baseColorFactor or [1, 1, 1, 1])[:3])
        if surface.baseColorTexture is None:
            return 0, tint
        image = self.file.textures[surface.baseColorTexture.index].source
        if image is None:
            return 0, tint
        if image not in self._layer_of:
            self._layer_of[image] = len(self.pictures)
            self.pictures.append(self._picture(image))
        return self._layer_of[image], tint

    def _picture(self, number: int) -> np.ndarray:
        view = self.file.bufferViews[self.file.images[number].bufferView]
        start = view.byteOffset or 0
        image = Image.open(io.BytesIO(self.blob[start : start + view.byteLength])).convert("RGB")
        image = image.resize((PICTURE_SIDE, PICTURE_SIDE), Image.Resampling.BOX)
        colour = np.asarray(image, np.float32) / 255
        linear = linear_from_srgb(colour)
        return np.concatenate([linear, np.ones_like(linear[..., :1])], axis=-1)

    def _animations(self) -> dict[str, Animation]:
        animations = {}
        for number, animation in enumerate(self.file.animations):
            channels = []
            for channel in animation.channels:
                node = channel.target.node
                if node is None:
                    continue
                sampler = animation.samplers[channel.sampler]
                times, values = self._array(sampler.input)[:, 0], self._array(sampler.output)
                if sampler.interpolation == "CUBICSPLINE":
                    values = values.reshape(len(times), 3, -1)
                channels.append(
                    Channel(
                        node, channel.target.path, times, values.astype(np.float64),
                        sampler.interpolation or "LINEAR",
                    )
                )  # fmt: skip
            seconds = float(max(channel.times[-1] for channel in channels))
            animations[animation.name or f"clip {number}"] = Animation(tuple(channels), seconds)
        return animations


def _parents_first(parents: np.ndarray) -> tuple[int, ...]:
    depth = np.zeros(len(parents), int)
    for number in range(len(parents)):
        above = parents[number]
        while above >= 0:
            depth[number] += 1
            above = parents[above]
    return tuple(np.argsort(depth, kind="stable").tolist())
