"""``dynascene curate``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, arg

from dynascene.errors import InputError
from dynascene.estimators.names import DetectorName
from dynascene.interfaces.cli.arguments import OptionalBackend, shown

if TYPE_CHECKING:  # imported where they are used: --help must not wait for torch
    from collections.abc import Sequence

    from pyarrow import Table

    from dynascene.curation.clip import Clip, Source
    from dynascene.curation.pipeline import Plan

WORK = ".work"
LONGEST = 100_000  # minutes of --time-limit: two months


def curate(
    source: Annotated[Positional[tuple[str, ...]], arg(metavar="SOURCE…")] = (),
    /,
    *,
    out: Annotated[Path, arg(metavar="DATASET")],
    work: Annotated[Path | None, shown("DIR")] = None,
    workers: Annotated[int | None, shown("N")] = None,
    ray_address: Annotated[str | None, shown("HOST:PORT")] = None,
    in_process: bool = False,
    min_height: Annotated[int, arg(metavar="PIXELS")] = 1080,
    shortest: Annotated[float, arg(metavar="SECONDS")] = 1.0,
    longest: Annotated[float | None, shown("SECONDS")] = None,
    most_similar: Annotated[float, arg(metavar="S")] = 0.8,
    person_detector: Annotated[
        DetectorName | Literal["none"] | None, arg(help_behavior_hint="")
    ] = None,
    matte: OptionalBackend = None,
    worst_camera: Literal["good", "doubtful"] = "good",
    time_limit: Annotated[float, arg(metavar="MINUTES")] = 60.0,
    release: Annotated[Path | None, shown("FILE")] = None,
    from_release: Annotated[Path | None, shown("FILE")] = None,
) -> None:
    """Make clips to train on from raw videos, with a reason for everything that is dropped.

    Stopped at any moment and started again, it goes on where it was.

    Args:
        source: videos, folders of them, or lists (.csv, .parquet) with a column url or path; local
            or any URL that fsspec knows. With --from-release, folders to look for its videos in.
        out: folder of the data set.
        work: folder of finished work (default: .work in the data set); all machines of a cluster
            must see it.
        workers: cores of this machine to use (default: all).
        ray_address: a Ray cluster to run on (default: this machine).
        in_process: one clip after the other in one process, without Ray.
        min_height: smaller videos are dropped.
        shortest: shorter shots are dropped.
        longest: longer shots are divided.
        most_similar: clips that move less are dropped: the mean similarity (SSIM) of frames half a
            second apart.
        person_detector: who finds people; none: clips are kept whoever is in them (default: the
            best whose weights were fetched before).
        matte: who cuts the person out (default: as dynascene matte).
        worst_camera: the least verdict on a tracked camera that is kept.
        time_limit: a clip is dropped by the stage that takes longer for it.
        release: also write this table, from which others rebuild the data set without its media;
            without SOURCE: of the data set as it stands, with what people said of its clips.
        from_release: rebuild the clips of such a table, with its cameras.
    """
    from dynascene.curation.output.dataset import check_place, read_manifest_of
    from dynascene.curation.output.release import sources_of_release
    from dynascene.curation.plan import Options, full_plan, rebuilding_plan
    from dynascene.curation.sources.listing import find_sources

    _check(source, workers, ray_address, in_process, from_release or release)
    _check_limits(min_height, shortest, longest, most_similar, time_limit)
    _check_release(release, out)
    if release and not source and not from_release:
        _release(read_manifest_of(out), out, release)
        return
    check_place(out)
    place = work or out / WORK
    options = Options(
        min_height,
        shortest,
        longest,
        most_similar,
        person_detector,
        matte,
        worst_camera,
        time_limit,
    )
    if from_release:
        sources = sources_of_release(from_release, [Path(folder) for folder in source])
        plan = rebuilding_plan(from_release, options, place / "fetched")
    else:
        sources = find_sources(source, but=out)
        plan = full_plan(options, place / "fetched")
    clips = _run(sources, plan, place, in_process, ray_address, workers)
    table = _write(clips, out, len(sources), rebuilt=from_release is not None)
    if release:
        _release(table, out, release)


def _run(
    sources: Sequence[Source],
    plan: Plan,
    work: Path,
    in_process: bool,
    address: str | None,
    workers: int | None,
) -> list[Clip]:
    from dynascene.curation.engine.loop import Loop
    from dynascene.curation.engine.ray import ray_started
    from dynascene.curation.engine.store import Store
    from dynascene.curation.pipeline import run_plan
    from dynascene.interfaces.cli.curation_display import RunDisplay

    started = Loop() if in_process else ray_started(address, workers)
    with started as engine:
        return run_plan(sources, plan, Store(work.resolve()), engine, RunDisplay())


def _write(clips: Sequence[Clip], out: Path, videos: int, *, rebuilt: bool) -> Table:
    """The data set of a run; returns its manifest."""
    from dynascene.curation.output.dataset import write_dataset
    from dynascene.curation.output.release import write_links
    from dynascene.curation.reports.card import write_card
    from dynascene.curation.reports.tagger import tagger_at_hand
    from dynascene.interfaces.cli.display import say

    table = write_dataset(clips, out)
    write_card(table, out, tagger_at_hand())
    if rebuilt:
        states = write_links(clips, out)
        say(f"{out}: sources {', '.join(f'{n} {state}' for state, n in sorted(states.items()))}")
    kept = sum(clip.kept for clip in clips)
    lost = kept - sum(split is not None for split in table.column("split").to_pylist())
    people = f", {lost} of them taken out by people" if lost else ""
    say(f"{out}: {len(clips)} clips of {videos} videos, {kept} kept{people}")
    return table


def _release(table: Table, out: Path, path: Path) -> None:
    from dynascene.curation.output.release import write_release
    from dynascene.curation.votes.verdict_rule import OUTCOME, counted
    from dynascene.interfaces.cli.display import say

    write_release(table, out, path)
    kept = sum(split is not None for split in table.column("split").to_pylist())
    asked = OUTCOME in table.column_names
    people = f"; people: {counted(table)}" if asked else "; people were not asked"
    say(f"{path}: {len(table)} clips, {kept} kept{people}")
    if waiting := _votes_waiting(table, out):
        say(
            f"{path}: lacks newer votes, on {waiting} of the clips; to have them in it: 'dynascene "
            f"verify {out} --apply', then 'dynascene curate --out {out} --release {path}'"
        )


def _votes_waiting(table: Table, out: Path) -> int:
    """Clips that people voted on in the data set's own votes, and the manifest does not tell it."""
    from dynascene.curation.votes.tally import VOTES_FILE
    from dynascene.curation.votes.verdict_rule import differing
    from dynascene.interfaces.cli.verification import check_installed

    if not (out / VOTES_FILE).is_file():
        return 0
    check_installed()
    from dynascene.curation.votes.store import open_votes

    return differing(table, open_votes(out / VOTES_FILE).tallies())


def _check_release(release: Path | None, out: Path) -> None:
    """Before hours of work, not after them."""
    if release is None:
        return
    if release.is_dir():
        raise InputError(f"--release {release}: is a folder; name a file in it")
    if not release.parent.is_dir() and release.parent.resolve() != out.resolve():
        raise InputError(f"--release {release}: the folder {release.parent} does not exist")


def _check(
    source: Sequence[str],
    workers: int | None,
    address: str | None,
    in_process: bool,
    instead: Path | None,
) -> None:
    """instead: of a source."""
    if not source and instead is None:
        raise InputError("name a video, a folder or a list, or --from-release FILE")
    if workers is not None and workers < 1:
        raise InputError(f"--workers {workers}: must be 1 or more")
    if in_process and (workers or address):
        raise InputError("--in-process uses no Ray: leave out --workers and --ray-address")
    if workers and address:
        raise InputError("--workers is for this machine; a cluster knows its own cores")


def _check_limits(
    height: int, shortest: float, longest: float | None, similar: float, minutes: float
) -> None:
    if height < 0:
        raise InputError(f"--min-height {height}: must be 0 or more")
    if not 0 <= shortest < math.inf:
        raise InputError(f"--shortest {shortest:g}: must be 0 seconds or more")
    if longest is not None and not max(shortest, 0) < longest < math.inf:
        raise InputError(f"--longest {longest:g}: must be more than --shortest {shortest:g}")
    if not 0 < similar <= 1:
        raise InputError(f"--most-similar {similar:g}: must be more than 0, and 1 at most")
    if not 0 < minutes <= LONGEST:
        raise InputError(f"--time-limit {minutes:g}: must be more than 0, and {LONGEST} at most")


COMMANDS = {"curate": curate}
