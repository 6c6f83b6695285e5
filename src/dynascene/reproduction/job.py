"""From finished rows to a folder with the paper's tables and figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from dynascene.evaluation.gap_sheet import opposite_moves_sheet
from dynascene.evaluation.gap_systems import SampledFollower, follower, further_inputs
from dynascene.evaluation.metrics.measures import VERSION
from dynascene.evaluation.projected_followers import ProjectedFollower
from dynascene.evaluation.systems import Trained
from dynascene.evaluation.table import Table
from dynascene.evaluation.table_formats import PAGES
from dynascene.generation.weights import load_weights
from dynascene.imaging.sheet import stack_sheets
from dynascene.io.images import write_png
from dynascene.jobs.result_folder import result_folder
from dynascene.models.sizes import MICRO, SD15
from dynascene.reproduction.agreement import agreement_note, compare_pairs
from dynascene.reproduction.figure9 import illumination_sheet
from dynascene.reproduction.light_page import pairs_of
from dynascene.reproduction.lineups import lineups_of
from dynascene.reproduction.materials import Identity, ReproductionRequest
from dynascene.reproduction.opposite_cameras import filmed_moves, opposite_cameras_sheet
from dynascene.reproduction.page import page_tables
from dynascene.reproduction.plan import PERSON_TOO, RAYS, PlannedRow
from dynascene.reproduction.relit_scenes import RelitScenes
from dynascene.reproduction.results import read_plain, read_results, write_clips
from dynascene.reproduction.steps import SEED, RowSteps
from dynascene.synthetic.shots.moved_clips import moved_clips
from dynascene.synthetic.shots.moved_shots import MOVES, MovedShots
from dynascene.synthetic.shots.short_shots import ShortShots

MANIFEST, CLIPS, SHEET = "manifest.json", "clips.parquet", "sheet.png"
FIGURE_9, FIGURE_10 = "figure9.png", "figure10.png"
OUTPUTS = [MANIFEST, CLIPS, *PAGES, SHEET, FIGURE_9, FIGURE_10]


def write_tables(
    steps: Sequence[RowSteps], request: ReproductionRequest, identity: Identity, out: Path
) -> list[Table]:
    """Write what the finished rows give: ``out`` is complete afterwards, or untouched.

    manifest.json says what was measured on what; clips.parquet has every clip's figures; the tables
    are Markdown, LaTeX and HTML; the pictures are a contact sheet and Figures 9 and 10.

    Returns:
        The tables; none where no row is finished, and then nothing is written.
    """
    results = read_results(steps)
    if not results:
        return []
    tables = page_tables(results, read_plain(steps))
    unfinished = [each for each in steps if not each.is_done]
    lineups = lineups_of(results)
    notes = [
        *page_notes(request, [each.row for each in steps], unfinished),
        *(
            agreement_note(lineup, from_nothing=request.size != SD15)
            for lineup in lineups
            if len(lineup.published) > 1
        ),
    ]
    with result_folder(out, OUTPUTS, listing=MANIFEST) as folder:
        shares = _write_figures(steps, request, folder)
        _write_figure_9(steps, request, folder)
        write_clips(results, folder / CLIPS)
        for name, page in PAGES.items():
            text = page(tables, f"The paper's tables at size {request.size.name}", notes)
            (folder / name).write_text(text, encoding="utf-8")
        manifest = {
            "identity": asdict(identity),
            "size": request.size.name,
            "test_clips": request.test_clips,
            "seconds": {text: request.seconds_of(text) for text in request.benchmarks},
            "seed": SEED,
            "metric_version": VERSION,
            "rows": {
                each.name: dict((each.stages or each.results)[-1].inputs)
                for each in steps
                if each.is_done
            },
            "unfinished": [each.name for each in unfinished],
            "agreement": {
                lineup.title: [pair.to_json() for pair in compare_pairs(lineup)]
                for lineup in lineups
            },
            "figure_10": shares,
            "outputs": [name for name in OUTPUTS if (folder / name).exists()] + [MANIFEST],
        }
        text = json.dumps(manifest, indent=1, ensure_ascii=False)
        (folder / MANIFEST).write_text(text, encoding="utf-8")
    return tables


def page_notes(
    request: ReproductionRequest, rows: Sequence[PlannedRow], unfinished: Sequence[RowSteps]
) -> list[str]:
    """What has to be said beside the tables."""
    notes = [
        f"Size {request.size.name}: {request.size.frames} frames of "
        f"{request.size.resolution.width}×{request.size.resolution.height}; every row by its own "
        "recipe and loss, with the same clips, steps, batch and optimiser; further seeds stand in "
        "a table of their own. Figures with 95 % bootstrap intervals, which draw places; "
        "differences are paired.",
        "The camera gap is the PSNR along the true track minus that along the opposite one. "
        "Systems that are told no camera should have 0.",
        "The paper's own figures are of its data at 768×432 with published networks. Only orders "
        "and relative margins are compared with them: where they differ, size, data and length of "
        "training differ too, so it says that the order does not hold here, not that the paper "
        "errs.",
    ]
    lineups = {(entry.table, entry.lineup) for row in rows for entry in row.entries}
    if any(name == PERSON_TOO for _, name in lineups):
        notes.append(
            "Systems that make the person too are told a skeleton and a picture of the person, "
            "exact ones of rendered people, and Disentangled in place of a camera 50 points of the "
            "place, seen along the track whose camera the others are told, the opposite one for "
            "the gap. AnimateAnywhere is told nothing of the camera. Where nobody is in a clip, "
            "skeleton and picture are black, which their trainings do not show. They are judged "
            "by the background, as all rows are."
        )
    if request.size == MICRO and {(3, RAYS), (4, RAYS)} & lineups:
        notes.append(
            "Tables 3 and 4: our variant with shared rays, a departure, in the paper's stages and "
            "task mixes. In the paper's form hardly any camera is followed at this size, so what "
            "the tables vary would not show; its rows are made only by name. Their "
            "clips have a further light, which falls on the person too; rows of two stages share "
            "the steps out, the first on as many single frames a step."
        )
    if unfinished:
        names = ", ".join(each.name for each in unfinished)
        notes.append(f"Not finished yet, and missing above: {names}.")
    return notes


def _write_figures(
    steps: Sequence[RowSteps], request: ReproductionRequest, folder: Path
) -> dict[str, dict[str, dict[str, float]]]:
    """The contact sheet and Figure 10 of finished rows without a guide, one seed of each."""
    drawn = [
        each
        for each in steps
        if each.is_done and each.stages and each.seed == 0 and not each.row.guided
    ]
    if not drawn:
        return {}
    size = request.size
    followers = {each.row.name: _follower(each) for each in drawn}
    moved = MovedShots(
        ShortShots(
            "test",
            size.resolution,
            size.frames,
            SEED,
            folder=request.imagery,
            inputs=further_inputs(followers.values()),
        )
    )
    clips = [moved[index] for index in range(len(MOVES))]
    sheet = opposite_moves_sheet(
        [ProjectedFollower(), *followers.values()],
        [moved_clips(clips)],
        [clip.move for clip in clips],
        SEED,
    )
    write_png(folder / SHEET, sheet)
    chosen = [each for each in drawn if _in_figure(each.row)] or drawn
    picture, shares = opposite_cameras_sheet(
        [followers[each.row.name] for each in chosen], filmed_moves(moved), SEED
    )
    write_png(folder / FIGURE_10, picture)
    return shares


def _in_figure(row: PlannedRow) -> bool:
    """Figure 10 shows what is to follow the camera, and what it is compared with."""
    return any((entry.table, entry.lineup) == (2, RAYS) for entry in row.entries)


def _write_figure_9(steps: Sequence[RowSteps], request: ReproductionRequest, folder: Path) -> None:
    """Of each lineup in which both rows are finished."""
    done = {(e.row.name, e.seed): e for e in steps if e.is_done and e.relit}
    scenes = RelitScenes(request.test_clips, request.size, SEED, request.imagery)
    sheets = [
        illumination_sheet(
            {label: _follower(done[row.row.name, row.seed]) for label, row in pair.items()},
            scenes,
            SEED,
        )
        for pair in pairs_of(read_results(list(done.values()))).values()
    ]
    if sheets:
        write_png(folder / FIGURE_9, stack_sheets(sheets))


def _follower(steps: RowSteps) -> SampledFollower:
    assert steps.weights is not None, "drawn rows are trained"
    return follower(Trained(steps.row.name, load_weights(steps.weights.path)))
