"""Where the shots come from. ``synthetic[:split]`` renders places with an exact truth,
``re10k:folder`` reads filmed ones."""

from dataclasses import dataclass, field

from dynascene.datasets.imagery import SPLITS, Folders, read_manifest, training_folders
from dynascene.errors import InputError
from dynascene.evaluation.filmed_benchmark import KINDS, PEOPLE, FilmedBenchmark, open_filmed
from dynascene.evaluation.protocol import EvaluationShot
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.io.checksums import sha256_of
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.training_batch import collate
from dynascene.types import Size

DEFAULT_SPLIT = "test"  # places, textures and people that training never saw
SIZE, FRAMES = Size(256, 144), 24
LEAST_FRAMES, MOST_FRAMES = 2, 100_000  # of a clip


@dataclass(frozen=True)
class SyntheticBenchmark:
    """Shots of ``SyntheticShots``: the same seed gives the same ones, in the same order.

    folder: of imagery; None = as DYNASCENE_TRAINING_DATA says, else procedural pictures.
    """

    split: str = DEFAULT_SPLIT
    clips: int = 32
    seed: int = 0
    size: Size = SIZE
    frames: int = FRAMES
    folder: Folders = None
    _shots: SyntheticShots = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        shots = SyntheticShots(
            self.split, self.size, self.frames, self.seed, length=self.clips, folder=self.folder
        )
        object.__setattr__(self, "_shots", shots)

    @property
    def name(self) -> str:
        pictures = "photographs" if self._shots.library.photographic else "procedural pictures"
        return f"synthetic:{self.split} of {pictures}"

    @property
    def note(self) -> str:
        return (
            "The guide of these shots knows the picture's true field of view, horizon and place; "
            "in use they are estimated. The camera's scale is told with an error, as in training."
        )

    def checksums(self) -> dict[str, str]:
        """The sha256 of every picture of the split, by its category and file name."""
        records = [
            record for folder in training_folders(self.folder) for record in read_manifest(folder)
        ]
        return {
            f"{record.category}/{record.path.name}": sha256_of(record.path)
            for record in records
            if record.split == self.split
        }

    def __len__(self) -> int:
        return self.clips

    def __getitem__(self, index: int) -> EvaluationShot:
        if not 0 <= index < self.clips:
            raise IndexError(index)
        shot, scene = self._shots.with_scene(index)
        name = f"{index:03d} {shot.world} {shot.place}"
        truth = bytes_from_tensor(shot.background / 2 + 0.5)
        return EvaluationShot(name, collate([shot]).pixels, truth, shot.place, scene)


def open_benchmark(
    text: str,
    clips: int,
    seed: int,
    frames: int = FRAMES,
    imagery: Folders = None,
    size: Size | None = None,
    seconds: float | None = None,
) -> SyntheticBenchmark | FilmedBenchmark:
    """``synthetic[:SPLIT]``, ``re10k:FOLDER[:SPLIT]`` or ``people:FOLDER[:SPLIT]`` → a benchmark.

    clips: so many. imagery: see SyntheticBenchmark.folder. size: of the frames; None: 256×144.
    seconds: see FilmedBenchmark.
    Raises InputError for an unknown name or split, or numbers that cannot be.
    """
    kind, _, split = text.partition(":")
    if kind not in ("synthetic", *KINDS):
        raise InputError(
            f"`data` {text!r}: there is no such benchmark; give synthetic[:SPLIT] or "
            f"{KINDS[0]}:FOLDER[:SPLIT] or {PEOPLE}:FOLDER[:SPLIT]"
        )
    if kind == "synthetic":
        benchmark_split(text)
        if seconds is not None:
            raise InputError(f"`seconds`: {text} is rendered; it is for filmed clips")
    if kind in KINDS:
        refuse_imagery(imagery, text)
    if clips < 1:
        raise InputError(f"`clips` {clips}: must be at least 1")
    if not LEAST_FRAMES <= frames <= MOST_FRAMES:
        raise InputError(
            f"`frames` {frames}: a clip has at least {LEAST_FRAMES}, and {MOST_FRAMES} at most"
        )
    if kind in KINDS:
        return open_filmed(split, clips, frames, size, people=kind == PEOPLE, seconds=seconds)
    return SyntheticBenchmark(
        benchmark_split(text), clips, seed, size or SIZE, frames, folder=imagery
    )


def refuse_imagery(imagery: Folders, data: str) -> None:
    """Raise InputError for photographs named for filmed clips, which show their own places."""
    if imagery:
        raise InputError(f"`imagery`: {data} is filmed; leave it out, it is for rendered clips")


def benchmark_split(text: str) -> str:
    """The split of ``synthetic[:SPLIT]``.

    Raises:
        InputError: it is no synthetic benchmark, or there is no such split.
    """
    kind, _, split = text.partition(":")
    if kind != "synthetic":
        raise InputError(f"`data` {text}: rendered places are needed; give synthetic[:SPLIT]")
    if split and split not in SPLITS:
        raise InputError(f"`data` {text}: split must be one of {', '.join(SPLITS)}")
    return split or DEFAULT_SPLIT
