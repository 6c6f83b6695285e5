"""Filmed clips of places with known cameras, such as RealEstate10K: the truth is the video.

F frames, H W pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.filmed.drawing import cover_crop, frames_at
from dynascene.datasets.filmed.manifest import ClipManifest
from dynascene.datasets.filmed.opening import OpenClip, open_record
from dynascene.datasets.filmed.reading import read_piece
from dynascene.datasets.filmed.survey import open_manifest
from dynascene.datasets.imagery import SPLITS
from dynascene.errors import InputError
from dynascene.estimators.depth.backends import default_depth
from dynascene.estimators.depth.protocol import DepthEstimator, scene_depth
from dynascene.estimators.horizon import estimate_horizon
from dynascene.evaluation.protocol import EvaluationShot
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.generate import generate
from dynascene.generation.model_input import model_batch
from dynascene.geometry.framing import Framing, within_scene
from dynascene.geometry.lifting import LiftedScene, lift_to_stage, lift_with_depth
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.tracks import in_assumed_units, resize_track
from dynascene.imaging.pixels import bytes_from_tensor, tensor_from_bytes
from dynascene.io.video_index import DEFAULT_FRAME_RATE
from dynascene.types import Batch, CameraTrack, Shot, Size

KINDS = ("re10k", "filmed")  # two names of the same
SIZE = Size(256, 144)


@dataclass(frozen=True)
class FilmedBenchmark:
    """Clips without persons of a folder, from their first frame on, in the manifest's order.

    The first frame is the scene picture, the given cameras are the track. What nobody would know
    in use is not told: the picture's horizon is estimated, it is lifted as generation lifts it,
    and the track's unit is generation's assumption.

    folder: of clips, local or a URL. split: train, val, test; None = all clips that can be used.
    clips: at most so many. frames: of a clip, at most; shorter clips are taken whole.

    Raises InputError when the folder has no clips with cameras and without persons.
    """

    folder: str
    split: str | None = None
    clips: int = 32
    size: Size = SIZE
    frames: int = 24
    _manifest: ClipManifest = field(init=False, repr=False, compare=False)
    _chosen: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        manifest = open_manifest(self.folder)
        records = [manifest[k] for k in range(len(manifest))]
        usable = [
            number
            for number, record in enumerate(records)
            if record.split is not None
            and self.split in (None, record.split)
            and record.has_camera
            and not record.has_person
            and record.frames > 1
        ]
        if not usable:
            raise InputError(
                f"{self.folder}: has no clip with cameras and without a person"
                + (f" in split {self.split}" if self.split else "")
                + "; see docs/datasets.md"
            )
        object.__setattr__(self, "_manifest", manifest)
        object.__setattr__(self, "_chosen", tuple(usable[: self.clips]))

    @property
    def name(self) -> str:
        return f"filmed:{Path(self.folder).name}, {self.split or 'all splits'}"

    @property
    def note(self) -> str:
        lifted = "ground and backdrop" if self._depth is None else type(self._depth).__name__
        return (
            "The scene picture is each clip's first frame; its focal length is known, its horizon "
            f"estimated, its shape {lifted}. The camera's scale is assumed, as in use."
        )

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, index: int) -> EvaluationShot:
        if not 0 <= index < len(self):
            raise IndexError(index)
        record = self._manifest[self._chosen[index]]
        clip = open_record(record, self._manifest.storage)
        numbers = range(min(self.frames, len(clip.frames)))
        piece = read_piece(record.clip, clip, numbers, [0], self.size)
        scene = lifted(first_frame(clip, self.size), piece.cameras, self._depth)
        batch = filmed_batch(piece.cameras, scene, piece.inputs)
        truth = bytes_from_tensor(piece.video / 2 + 0.5)
        return EvaluationShot(f"{index:03d} {record.clip}", batch, truth, record.source, scene)

    @cached_property
    def _depth(self) -> DepthEstimator | None:
        return default_depth()


def first_frame(clip: OpenClip, size: Size) -> np.ndarray:
    """A clip's first frame in the shape of ``size``, as large as it is: uint8 [H, W, 3]."""
    square = clip.square.size
    width = min(square.width, round(square.height * size.width / size.height))
    shape = Size(width, round(width * size.height / size.width))
    return bytes_from_tensor(cover_crop(frames_at(clip.frames, [0]), shape, square)[:, :3])[0]


def lifted(
    picture: np.ndarray, cameras: CameraTrack, depth: DepthEstimator | None = None
) -> LiftedScene:
    """A picture, uint8 [H, W, 3], in 2.5-D: its camera is the first of ``cameras``, which are for
    frames of its shape; the horizon is estimated. depth: None takes ground and backdrop."""
    size = Size(picture.shape[1], picture.shape[0])
    focal = float(resize_track(cameras[:1], size).intrinsics[0, 0, 0])
    camera = PictureCamera(focal, size, estimate_horizon(picture, focal).row)
    colours = tensor_from_bytes(picture)
    if depth is None:
        return lift_to_stage(colours, camera)
    return lift_with_depth(colours, camera, torch.from_numpy(scene_depth(depth(picture), camera)))


def filmed_batch(
    cameras: CameraTrack, scene: LiftedScene, inputs: Mapping[str, Tensor] | None = None
) -> Batch:
    """What models are given: the scene and its guide along the cameras, the first of which took
    the picture. Nobody is there. inputs: further fields of the clip, for its frames."""
    framing = Framing(0.0, scene.camera.pitch)
    track = within_scene(in_assumed_units(cameras), scene, framing)
    alone = Shot(None, None, track, DEFAULT_FRAME_RATE, inputs or {})
    options = GenerationOptions(generator="projection", framing=framing)
    guide = generate(alone, scene, options)
    return model_batch(alone, scene, guide, cameras.size)


def open_filmed(text: str, clips: int, frames: int) -> FilmedBenchmark:
    """``FOLDER`` or ``FOLDER:SPLIT``. Raises InputError as FilmedBenchmark does."""
    folder, _, split = text.rpartition(":")
    if split not in SPLITS or not folder:
        folder, split = text, None
    if not folder:
        raise InputError(f"`data` {KINDS[0]}: names no folder; give {KINDS[0]}:FOLDER[:SPLIT]")
    return FilmedBenchmark(folder, split, clips, frames=frames)
