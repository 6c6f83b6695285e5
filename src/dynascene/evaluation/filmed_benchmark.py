"""Filmed clips with known cameras, such as RealEstate10K: the truth is the video.

F frames, H W pixels.
"""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dynascene.datasets.filmed.manifest import ClipManifest, ClipRecord
from dynascene.datasets.filmed.opening import clip_files, open_record
from dynascene.datasets.filmed.reading import read_piece
from dynascene.datasets.filmed.survey import open_manifest
from dynascene.datasets.imagery import SPLITS
from dynascene.errors import InputError
from dynascene.estimators.depth.backends import default_depth
from dynascene.estimators.depth.protocol import DepthEstimator
from dynascene.evaluation.filmed_scenes import filmed_batch, first_frame, lifted
from dynascene.evaluation.protocol import EvaluationShot
from dynascene.evaluation.self_reconstruction import person_shot
from dynascene.imaging.pixels import channels_last
from dynascene.io.checksums import sha256_of
from dynascene.io.video_index import DEFAULT_FRAME_RATE
from dynascene.types import Size

PEOPLE = "people"
KINDS = ("re10k", "filmed", PEOPLE)  # the first two are names of the same
SIZE = Size(256, 144)


@dataclass(frozen=True)
class FilmedBenchmark:
    """Clips of a folder, from their first frame on, in the manifest's order.

    Without persons, the first frame is the scene picture; with them, another frame without its
    person (``person_shot``). The given cameras are the track. What nobody would know in use is not
    told: the picture's horizon is estimated, it is lifted as generation lifts it, and the track's
    unit is the one that generation takes.

    folder: of clips, local or a URL. split: train, val, test; None = all clips that can be used.
    clips: at most so many. frames: of a clip, at most; shorter clips are taken whole.
    seconds: that the frames span, see ``frame_stride``; None = neighbouring frames.
    names: of the clips that are taken, in order; None = the first ones.

    Raises InputError when the folder has no clips with cameras and without persons, or lacks one of
    the names.
    """

    folder: str
    split: str | None = None
    clips: int = 32
    size: Size = SIZE
    frames: int = 24
    people: bool = False
    seconds: float | None = None
    names: tuple[str, ...] | None = None
    _manifest: ClipManifest = field(init=False, repr=False, compare=False)
    _chosen: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.seconds is not None and not self.seconds > 0:
            raise InputError(f"`seconds` {self.seconds}: must be more than 0")
        manifest = open_manifest(self.folder)
        records = [manifest[k] for k in range(len(manifest))]
        usable = [
            number
            for number, record in enumerate(records)
            if record.split is not None
            and self.split in (None, record.split)
            and record.has_camera
            and record.has_person == self.people
            and record.frames > 1
        ]
        if not usable:
            raise InputError(
                f"{self.folder}: has no clip with cameras and {self._persons}"
                + (f" in split {self.split}" if self.split else "")
                + "; see docs/datasets.md"
            )
        object.__setattr__(self, "_manifest", manifest)
        if self.names is not None:
            numbers = {records[number].clip: number for number in usable}
            for name in self.names:
                if name not in numbers:
                    raise InputError(f"{self.folder}: has no clip {name} {self._persons}")
            usable = [numbers[name] for name in self.names]
        object.__setattr__(self, "_chosen", tuple(usable[: self.clips]))

    @property
    def name(self) -> str:
        kind = PEOPLE if self.people else "filmed"
        return f"{kind}:{Path(self.folder).name}, {self.split or 'all splits'}"

    @property
    def note(self) -> str:
        lifted = "ground and backdrop" if self._depth is None else type(self._depth).__name__
        picture = (
            "another frame, the person and their surroundings black in it"
            if self.people
            else "each clip's first frame"
        )
        frames = (
            "Frames are neighbours."
            if self.seconds is None
            else f"Of each clip every so many frames are taken that they span {self.seconds:g} s, "
            "or as much of it as the clip has."
        )
        return (
            f"The scene picture is {picture}; its focal length is known, its horizon "
            f"estimated, its shape {lifted}. The camera's scale is assumed, as in use; clips of "
            f"RealEstate10K have the data set's. {frames}"
        )

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, index: int) -> EvaluationShot:
        if not 0 <= index < len(self):
            raise IndexError(index)
        record = self._manifest[self._chosen[index]]
        clip = open_record(record, self._manifest.storage)
        name = f"{index:03d} {record.clip}"
        numbers = self.numbers(record, len(clip.frames))
        if self.people:
            shot = person_shot(record.clip, clip, numbers, self.size, self._depth)
            return EvaluationShot(name, shot.batch, shot.truth, record.source, shot.scene)
        piece = read_piece(record.clip, clip, numbers, [0], self.size)
        scene = lifted(first_frame(clip, self.size), piece.cameras, self._depth)
        batch = filmed_batch(piece.cameras, scene, piece.inputs, clip.stated_scale)
        truth = channels_last(piece.video)
        return EvaluationShot(name, batch, truth, record.source, scene)

    def checksums(self) -> dict[str, str]:
        """The sha256 of every file of the clips, by "CLIP/ROLE"."""
        records = [self._manifest[number] for number in self._chosen]
        return {
            f"{record.clip}/{role}": sha256_of(path)
            for record in records
            for role, path in clip_files(record, self._manifest.storage).by_role().items()
        }

    def numbers(self, record: ClipRecord, length: int) -> range:
        """The frames that are taken of a clip of ``length`` frames."""
        count = min(self.frames, length)
        stride = frame_stride(length, count, record.frame_rate, self.seconds)
        return range(0, count * stride, stride)

    @property
    def _persons(self) -> str:
        return "with a person" if self.people else "without a person"

    @cached_property
    def _depth(self) -> DepthEstimator | None:
        return default_depth()


def frame_stride(length: int, count: int, rate: float, seconds: float | None) -> int:
    """Every how many frames one is taken.

    Args:
        length: of the clip.
        count: frames that are taken.
        rate: frames a second; 0: unknown, then taken as 24.
        seconds: from the first to the last frame that is taken; None: neighbours.

    Returns:
        The whole number nearest to what is asked for, at least 1, at most what the clip has.
    """
    if seconds is None or count < 2:
        return 1
    wanted = round(seconds * (rate or float(DEFAULT_FRAME_RATE)) / (count - 1))
    return max(1, min(wanted, (length - 1) // (count - 1)))


def open_filmed(
    text: str,
    clips: int,
    frames: int,
    size: Size | None = None,
    *,
    people: bool = False,
    seconds: float | None = None,
) -> FilmedBenchmark:
    """``FOLDER`` or ``FOLDER:SPLIT``. Raises InputError as FilmedBenchmark does."""
    folder, _, split = text.rpartition(":")
    if split not in SPLITS or not folder:
        folder, split = text, None
    if not folder:
        kind = PEOPLE if people else KINDS[0]
        raise InputError(f"`data` {kind}: names no folder; give {kind}:FOLDER[:SPLIT]")
    return FilmedBenchmark(folder, split, clips, size or SIZE, frames, people, seconds)
