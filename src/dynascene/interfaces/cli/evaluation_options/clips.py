"""What is said of the clips that are measured."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import arg

from dynascene.interfaces.cli.arguments import optional, parse_size
from dynascene.interfaces.cli.exclusions import drop_unset, refuse_beside


@dataclass(frozen=True, kw_only=True)
class ClipOptions:
    """The clips of the benchmark.

    Args:
        data: synthetic, or synthetic:train, synthetic:val, synthetic:test (the default); or
            re10k:FOLDER of filmed clips with cameras and without people; or people:FOLDER of clips
            with people, whose place is made anew from another frame without them.
        clips: shots of the benchmark.
        frames: length of a shot.
        size: of the frames; weights paint best at the size that they were trained for.
        seconds: that the frames of a filmed clip span, by taking every so many (default:
            neighbouring frames).
        seed: seed of the shots and of the sampling.
        imagery: one or several folders of photographs with a MANIFEST.tsv, for synthetic
            pictures (default: $DYNASCENE_TRAINING_DATA, else procedural ones).
        benchmark: benchmark.json of an earlier evaluation: its very clips are taken from data, in
            its size, length and seed, and other data are refused.
    """

    data: Annotated[str, arg(metavar="BENCH")]
    clips: Annotated[int | None, arg(metavar="N", help_behavior_hint="(default: 32)")] = None
    frames: Annotated[int | None, arg(metavar="N", help_behavior_hint="(default: 24)")] = None
    size: Annotated[str | None, arg(metavar="WxH", help_behavior_hint="(default: 256x144)")] = None
    seconds: Annotated[float | None, optional("S")] = None
    seed: Annotated[int | None, arg(metavar="N", help_behavior_hint="(default: 0)")] = None
    imagery: Annotated[tuple[Path, ...], optional("DIR…")] = ()
    benchmark: Annotated[Path | None, optional("FILE")] = None

    @property
    def shape(self) -> dict[str, Any]:
        """How many clips, how long and how large, as far as it is said.

        Raises:
            InputError: the size is none.
        """
        shape = {"clips": self.clips, "frames": self.frames, "seconds": self.seconds}
        return drop_unset(shape | {"size": None if self.size is None else parse_size(self.size)})

    def settings(self) -> dict[str, Any]:
        """Which clips, as ``EvaluationRequest`` takes it.

        Raises:
            InputError: a benchmark of an earlier evaluation that cannot be read, or that is to have
                other clips.
        """
        from dynascene.evaluation.benchmark_manifest import read_benchmark_manifest

        shape = self.shape
        which = {"data": self.data, "imagery": self.imagery}
        if self.benchmark is None:
            return {**which, **shape, "seed": self.seed or 0}
        others = [*shape, *drop_unset({"seed": self.seed})]
        refuse_beside("benchmark", "says which clips, how long and how large", others)
        manifest = read_benchmark_manifest(self.benchmark)
        return {**which, "manifest": manifest, **manifest.settings}
