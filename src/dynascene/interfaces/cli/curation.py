"""``dynascene curate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from dynascene.extras import require
from dynascene.interfaces.cli.arguments import optional
from dynascene.interfaces.cli.curation_options.criteria import CriteriaOptions
from dynascene.interfaces.cli.curation_options.engine import EngineOptions
from dynascene.phrases import count_of

if TYPE_CHECKING:  # imported where they are used: --help must not wait for torch
    from dynascene.curation.job import CurationResult, ReleaseSummary


def curate(
    source: Annotated[Positional[tuple[str, ...]], optional("SOURCE…")] = (),
    /,
    *,
    criteria: CriteriaOptions,
    engine: EngineOptions,
    out: Annotated[Path, arg(metavar="DATASET")],
    release: Annotated[Path | None, optional("FILE")] = None,
    from_release: Annotated[Path | None, optional("FILE")] = None,
) -> None:
    """Make clips to train on from raw videos, with a reason for everything that is dropped.

    Stopped at any moment and started again, it goes on where it was.

    Args:
        source: videos, folders of them, or lists (.csv, .parquet) with a column url or path; local
            or any URL that fsspec knows. With --from-release, folders to look for its videos in.
        out: folder of the data set.
        release: also write this table, from which others rebuild the data set without its media;
            without SOURCE: of the data set as it stands, with what people said of its clips.
        from_release: rebuild the clips of such a table, with its cameras; of the settings only
            --matte-backend, --person-detector and --time-limit count then.
    """
    require("curation", "curation", ["pyarrow", "fsspec", "scenedetect"])
    from dynascene.curation import job
    from dynascene.interfaces.cli.curation_display import RunDisplay

    machines, options = engine.choice(), criteria.options()
    if release and not source and not from_release:
        _say_release(job.release_dataset(out, release), out)
        return
    request = job.CurationRequest(
        sources=source,
        out=out,
        options=options,
        work=engine.work,
        engine=machines,
        release=release,
        from_release=from_release,
    )
    _say_result(job.curate(request, RunDisplay()))


def _say_result(result: CurationResult) -> None:
    from dynascene.interfaces.cli.display import say

    out = result.dataset
    if result.links is not None:
        states = ", ".join(f"{count} {state}" for state, count in sorted(result.links.items()))
        say(f"{out}: sources {states}")
    removed = result.removed_by_people
    people = f", {removed} of them taken out by people" if removed else ""
    say(
        f"{out}: {count_of(len(result.manifest), 'clip')} of {count_of(result.videos, 'video')}, "
        f"{result.clips_kept} kept{people}"
    )
    if result.release is not None:
        _say_release(result.release, out)


def _say_release(release: ReleaseSummary, out: Path) -> None:
    from dynascene.curation.votes.verdict_rule import counts_text
    from dynascene.interfaces.cli.display import say

    path, outcomes = release.path, release.outcomes
    people = "people were not asked" if outcomes is None else f"people: {counts_text(outcomes)}"
    say(f"{path}: {count_of(release.clips, 'clip')}, {release.clips_used} kept; {people}")
    if release.pending:
        say(
            f"{path}: lacks newer votes, on {release.pending} of the clips; to have them in it: "
            f"'dynascene verify {out} --apply', then 'dynascene curate --out {out} --release "
            f"{path}'"
        )


COMMANDS = {"curate": curate}
