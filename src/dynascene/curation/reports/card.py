"""The data set's card: its size, content and sources, and what was dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dynascene.curation.reports.funnel import (
    SHARE,
    SIMILARITY,
    STAGES,
    TRAVEL,
    TURN,
    draw_funnel,
    funnel_of,
    hours_of,
    numbers,
    reasons_of,
)
from dynascene.curation.reports.tagger import Tagger, frequent_elements
from dynascene.io.atomic import write_text
from dynascene.io.images import read_image

CARD, FUNNEL = "README.md", "funnel.png"
MOST_SIZES = 6
MOST_TAGGED = 2000  # clips, evenly spread; more hardly change the order
UNKNOWN = "not told"
# The paper's Table 1
PAPER_ROWS = (
    ("DynaScene (paper)", "204,957", "≥ 1080p", "per-frame pose", "filmed", "0.64"),
    ("HumanVid (paper's figure)", "", "", "", "", "0.74"),
    ("BEDLAM (paper's figure)", "", "", "", "", "0.77"),
)


def write_card(
    table: pa.Table, out: Path, tagger: Tagger | None = None, stages: Sequence[str] = STAGES
) -> None:
    """Write ``README.md`` and ``funnel.png`` of a data set. The same data set gives the same files.

    Args:
        table: the manifest, as ``write_dataset`` returns it.
        out: folder of the data set, with the clips in place.
        tagger: names what the places show; None: the card says that there was none.
        stages: names of the stages, in order.

    Raises:
        InputError: a file cannot be read or written.
    """
    draw_funnel(table, out / FUNNEL, stages)
    elements = None if tagger is None else frequent_elements(_scenes(table, out), tagger)
    write_text(out / CARD, card_text(table, out.resolve().name, tagger, elements, stages))


def card_text(
    table: pa.Table,
    name: str,
    tagger: Tagger | None,
    elements: Sequence[tuple[str, int]] | None,
    stages: Sequence[str] = STAGES,
) -> str:
    """The card as Markdown.

    Args:
        table: the manifest.
        name: of the data set.
        tagger: that named the elements; None: none.
        elements: what the places show, with the number of clips of each.
        stages: names of the stages, in order.
    """
    clips = _clips_in_use(table)
    lengths = hours_of(clips)
    summary = (
        f"{len(clips):,} clips, {_duration(lengths.sum())}, from {_count(clips, 'source')} of "
        f"{_count(table, 'source')} videos; made by `dynascene curate`."
    )
    parts = [
        f"# {name}",
        summary,
        *_splits(clips),
        *_sizes(clips),
        *_cameras(clips),
        *_beside_the_paper(clips, name),
        *_dropped(table, stages),
        *_elements(tagger, elements),
        *_licences(clips),
        "## Reading it",
        "A folder for each clip: `video.mp4`, `matte.mp4` (white = person), `cameras.txt` "
        "(RealEstate10K), `scene.png` (its place, the person black), `meta.json`. "
        "`manifest.parquet` lists every clip that was looked at, kept or not, with what was "
        f"measured. `dynascene train dynascene.small --data {name}` reads it as it is.",
    ]
    return "\n\n".join(parts) + "\n"


def _clips_in_use(table: pa.Table) -> pa.Table:
    return table.filter(pc.field("split").is_valid())


def _splits(clips: pa.Table) -> Iterator[str]:
    yield "## Splits"
    rows = []
    for split in ("train", "val", "test"):
        part = clips.filter(pc.field("split") == split)
        rows.append(
            (split, f"{len(part):,}", _duration(hours_of(part).sum()), _count(part, "source"))
        )
    yield _markdown(("split", "clips", "length", "source videos"), rows)
    yield "Split by source video: no clip of a training video is in another split."


def _sizes(clips: pa.Table) -> Iterator[str]:
    sizes = zip(clips.column("width").to_pylist(), clips.column("height").to_pylist(), strict=True)
    counts = Counter(f"{width}×{height}" for width, height in sizes)
    yield "## Sizes"
    yield _markdown(("pixels", "clips"), _most(counts, MOST_SIZES))


def _cameras(clips: pa.Table) -> Iterator[str]:
    if "camera.kind" not in clips.column_names:
        return
    yield "## Cameras"
    rows = []
    for kind, count in _most(Counter(clips.column("camera.kind").to_pylist())):
        part = clips.filter(pc.field("camera.kind") == kind)
        rows.append((kind, count, _median(part, TURN, "{:.0f}°"), _median(part, TRAVEL, "{:.2f}")))
    yield _markdown(("camera", "clips", "turns by (median)", "travels (median depths)"), rows)


def _beside_the_paper(clips: pa.Table, name: str) -> Iterator[str]:
    yield "## Beside the paper's Table 1"
    heights = numbers(clips, "height")
    cameras = np.array(clips.column("has_camera").to_pylist(), bool)
    size = f"≥ {heights.min():.0f}p" if len(heights) else ""
    pose = "per-frame pose" if len(cameras) and cameras.all() else f"{cameras.sum()} with a pose"
    ours = (name, f"{len(clips):,}", size, pose, "filmed", _mean(clips, SIMILARITY))
    header = ("data set", "clips", "size", "camera", "type", "mean S")
    yield _markdown(header, [ours, *PAPER_ROWS])
    yield (
        "S is the mean SSIM of pictures half a second apart: the less, the more moves. The person "
        f"takes {_median(clips, SHARE, '{:.1%}') or 'an unknown part'} of the frame (median)."
    )


def _dropped(table: pa.Table, stages: Sequence[str]) -> Iterator[str]:
    yield "## What was dropped"
    yield f"![clips and hours after each stage, reasons, and what was measured]({FUNNEL})"
    steps = [
        (step.stage, f"{step.clips:,}", _duration(step.hours)) for step in funnel_of(table, stages)
    ]
    yield _markdown(("after", "clips", "length"), steps)
    reasons = [(r.stage, r.code, f"{r.clips:,}", _duration(r.hours)) for r in reasons_of(table)]
    if reasons:
        yield _markdown(("stage", "reason", "clips", "length"), reasons)
    if not any(column.startswith("person.") for column in table.column_names):
        yield "People were not counted: the test was left out."


def _elements(tagger: Tagger | None, elements: Sequence[tuple[str, int]] | None) -> Iterator[str]:
    yield "## The most frequent elements of the places"
    if tagger is None or elements is None:
        yield "Not told: no tagger was at hand (CLIP in a folder, or in the hub's cache)."
        return
    yield _markdown(("element", "clips"), elements)
    yield f"By {tagger.name}, zero-shot, on the scene pictures."


def _licences(clips: pa.Table) -> Iterator[str]:
    licences = [licence or UNKNOWN for licence in clips.column("licence").to_pylist()]
    yield "## Licences"
    yield _markdown(("licence", "clips"), _most(Counter(licences)))


def _scenes(table: pa.Table, out: Path) -> Iterator[np.ndarray]:
    paths = _clips_in_use(table).column("path").to_pylist()
    step = max(1, -(-len(paths) // MOST_TAGGED))
    for path in paths[::step]:
        yield read_image(out / path / "scene.png")[..., :3]


def _markdown(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(value: object) -> str:
    """Text for a table cell; a source's name must not break the table."""
    return " ".join(str(value).split()).replace("|", "\\|")


def _most(counts: Counter[str], most: int | None = None) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]


def _count(table: pa.Table, column: str) -> str:
    return f"{len(set(table.column(column).to_pylist())):,}"


def _measured(table: pa.Table, column: str) -> np.ndarray:
    values = numbers(table, column)
    return values[np.isfinite(values)]


def _median(table: pa.Table, column: str, form: str) -> str:
    values = _measured(table, column)
    return form.format(float(np.median(values))) if len(values) else ""


def _mean(table: pa.Table, column: str) -> str:
    values = _measured(table, column)
    return f"{values.mean():.2f}" if len(values) else ""


def _duration(hours: float) -> str:
    return f"{hours:,.1f} h" if hours >= 1 else f"{60 * hours:.1f} min"
