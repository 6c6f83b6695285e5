"""From a release and the sources the same clips come again, and rotten links are named."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tiny_stages import Tiny, opened, tiny_sources

from dynascene.curation.clip import Clip, Source
from dynascene.curation.engine_loop import Loop
from dynascene.curation.pipeline import Plan, run_plan
from dynascene.curation.release import (
    COLUMNS,
    Recorded,
    link_states,
    read_release,
    sources_of_release,
    write_links,
    write_release,
)
from dynascene.curation.store import Store
from dynascene.errors import InputError
from dynascene.interfaces.cli.curation_display import RunDisplay

TEXTS = ("9 3 7", "2", "6", "8 1")


class Cameras(Tiny):
    """Makes shots of the words of a text, tracks each, and drops what is shorter than 5."""

    name = "camera"

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        clips, start = [], 0
        for number, length in enumerate(map(int, clip.video.read_text().split())):
            (folder / f"{number}.txt").write_text(f"camera of {length}")
            shot = replace(clip, start=start, stop=start + length)
            shot = shot.with_values("probe", fps=30.0).with_files(cameras=f"{number}.txt")
            clips.append(
                shot if length >= 5 else shot.rejected(self.name, "short", "too short", length)
            )
            start += length
        return clips


def curated(sources: Sequence[Source], stage: object, work: Path) -> list[Clip]:
    plan = Plan(opened, (stage,), list, ())  # ty: ignore[invalid-argument-type]
    with Loop() as engine:
        return run_plan(sources, plan, Store(work), engine, RunDisplay())


def told(clips: Sequence[Clip]) -> list[tuple[str, int, int, str]]:
    """What of a clip a release has to bring back."""
    return [
        (Path(c.source.location).name, c.start, c.stop, Path(c.files["cameras"]).read_text())
        for c in clips
        if c.kept
    ]


@pytest.fixture
def released(tmp_path: Path) -> Path:
    sources = tiny_sources(tmp_path / "in" / "deep", TEXTS)
    sources += tiny_sources(tmp_path / "in" / "other", ("5",))
    sources[0] = replace(sources[0], licence="CC0")
    write_release(curated(sources, Cameras(), tmp_path / "first"), tmp_path / "release.parquet")
    return tmp_path / "release.parquet"


def test_a_release_tells_of_every_clip_and_of_no_place_on_this_machine(released: Path) -> None:
    rows = read_release(released).to_pylist()
    assert len(rows) == 8
    first, second = rows[:2]
    assert (first["location"], first["licence"]) == ("deep/000.txt", "CC0")
    assert (second["start"], second["end"]) == (9 / 30, 12 / 30)
    assert (second["kept"], second["stage"], second["code"]) == (False, "camera", "short")
    assert first["cameras"] == "camera of 9"
    assert str(released.parent) not in str(rows)


def test_the_same_clips_come_again_from_the_sources_elsewhere(
    released: Path, tmp_path: Path
) -> None:
    (tmp_path / "in").rename(tmp_path / "moved")
    sources = sources_of_release(released, [tmp_path / "nowhere", tmp_path / "moved"])
    again = curated(sources, Recorded.of(released), tmp_path / "second")
    assert told(again) == [
        ("000.txt", 0, 9, "camera of 9"),
        ("000.txt", 12, 19, "camera of 7"),
        ("002.txt", 0, 6, "camera of 6"),
        ("003.txt", 0, 8, "camera of 8"),
        ("000.txt", 0, 5, "camera of 5"),
    ]
    assert all(clip.values["probe.fps"] == 30.0 for clip in again)
    assert set(link_states(again).values()) == {"readable"}


def test_a_release_of_the_rebuilt_data_set_is_the_same_for_what_was_kept(
    released: Path, tmp_path: Path
) -> None:
    sources = sources_of_release(released, [tmp_path / "in"])
    again = curated(sources, Recorded.of(released), tmp_path / "second")
    write_release(again, tmp_path / "again.parquet")
    kept = [row for row in read_release(released).to_pylist() if row["kept"]]
    assert read_release(tmp_path / "again.parquet").to_pylist() == kept


def test_rotten_links_are_named_each_with_what_is_wrong(released: Path, tmp_path: Path) -> None:
    (tmp_path / "in/deep/002.txt").unlink()
    (tmp_path / "in/deep/003.txt").write_text("8 2")
    sources = sources_of_release(released, [tmp_path / "in"])
    again = curated(sources, Recorded.of(released), tmp_path / "second")
    assert write_links(again, tmp_path) == {"readable": 2, "missing": 1, "changed": 1}
    with (tmp_path / "links.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {Path(row["location"]).name: row["state"] for row in rows if row["reason"]} == {
        "002.txt": "missing",
        "003.txt": "changed",
    }
    assert [name for name, *_ in told(again)] == ["000.txt", "000.txt", "000.txt"]


def test_urls_stay_urls(tmp_path: Path) -> None:
    clip = Clip(Source("https://example.org/a.mp4", sha256="0" * 64), Path("x"), 3, 9)
    write_release([clip], tmp_path / "r.parquet")
    (source,) = sources_of_release(tmp_path / "r.parquet", [tmp_path])
    assert source == clip.source
    assert read_release(tmp_path / "r.parquet").to_pylist()[0]["start"] is None  # rate unknown


def test_what_is_no_release_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^\S+: no such file$"):
        read_release(tmp_path / "gone.parquet")
    (tmp_path / "text.parquet").write_text("text")
    with pytest.raises(InputError, match="is no release that can be read"):
        Recorded.of(tmp_path / "text.parquet")
    pq.write_table(pa.table({"location": ["a"]}), tmp_path / "other.parquet")
    with pytest.raises(InputError, match="has no column 'licence'"):
        read_release(tmp_path / "other.parquet")
    pq.write_table(COLUMNS.empty_table(), tmp_path / "empty.parquet")
    with pytest.raises(InputError, match="keeps no clip"):
        sources_of_release(tmp_path / "empty.parquet")
