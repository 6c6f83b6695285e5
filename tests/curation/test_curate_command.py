"""``dynascene curate`` from the command line, on small videos with known answers."""

import sys
from pathlib import Path

import pytest
from panned_footage import write_pan

from dynascene.curation.output.manifest import read_manifest
from dynascene.curation.output.release import read_release
from dynascene.curation.votes.store import open_votes
from dynascene.datasets.filmed.opening import clip_files, open_clip
from dynascene.datasets.filmed.survey import open_manifest
from dynascene.interfaces.cli.main import main

pytestmark = pytest.mark.usefixtures("cheap_stages")


def run(*arguments: object, command: str = "curate") -> int:
    """The exit code."""
    try:
        main([command, *map(str, arguments)])
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def curated(footage: Path, out: Path, *more: object) -> dict[str, str]:
    """What became of each video, by its name."""
    release = out.with_suffix(".parquet")
    options = ("--in-process", "--person-detector", "none", "--release", release)
    assert run(footage, "--out", out, *options, *more) == 0
    rows = read_release(release).to_pylist()
    return {row["location"]: row["code"] or "kept" for row in rows}


def test_each_video_gets_its_verdict_and_by_default_all_are_too_small(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    verdicts = curated(footage, tmp_path / "small", "--min-height", 90)
    assert verdicts["moving.mp4"] == "kept"
    assert verdicts["text.mp4"] == "not-a-video"
    assert verdicts["still.mp4"] not in ("kept", "error")
    assert "3 clips of 3 videos, 1 kept" in capsys.readouterr().out
    assert curated(footage, tmp_path / "large")["moving.mp4"] == "low-resolution"


def test_a_release_is_rebuilt_and_says_which_links_are_rotten(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    write_pan(footage / "other.mp4", 4, seed=1)
    curated(footage, tmp_path / "first", "--min-height", 90)
    (footage / "other.mp4").unlink()
    release = tmp_path / "first.parquet"
    place = ("--out", tmp_path / "second", "--in-process", "--person-detector", "none")
    again = ("--from-release", release, *place)
    assert run(footage, *again) == 0
    assert "1 missing, 1 readable" in capsys.readouterr().out
    assert "other.mp4,missing" in (tmp_path / "second" / "links.csv").read_text()


def test_a_verified_data_set_is_released_as_people_left_it(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """From videos through votes to a release, and from that to the clips that people kept."""
    write_pan(footage / "other.mp4", 4, seed=1)
    out, release = tmp_path / "set", tmp_path / "verified.parquet"
    curated(footage, out, "--min-height", 90)
    assert run("--out", out, "--release", release) == 0
    assert release.read_bytes() == (tmp_path / "set.parquet").read_bytes()
    assert "4 clips, 2 kept; people were not asked" in capsys.readouterr().out

    clips = {row["source"]: row["clip"] for row in read_manifest(out).to_pylist()}
    votes = open_votes(out / "votes.sqlite")
    for rater in ("Ada", "Bea"):
        votes.vote(clips[str(footage / "other.mp4")], rater, "bad")
        votes.vote(clips[str(footage / "moving.mp4")], rater, "good")
    assert run("--out", out, "--release", release) == 0
    assert "lacks newer votes, on 2 of the clips" in capsys.readouterr().out
    assert run(out, "--apply", command="verify") == 0
    assert run("--out", out, "--release", release) == 0
    said = capsys.readouterr().out
    assert "4 clips, 1 kept; people: 1 accepted, 1 rejected, 0 disputed, 0 open" in said
    assert "newer votes" not in said
    rows = {row["location"]: row for row in read_release(release).to_pylist()}
    assert rows["moving.mp4"]["people_verdict"] == "accepted"
    assert rows["other.mp4"]["reason"] == "people: rejected; 0 good, 2 bad, 0 unsure"
    assert rows["text.mp4"]["people_verdict"] is None
    assert curated(footage, out, "--min-height", 90)["other.mp4"] == "rejected"
    assert "2 kept, 1 of them taken out by people" in capsys.readouterr().out

    rebuilt, options = tmp_path / "rebuilt", ("--in-process", "--person-detector", "none")
    assert run(footage, "--from-release", release, "--out", rebuilt, *options) == 0
    (row,) = read_manifest(rebuilt).to_pylist()
    assert (Path(row["source"]).name, row["recorded.people_verdict"]) == ("moving.mp4", "accepted")
    manifest = open_manifest(rebuilt)
    assert open_clip(clip_files(manifest[0], manifest.storage)).has_camera


def test_a_data_set_among_its_sources_is_no_source(
    footage: Path, capsys: pytest.CaptureFixture
) -> None:
    for _ in range(2):
        curated(footage, footage / "set", "--min-height", 90)
        assert "3 clips of 3 videos, 1 kept" in capsys.readouterr().out


def test_clips_that_are_kept_no_longer_are_told(
    footage: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    curated(footage, tmp_path / "set", "--min-height", 90)
    assert "kept no longer" not in caplog.text
    curated(footage, tmp_path / "set")
    assert "kept no longer, removed: 1" in caplog.text


@pytest.mark.parametrize("name", ["README.md", "manifest.parquet"])
def test_what_is_no_data_set_is_not_written_over(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture, name: str
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text("notes")
    assert run(footage, "--out", tmp_path / "mine", "--person-detector", "none") == 2
    assert name in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [name]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a video, a folder or a list, or --from-release FILE"),
        (("gone.mp4",), "gone.mp4: no such file or folder"),
        (("--from-release", "gone.parquet"), "gone.parquet: no such file"),
        (("--release", "r.parquet"), "is no data set: it has no manifest.parquet"),
        (("a", "--release", "gone/r.parquet"), "the folder gone does not exist"),
        (("a", "--release", "."), "--release .: is a folder"),
        (("a", "--min-height", -1), "--min-height -1: must be 0 or more"),
        (("a", "--shortest", -1), "--shortest -1: must be 0 seconds or more"),
        (("a", "--longest", 0), "--longest 0: must be more than --shortest 1"),
        (("a", "--most-similar", "nan"), "--most-similar nan: must be more than 0"),
        (("a", "--workers", 0), "--workers 0: must be 1 or more"),
        (("a", "--workers", 1, "--in-process"), "--in-process uses no Ray"),
        (("a", "--workers", 1, "--ray-address", "h:1"), "a cluster knows its own cores"),
    ],
)
def test_wrong_arguments_are_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture, arguments: tuple[object, ...], said: str
) -> None:
    assert run(*arguments, "--out", tmp_path / "out", "--person-detector", "none") == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_without_ray_one_line_says_how_to_get_it(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert run(footage, "--out", tmp_path / "out", "--person-detector", "none") == 2
    assert 'pip install "dynascene[curation]"' in capsys.readouterr().err
