"""``dynascene evaluate``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Positional, arg

from dynascene.devices import choose_device
from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import Switch, optional
from dynascene.interfaces.cli.evaluation_options.clips import ClipOptions
from dynascene.interfaces.cli.evaluation_options.instead import InsteadOptions
from dynascene.interfaces.cli.evaluation_options.measures import MeasureOptions
from dynascene.interfaces.cli.evaluation_options.sampling import SamplingOptions
from dynascene.interfaces.cli.exclusions import drop_unset

if TYPE_CHECKING:  # imported where they are made: --help must not wait for torch
    from dynascene.evaluation.protocol import EvaluatedSystem
    from dynascene.evaluation.systems import SamplingSettings
    from dynascene.evaluation.table import Table
    from dynascene.jobs.log import Log


def evaluate(
    systems: Annotated[Positional[tuple[str, ...]], optional("SYSTEM…")],
    /,
    *,
    clips: ClipOptions,
    measures: MeasureOptions,
    sampling: SamplingOptions,
    instead: InsteadOptions,
    external: Annotated[tuple[str, ...], optional("NAME=DIR…")] = (),
    out: Annotated[Path, arg(metavar="DIR")],
    quiet: Switch = False,
    json: Switch = False,
) -> None:
    """Measure backgrounds against the truth: accuracy, distribution, flicker, camera obedience.

    Args:
        systems: still, projection, small, or a folder or hub id of weights; one or several. Weights
            with :memory behind them (small:memory) paint the scene memory, as generate does; with
            :fill they show what is left without their denoiser, with :shuffled what they do when
            told the poses in a wrong order.
        external: rows of videos made elsewhere: their name and a folder with a video, a folder of
            pictures or a .npy for each clip, named as its folder of --write-inputs.
        out: folder of metrics.json, benchmark.json, clips.parquet, the tables (.md, .tex, .html)
            and sheet.png.
        quiet: no progress and no notices on standard error.
        json: print the result as JSON: the paths and the report.
    """
    from dynascene.evaluation.table import print_tables
    from dynascene.extras import require
    from dynascene.interfaces.cli.display import open_display, read_report, say_result
    from dynascene.jobs.log import Log

    require("train", "an evaluation", ["pyarrow"])
    choose_device(sampling.device)
    others = drop_unset({"samples": sampling.samples, **measures.settings(), "external": external})
    instead.check_alone(clips, list(others))
    settings = {**measures.settings(), "sampling": sampling.settings()}
    log = Log(open_display(quiet))
    if instead.write_inputs:
        listing = _write_inputs(systems, clips, out, log)
        say_result(str(listing), lambda: {"folder": out, "listing": listing}, json)
        return
    if not systems and not external:
        raise InputError("evaluate: name at least one system, such as projection or small")
    settings |= clips.settings()  # a benchmark is read before weights are fetched
    rows = _open_rows(systems, external, settings["sampling"], log)
    tables = _measure(rows, settings, instead, out, log)
    if not json:
        print_tables(tables)
    paths = {"folder": out, "table": out / "table.md", "sheet": out / "sheet.png"}
    say_result(
        f"{paths['table']}  (look at {paths['sheet']} too)",
        lambda: {**paths, "report": read_report(out / "metrics.json")},
        json,
    )


def _write_inputs(systems: Sequence[str], clips: ClipOptions, out: Path, log: Log) -> Path:
    """What systems may see of every clip, into a folder; returns its listing."""
    from dynascene.evaluation.clip_inputs import LISTING, write_inputs
    from dynascene.evaluation.opening import open_clips
    from dynascene.evaluation.request import EvaluationRequest

    if systems:
        raise InputError("`write_inputs`: measures nothing; leave out the systems")
    write_inputs(open_clips(EvaluationRequest([], **clips.settings())), out, log)
    return out / LISTING


def _open_rows(
    systems: Iterable[str], external: Iterable[str], sampling: SamplingSettings, log: Log
) -> list[EvaluatedSystem]:
    """One of each name. Raises InputError for a name or a folder that is none."""
    from dynascene.interfaces.cli.system_names import open_external, open_system

    with log.stage("weights"):
        rows = [open_system(text, sampling) for text in dict.fromkeys(systems)]
        return rows + [open_external(text) for text in dict.fromkeys(external)]


def _measure(
    rows: list[EvaluatedSystem],
    settings: dict[str, Any],
    instead: InsteadOptions,
    out: Path,
    log: Log,
) -> list[Table]:
    """The tables of the kind of measurement that is asked for.

    Args:
        rows: the systems.
        settings: of an ``EvaluationRequest``.
        instead: what is measured in its place.
        out: folder of the results.
        log: for progress.
    """
    from dynascene.evaluation.gap_job import GapRequest, run_gap
    from dynascene.evaluation.job import run
    from dynascene.evaluation.long_pan_job import LongPanRequest, run_long_pans
    from dynascene.evaluation.request import EvaluationRequest

    own = {name: settings[name] for name in ("data", "seed", "imagery") if name in settings}
    if instead.gap is not None:
        return run_gap(GapRequest(rows, clips=instead.gap, **own), out, log)
    if instead.long_pans is not None:
        return run_long_pans(LongPanRequest(rows, clips=instead.long_pans, **own), out, log)
    return run(EvaluationRequest(rows, **settings), out, log)


COMMANDS = {"evaluate": evaluate}
