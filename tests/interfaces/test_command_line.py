"""Mistyped names, streams, options of earlier versions, quiet runs and results for programs."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from dynascene.estimators.matte.job import MatteSummary
from dynascene.interfaces.cli import main as cli
from dynascene.interfaces.cli.display import Terminal
from dynascene.io.images import write_png

PLACE = ("--scene", "place.png", "--move", "static", "--frames", "0:2", "--size", "64x36")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Holds a place and a clip of a square that moves before it, and is the current folder."""
    monkeypatch.chdir(tmp_path)
    noise = np.random.default_rng(0).integers(60, 200, (36, 64, 3), np.uint8)
    write_png(tmp_path / "place.png", noise)
    (tmp_path / "clip").mkdir()
    for index in range(4):
        frame = noise.copy()
        frame[8:32, 10 + 8 * index : 26 + 8 * index] = 230
        write_png(tmp_path / "clip" / f"{index}.png", frame)
    return tmp_path


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stop:
        cli.main(list(arguments))
    assert stop.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("generat x", "dynascene: generat: is no command; did you mean generate? (see --help)"),
        ("xyz", "dynascene: xyz: is no command (see --help)"),
        (
            "generate --scene place.png --camera-scale abc",
            "dynascene: --camera-scale 'abc': is no value that it can have (see dynascene generate "
            "--help)",
        ),
        (
            f"matte clip --out out --matte-shrink={'x' * 300}",
            f"dynascene: --matte-shrink '{'x' * 40}': is no value that it can have (see dynascene "
            "matte --help)",
        ),
        (
            "generate --scen a.jpg",
            "dynascene: generate has no --scen; did you mean --scene? "
            "(see dynascene generate --help)",
        ),
        (
            "matte clip --out m --matte_bakend motion",
            "dynascene: matte has no --matte-bakend; did you mean --matte-backend? "
            "(see dynascene matte --help)",
        ),
        (
            "verify data --point=no",
            "dynascene: verify has no --point; did you mean --no-points? "
            "(see dynascene verify --help)",
        ),
        (
            "cameras convrt a b",
            "dynascene: cameras convrt: is no command; did you mean convert? (see --help)",
        ),
        (
            "cameras convert a b --sise 3x3",
            "dynascene: cameras convert has no --sise; did you mean --size? "
            "(see dynascene cameras convert --help)",
        ),
        (
            "cameras show a --form tum --siz 3x3",
            "dynascene: cameras show has no --form; did you mean --from? "
            "(see dynascene cameras show --help)",
        ),
        (
            "generate a.mp4 --scene b.png --camera-files obj",
            "dynascene: --camera-files obj: is none; give one of usda, glb, after-effects, "
            "blender-script, nuke, chan",
        ),
        (
            "generate a.mp4 --scene b.png --layers tga",
            "dynascene: --layers tga: is none; give one of png, exr, prores",
        ),
        (
            "cameras make pan-right a --rame 3",
            "dynascene: cameras make has no --rame; did you mean --frames? "
            "(see dynascene cameras make --help)",
        ),
    ],
)
def test_a_mistyped_name_is_met_with_the_nearest(
    arguments: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert complaint(capsys, *arguments.split()) == line


@pytest.mark.parametrize(
    ("arguments", "needs"),
    [
        ("matte clip", "matte needs --out DIR"),
        ("matte", "matte needs VIDEO, --out DIR"),
        ("generate", "generate needs --scene IMAGE"),
        ("cameras convert a", "cameras convert needs DST"),
        ("flow", "flow needs POSES, --weights DIR|HUB, --out DIR"),
    ],
)
def test_what_is_missing_is_named_without_its_help(
    arguments: str, needs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = needs.partition(" needs")[0]
    line = f"dynascene: {needs} (see dynascene {command} --help)"
    assert complaint(capsys, *arguments.split()) == line


def test_other_mistakes_keep_the_parsers_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--scene" in complaint(capsys, "generate")
    assert "--steps" in complaint(capsys, "generate", *PLACE, "--steps", "many")


@pytest.mark.parametrize(
    "arguments", ["matte - --out m", "track clip --out -", "outpaint - --out a"]
)
def test_a_dash_is_no_file(
    arguments: str, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    before = sorted(folder.iterdir())
    assert "-: name a file" in complaint(capsys, *arguments.split())
    assert sorted(folder.iterdir()) == before


def test_options_of_earlier_versions_are_taken_and_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for given in (["--backend", "fast"], ["--backend=fast"]):
        with pytest.raises(SystemExit):
            cli.main(["matte", "clip", "--out", "m", *given])
        lines = capsys.readouterr().err.splitlines()
        assert lines[0] == "note: --backend is now --matte-backend"
        assert "fast" in lines[-1]


def test_no_help_offers_none_as_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("generate", "matte", "outpaint", "curate", "train", "evaluate", "tables"):
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
        text = capsys.readouterr().out
        assert not re.search(r"\{None|\(default: None\)|--no-\S+ .*\(default: True\)", text), (
            command
        )


def test_stages_leave_nothing_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    display = Terminal()
    with display.stage("frames", 3) as advance:
        advance()
        display.notice("one line")
    assert capsys.readouterr().err == "one line\n"


def test_a_quiet_run_says_its_result_alone(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    cli.main(["generate", *PLACE, "--generator", "projection", "--out", "a", "--quiet"])
    streams = capsys.readouterr()
    assert streams.out.startswith("a/composite.mp4")
    assert streams.err == ""


def test_results_of_generate_for_programs(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    cli.main(["generate", *PLACE, "--generator", "projection", "--out", "a", "--json", "--quiet"])
    made = json.loads(capsys.readouterr().out)
    assert (made["folder"], made["finished"]) == ("a", "a/composite.mp4")
    assert made["report"] == json.loads((folder / "a" / "report.json").read_text())
    assert Path(made["sheet"]).is_file()


def test_results_of_track_for_programs(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    cli.main(["track", "clip", "--out", "t.txt", "--json", "--quiet"])
    tracked = json.loads(capsys.readouterr().out)
    assert tracked["cameras"] == "t.txt"
    assert tracked["report"] == json.loads(Path(tracked["report_file"]).read_text())


def test_results_of_matte_for_programs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(clip: Path, source: object, out: Path, *_: object, **__: object) -> MatteSummary:
        out.mkdir()
        (out / "matte.json").write_text('{"frames": 4}')
        return MatteSummary("motion", "motion", 4, 0.2, 0.0)

    monkeypatch.setattr("dynascene.estimators.matte.job.run", run)
    cli.main(["matte", "clip", "--matte-backend", "motion", "--out", "m", "--json", "--quiet"])
    cut = json.loads(capsys.readouterr().out)
    assert cut == {"folder": "m", "preview": "m/preview.mp4", "report": {"frames": 4}}
