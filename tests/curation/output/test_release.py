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
from dynascene.curation.engine.loop import Loop
from dynascene.curation.engine.store import Store
from dynascene.curation.output.dataset import write_dataset
from dynascene.curation.output.links import link_states, write_links
from dynascene.curation.output.manifest import read_manifest
from dynascene.curation.output.release import (
    COLUMNS,
    read_release,
    sources_of_release,
    write_release,
)
from dynascene.curation.pipeline import Plan, run_plan
from dynascene.curation.stages.recorded import RecordedStage
from dynascene.curation.votes.tally import Tally
from dynascene.curation.votes.verdict_rule import RULE, Rule, with_outcomes
from dynascene.errors import InputError
from dynascene.interfaces.cli.curation_display import RunDisplay

TEXTS = ("9 3 7", "2", "6", "8 1")


class Cameras(Tiny):
    """Makes shots of the words of a text, tracks each, and drops what is shorter than 5."""

    name = "camera"

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        clips, start = [], 0
        for number, length in enumerate(map(int, clip.video.read_text().split())):
            (folder / f"{number}").mkdir()
            (folder / f"{number}/cameras.txt").write_text(f"camera of {length}")
            shot = replace(clip, start=start, stop=start + length)
            shot = shot.with_values("probe", fps=30.0).with_files(cameras=f"{number}/cameras.txt")
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
        (
            Path(c.source.location).name,
            c.start,
            c.stop,
            Path(c.files["cameras"]).read_text(encoding="utf-8"),
        )
        for c in clips
        if c.is_kept
    ]


@pytest.fixture
def released(tmp_path: Path) -> Path:
    sources = tiny_sources(tmp_path / "in" / "deep", TEXTS)
    sources += tiny_sources(tmp_path / "in" / "other", ("5",))
    sources[0] = replace(sources[0], licence="CC0")
    clips = curated(sources, Cameras(), tmp_path / "first")
    return release_of(write_dataset(clips, tmp_path / "set"), tmp_path / "set")


def release_of(table: pa.Table, folder: Path) -> Path:
    """The release of a data set, beside it."""
    write_release(table, folder, folder.with_suffix(".parquet"))
    return folder.with_suffix(".parquet")


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
    again = curated(sources, RecordedStage.of(released), tmp_path / "second")
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
    again = curated(sources, RecordedStage.of(released), tmp_path / "second")
    rebuilt = release_of(write_dataset(again, tmp_path / "again"), tmp_path / "again")
    kept = [row for row in read_release(released).to_pylist() if row["kept"]]
    assert read_release(rebuilt).to_pylist() == kept
    cameras = sorted((tmp_path / "again").glob("clips/*/*/cameras.txt"))
    assert len(cameras) == len(kept)  # under the name by which a data set is read


def test_what_people_said_is_released_and_only_what_they_left_is_rebuilt(
    released: Path, tmp_path: Path
) -> None:
    table = read_manifest(tmp_path / "set")
    assert "people_verdict" not in read_release(released).column_names
    names = table["clip"].to_pylist()
    kept = [name for name, path in zip(names, table["path"].to_pylist(), strict=True) if path]
    tallies = {kept[0]: Tally(good=2), kept[1]: Tally(bad=2, unsure=1), kept[2]: Tally(1, 1, 1)}
    said = with_outcomes(table, tallies, Rule(2, 3))
    judged = read_release(release_of(said, tmp_path / "set"))
    rows = {row["cameras"]: row for row in judged.to_pylist() if row["cameras"]}
    assert [row["people_verdict"] for row in rows.values()] == [
        "accepted", "rejected", "disputed", "open", "open",
    ]  # fmt: skip
    bad = rows["camera of 7"]
    assert (bad["kept"], bad["stage"], bad["code"]) == (False, "people", "rejected")
    assert bad["reason"] == "people: rejected; 0 good, 2 bad, 1 unsure"
    assert (bad["votes_good"], bad["votes_bad"], bad["votes_unsure"]) == (0, 2, 1)
    assert b'"rule": "2/3"' in judged.schema.metadata[RULE]

    again = curated(
        sources_of_release(released, [tmp_path / "in"]),
        RecordedStage.of(released),
        tmp_path / "second",
    )
    assert [camera for *_, camera in told(again)] == [c for c in rows if c != "camera of 7"]
    assert again[0].values["recorded.people_verdict"] == "accepted"
    assert again[0].values["recorded.votes_good"] == 2
    strict = with_outcomes(table, tallies, Rule(2, 3), only_accepted=True)
    codes = {row["code"] for row in read_release(release_of(strict, tmp_path / "set")).to_pylist()}
    assert codes == {None, "short", "rejected", "disputed", "open"}
    with_all_back = with_outcomes(strict, {}, Rule(2, 3))
    kept_again = read_release(release_of(with_all_back, tmp_path / "set"))["kept"].to_pylist()
    assert kept_again.count(True) == 5


def test_no_reason_tells_where_videos_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def clip(location: str) -> Clip:
        return Clip(Source(location, sha256=location), Path(location), 0, 9, {"probe.fps": 30.0})

    place = tmp_path / "private"
    first, second = (clip(f"{place}/{name}.mp4") for name in ("deep/a", "b"))
    relative = clip("private/c.mp4").rejected("probe", "damaged", "private/c.mp4: is odd")
    again = second.rejected("duplicates", "duplicate", f"shows the same as {place}/deep/a.mp4")
    monkeypatch.chdir(tmp_path)
    table = write_dataset([first, again, relative], tmp_path / "set")
    rows = read_release(release_of(table, tmp_path / "set")).to_pylist()
    assert [row["location"] for row in rows] == ["deep/a.mp4", "b.mp4", "c.mp4"]
    assert [row["reason"] for row in rows] == [
        None,
        "shows the same as deep/a.mp4",
        "c.mp4: is odd",
    ]


def test_a_data_set_whose_camera_is_gone_is_not_released(released: Path, tmp_path: Path) -> None:
    table = read_manifest(tmp_path / "set")
    next((tmp_path / "set").glob("clips/*/*/cameras.txt")).unlink()
    before = released.read_bytes()
    with pytest.raises(InputError, match=r"cameras\.txt: cannot be read"):
        release_of(table, tmp_path / "set")
    assert released.read_bytes() == before
    with pytest.raises(InputError, match="is no data set: it has no manifest"):
        read_manifest(tmp_path / "in")


def test_rotten_links_are_named_each_with_what_is_wrong(released: Path, tmp_path: Path) -> None:
    (tmp_path / "in/deep/002.txt").unlink()
    (tmp_path / "in/deep/003.txt").write_text("8 2")
    sources = sources_of_release(released, [tmp_path / "in"])
    again = curated(sources, RecordedStage.of(released), tmp_path / "second")
    assert write_links(again, tmp_path) == {"readable": 2, "missing": 1, "changed": 1}
    with (tmp_path / "links.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {Path(row["location"]).name: row["state"] for row in rows if row["reason"]} == {
        "002.txt": "missing",
        "003.txt": "changed",
    }
    assert [name for name, *_ in told(again)] == ["000.txt", "000.txt", "000.txt"]


def test_urls_stay_urls(tmp_path: Path) -> None:
    clip = Clip(Source("https://example.org/a.mp4", sha256="0" * 64), Path("x"), 3, 9)
    release = release_of(write_dataset([clip], tmp_path / "set"), tmp_path / "set")
    (source,) = sources_of_release(release, [tmp_path])
    assert source == clip.source
    assert read_release(release).to_pylist()[0]["start"] is None  # rate unknown


def test_what_is_no_release_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^\S+: no such file$"):
        read_release(tmp_path / "gone.parquet")
    (tmp_path / "text.parquet").write_text("text")
    with pytest.raises(InputError, match="is no release that can be read"):
        RecordedStage.of(tmp_path / "text.parquet")
    pq.write_table(pa.table({"location": ["a"]}), tmp_path / "other.parquet")
    with pytest.raises(InputError, match="has no column 'licence'"):
        read_release(tmp_path / "other.parquet")
    pq.write_table(COLUMNS.empty_table(), tmp_path / "empty.parquet")
    with pytest.raises(InputError, match="keeps no clip"):
        sources_of_release(tmp_path / "empty.parquet")
