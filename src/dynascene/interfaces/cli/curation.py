"""``dynascene curate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, arg

from dynascene.errors import InputError
from dynascene.estimators.names import DetectorName
from dynascene.extras import require
from dynascene.interfaces.cli.arguments import OptionalBackend, alternatives, optional

if TYPE_CHECKING:  # imported where they are used: --help must not wait for torch
    from dynascene.curation.engine.choice import EngineChoice
    from dynascene.curation.job import CurationResult, ReleaseSummary


def curate(
    source: Annotated[Positional[tuple[str, ...]], arg(metavar="SOURCE…")] = (),
    /,
    *,
    out: Annotated[Path, arg(metavar="DATASET")],
    work: Annotated[Path | None, optional("DIR")] = None,
    workers: Annotated[int | None, optional("N")] = None,
    ray_address: Annotated[str | None, optional("HOST:PORT")] = None,
    in_process: bool = False,
    min_height: Annotated[int, arg(metavar="PIXELS")] = 1080,
    shortest: Annotated[float, arg(metavar="SECONDS")] = 1.0,
    longest: Annotated[float | None, optional("SECONDS")] = None,
    most_similar: Annotated[float, arg(metavar="S")] = 0.8,
    most_similar_background: Annotated[float, arg(metavar="S")] = 0.8,
    person_detector: Annotated[
        DetectorName | Literal["none"] | None, optional(f"{alternatives(DetectorName)}|none")
    ] = None,
    matte_backend: OptionalBackend = None,
    poses: Annotated[bool, arg(help_behavior_hint="")] = False,
    worst_camera: Literal["good", "doubtful"] = "good",
    time_limit: Annotated[float, arg(metavar="MINUTES")] = 60.0,
    release: Annotated[Path | None, optional("FILE")] = None,
    from_release: Annotated[Path | None, optional("FILE")] = None,
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
        min_height: videos whose shorter side has fewer pixels are dropped.
        shortest: shorter shots are dropped.
        longest: longer shots are divided.
        most_similar: clips that move less are dropped: the mean similarity (SSIM) of frames half a
            second apart.
        most_similar_background: the same of what lies off the person.
        person_detector: who finds people; none: clips are kept whoever is in them (default: the
            best whose weights were fetched before).
        matte_backend: how the person is cut out (default: as dynascene matte).
        poses: clips carry the person's body pose, as dynascene pose reads it.
        worst_camera: the least verdict on a tracked camera that is kept.
        time_limit: a clip is dropped by the stage that takes longer for it.
        release: also write this table, from which others rebuild the data set without its media;
            without SOURCE: of the data set as it stands, with what people said of its clips.
        from_release: rebuild the clips of such a table, with its cameras; of the settings only
            --matte-backend, --person-detector and --time-limit count then.
    """
    require("curation", "curation", ["pyarrow", "fsspec", "scenedetect"])
    from dynascene.curation import job
    from dynascene.curation.plan import CurationOptions
    from dynascene.interfaces.cli.curation_display import RunDisplay

    engine = _engine(in_process, ray_address, workers)
    options = CurationOptions(
        min_height=min_height,
        shortest=shortest,
        longest=longest,
        most_similar=most_similar,
        most_similar_background=most_similar_background,
        person_detector=person_detector,
        matte=matte_backend,
        poses=poses,
        worst_camera=worst_camera,
        time_limit=time_limit,
    )
    if release and not source and not from_release:
        _say_release(job.release_dataset(out, release), out)
        return
    request = job.CurationRequest(
        sources=source,
        out=out,
        options=options,
        work=work,
        engine=engine,
        release=release,
        from_release=from_release,
    )
    _say_result(job.curate(request, RunDisplay()))


def _engine(in_process: bool, address: str | None, workers: int | None) -> EngineChoice:
    from dynascene.curation.engine.choice import InProcess, LocalRay, RayCluster

    if in_process and (workers is not None or address):
        raise InputError("--in-process uses no Ray: leave out --workers and --ray-address")
    if workers is not None and address:
        raise InputError("--workers is for this machine; a cluster knows its own cores")
    if in_process:
        return InProcess()
    return RayCluster(address) if address else LocalRay(workers)


def _say_result(result: CurationResult) -> None:
    from dynascene.interfaces.cli.display import say

    out = result.dataset
    if result.links is not None:
        states = ", ".join(f"{count} {state}" for state, count in sorted(result.links.items()))
        say(f"{out}: sources {states}")
    removed = result.removed_by_people
    people = f", {removed} of them taken out by people" if removed else ""
    say(
        f"{out}: {len(result.manifest)} clips of {result.videos} videos, "
        f"{result.clips_kept} kept{people}"
    )
    if result.release is not None:
        _say_release(result.release, out)


def _say_release(release: ReleaseSummary, out: Path) -> None:
    from dynascene.curation.votes.verdict_rule import counts_text
    from dynascene.interfaces.cli.display import say

    path, outcomes = release.path, release.outcomes
    people = "people were not asked" if outcomes is None else f"people: {counts_text(outcomes)}"
    say(f"{path}: {release.clips} clips, {release.clips_used} kept; {people}")
    if release.pending:
        say(
            f"{path}: lacks newer votes, on {release.pending} of the clips; to have them in it: "
            f"'dynascene verify {out} --apply', then 'dynascene curate --out {out} --release "
            f"{path}'"
        )


COMMANDS = {"curate": curate}
