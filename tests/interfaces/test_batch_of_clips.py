"""Many clips from one command: which ones, what each is made with, resumption, failures."""

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dynascene.curation.engine.choice import InProcess, start_engine
from dynascene.curation.engine.progress import Report
from dynascene.curation.engine.step import Step
from dynascene.curation.engine.store import Item
from dynascene.devices import chosen_device
from dynascene.errors import InputError
from dynascene.generation import weights
from dynascene.interfaces.cli import batch, batch_faults
from dynascene.interfaces.cli.batch_faults import find_faults
from dynascene.interfaces.cli.batch_notes import note_file
from dynascene.interfaces.cli.batch_plan import PlannedShot, options_from, plan_shots
from dynascene.interfaces.cli.batch_summary import count_done, doubts_of
from dynascene.interfaces.cli.main import main
from dynascene.io.file_locks import file_lock
from dynascene.io.images import write_png

DOUBTS = {"a.png": ["standing feet slide (`camera_scale`)", "cars smear", "a giant"],
          "b.png": ["the matte may be wrong"]}  # fmt: skip
COMMON = ("--scene", "place.png", "--generator", "projection", "--size", "64x36")


class Inline:
    """An engine that runs steps in this process, as often as Ray would where one crashes."""

    workers = 1.0

    def run(self, items: Sequence[Item], steps: Sequence[Step], report: Report) -> Iterator[Item]:
        for item in items:
            for step in steps:
                for attempt in range(4):
                    try:
                        step(item)
                    except Crash:
                        assert attempt < 3, "a shot never ends"
                        continue
                    break
            yield item


class Crash(BaseException):
    """What takes a process down, so that nothing catches it."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Holds places, and is the current folder; engines are inline."""
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "bad", "crash", "defect"):
        (tmp_path / f"{name}.png").write_text("")
    noise = np.random.default_rng(0).integers(60, 200, (36, 64, 3), np.uint8)
    write_png(tmp_path / "place.png", noise)
    monkeypatch.setattr(batch, "start_engine", lambda _: nullcontext(Inline()))
    return tmp_path


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines that a batch runs; of some scenes they fail or take the process down."""
    lines: list[list[str]] = []

    def parse(arguments: list[str]) -> object:
        def run() -> None:
            lines.append(arguments)
            texts = dict(text.split("=", 1) for text in arguments if "=" in text)
            if texts["--scene"] == "crash.png":
                raise Crash
            if texts["--scene"] == "defect.png":
                raise ZeroDivisionError("ours")
            if texts["--scene"] == "bad.png":
                raise InputError("`scene` bad.png: is no picture")
            Path(texts["--out"]).mkdir(parents=True, exist_ok=True)
            doubts = DOUBTS.get(texts["--scene"], [])
            (Path(texts["--out"]) / "report.json").write_text(json.dumps({"doubts": doubts}))

        return run

    monkeypatch.setattr(batch, "parse", parse)
    return lines


def scenes_of(lines: list[list[str]]) -> list[str]:
    texts = [text for line in lines for text in line if text.startswith("--scene=")]
    return [text.removeprefix("--scene=") for text in texts]


def write_lines(path: Path, *values: object) -> str:
    path.write_text("".join(json.dumps(value) + "\n\n" for value in values))
    return str(path)


def failure(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    assert stop.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_a_lines_options_come_before_the_common_ones(folder: Path) -> None:
    file = write_lines(
        folder / "shots.jsonl",
        {
            "person": "a.mp4",
            "scene": "x.png",
            "steps": 8,
            "layers": ["exr", "png"],
            "preview": False,
        },
        {"person": "b.mp4", "light": "-60,40", "hint": ["1:2,3", "4:5,6,out"], "out": "sub/b"},
    )
    first, second = plan_shots(file, {"scene": "y.png", "steps": "4", "seed": "7"})
    assert (first.name, second.name) == ("a-in-x", "sub/b")
    assert first.arguments(Path("o")) == [
        "generate", "--scene=x.png", "--steps=8", "--seed=7", "--layers", "exr", "png",
        "--out=o/a-in-x",
        "--quiet", "a.mp4",
    ]  # fmt: skip
    assert second.arguments(Path("o")) == [
        "generate", "--scene=y.png", "--steps=4", "--seed=7", "--light=-60,40", "--hint=1:2,3",
        "--hint=4:5,6,out", "--out=o/sub/b", "--quiet", "b.mp4",
    ]  # fmt: skip


def test_a_pattern_names_people(folder: Path) -> None:
    (folder / "clips").mkdir()
    for name in ("b.mp4", "a.mp4", "c.txt"):
        (folder / "clips" / name).write_text("")
    shots = plan_shots("clips/*.mp4", {"scene": "place.png"})
    assert [shot.name for shot in shots] == ["a-in-place", "b-in-place"]
    assert [shot.options["person"] for shot in shots] == ["clips/a.mp4", "clips/b.mp4"]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("{", "line 1: is no JSON"),
        ("[" * 100_000, "line 1: is no JSON"),
        ("\n[1]", "line 2: give an object"),
        ('{"scene": "\\ud800.png"}', "line 1: is no JSON .*half of a letter"),
        ('{"scene": "a.png", "out": "a\\u0000"}', "`out` 'a.x00': has a zero byte"),
        ("", "has no lines"),
        ('{"person": "a.mp4"}', "line 1: has no `scene`"),
        ('{"scene": "a.png", "out": "../x"}', "must name a folder within"),
        ('{"scene": "a.png", "out": "/x"}', "must name a folder within"),
        ('{"scene": "a.png", "out": "batch.json"}', "is a name that the batch itself uses"),
        ('{"scene": "a.png", "out": ".batch/x"}', "is a name that the batch itself uses"),
        ('\n{"scene": "a.png", "preview": true}', "line 2: `preview` has no meaning for one shot"),
        ('{"scene": "a.png", "batch": "b.jsonl"}', "line 1: `batch` has no meaning"),
        ('{"scene": "a.png", "help": true}', "line 1: `help` has no meaning"),
        ('{"scene": "a.png"}\n{"scene": "b/a.png"}', "line 2: would be written to a-camera, as"),
    ],
)
def test_files_that_tell_no_shots_are_refused(lines: str, reason: str, folder: Path) -> None:
    (folder / "shots.jsonl").write_text(lines)
    with pytest.raises(InputError, match=reason):
        plan_shots("shots.jsonl", {})


@pytest.mark.parametrize(("first", "second"), [("uot", "out"), ("out", "uot"), ("uot", "uot")])
def test_a_mistyped_key_comes_before_a_folder_that_it_leaves_to_two(
    first: str, second: str, folder: Path
) -> None:
    file = write_lines(folder / "shots.jsonl", {first: "a-camera"}, {second: "a-camera"})
    number = 1 if first == "uot" else 3  # a blank line is between them
    with pytest.raises(InputError, match=rf"line {number}: generate has no --uot; .* --out\?"):
        plan_shots(file, {"scene": "a.png"})


def test_an_empty_list_is_no_option() -> None:
    shot = PlannedShot("a", {"scene": "a.png", "layers": [], "hint": []})
    assert shot.arguments(Path()) == ["generate", "--scene=a.png", "--out=a", "--quiet"]


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("55,76,408,225", ["--upright=55,76,408,225"]),
        ([55, 76, 408.5, 225], ["--upright=55,76,408.5,225"]),
        ([[55, 76, 408, 225]], ["--upright=55,76,408,225"]),
        (["1,2,3,4", [5, 6, 7, 8]], ["--upright=1,2,3,4", "--upright=5,6,7,8"]),
        ([55, 76, "wide", None], ["--upright=55,76,wide,null"]),  # one wrong box, no four
        ([], []),
    ],
)
def test_boxes_are_lists_of_numbers_or_texts(value: object, texts: list[str]) -> None:
    shot = PlannedShot("a", {"scene": "a.png", "upright": value})
    assert shot.arguments(Path()) == ["generate", "--scene=a.png", *texts, "--out=a", "--quiet"]


def test_one_box_is_a_list_of_numbers_too() -> None:
    shot = PlannedShot("a", {"box": [0, 0, 620, 400]})
    assert "--box=0,0,620,400" in shot.arguments(Path())


@pytest.mark.parametrize("seconds", [0, 4_000_000_000])
def test_a_clock_that_goes_wrong_hides_no_change(seconds: int, folder: Path) -> None:
    """Files of the past and of the future are told from others by any difference of time."""
    (folder / "a.png").write_text("one")
    os.utime(folder / "a.png", (seconds, seconds))
    shot = PlannedShot("a", {"scene": "a.png"})
    before = shot.key()
    assert shot.key() == before
    (folder / "a.png").write_text("two")
    assert shot.key() != before


def test_a_change_within_a_folder_changes_the_key(folder: Path) -> None:
    frame = folder / "frames" / "left" / "1.png"
    frame.parent.mkdir(parents=True)
    frame.write_text("one")
    shot = PlannedShot("a", {"person": "frames"})
    before = shot.key()
    assert shot.key() == before
    frame.write_text("another")
    assert shot.key() != before


@pytest.mark.parametrize("name", ["scale.json", "cameras.track.json"])
def test_a_scale_that_comes_or_changes_beside_the_cameras_changes_the_key(
    name: str, folder: Path
) -> None:
    (folder / "cameras.txt").write_text("")
    shot = PlannedShot("a", {"cameras": "cameras.txt"})
    before = shot.key()
    (folder / name).write_text("one")
    with_scale = shot.key()
    (folder / name).write_text("another")
    assert len({before, with_scale, shot.key()}) == 3
    assert shot.key() == shot.key()


def test_no_two_shots_share_a_note() -> None:
    names = ("a/b", "a+b", "a%2Fb", "a%b")
    assert len({note_file(Path("o"), name) for name in names}) == len(names)


def test_command_lines_are_read_as_options() -> None:
    def read(line: str) -> dict[str, object]:
        return options_from(line.split(), {"straight"}, {"layers", "upright"})

    assert read("--straight a.mp4 --light=-6,4 --box -1,2 --hint 1:2,3 --hint=4:5,6") == {
        "straight": True, "person": "a.mp4", "light": "-6,4", "box": "-1,2",
        "hint": ["1:2,3", "4:5,6"],
    }  # fmt: skip
    assert read("--upright 1,2,3,4 a.mp4 --upright=5,6,7,8") == {
        "person": "a.mp4", "upright": ["1,2,3,4", "5,6,7,8"]
    }  # fmt: skip
    assert read("--layers exr png --straight") == {"layers": ["exr", "png"], "straight": True}
    assert read("--layers") == {"layers": True}
    with pytest.raises(InputError, match="its value is missing"):
        read("--scene")
    with pytest.raises(InputError, match="there is a PERSON already"):
        read("a.mp4 b.mp4")


def test_one_bad_shot_stops_no_other_and_is_tried_again(
    folder: Path, made: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    scenes = ["a.png", "bad.png", "crash.png", "defect.png", "b.png"]
    file = write_lines(folder / "shots.jsonl", *({"scene": scene} for scene in scenes))
    with pytest.raises(SystemExit):
        main(["generate", "--batch", file, "--move", "static", "--out", "o"])
    *lines, last = capsys.readouterr().err.splitlines()
    assert last == f"dynascene: 3 of 5 shots failed; {Path('o') / 'batch.json'} says why"
    reasons = (
        "bad-camera: failed after 0 s: --scene bad.png: is no",
        "crash-camera: failed after 0 s: took its process down 2 times",
        "defect-camera: failed after 0 s: ZeroDivisionError: ours",
    )
    for reason in reasons:
        assert sum(reason in re.sub(r"after \S+ s", "after 0 s", line) for line in lines) == 1
    assert "ZeroDivisionError" in (folder / "o" / ".batch" / "errors.log").read_text()
    listed = json.loads((folder / "o" / "batch.json").read_text())["shots"]
    assert [entry["state"] for entry in listed] == ["done", "failed", "failed", "failed", "done"]

    made.clear()
    failure(capsys, "generate", "--batch", file, "--move", "static", "--out", "o")
    assert set(scenes_of(made)) == {"bad.png", "crash.png", "defect.png"}


@pytest.mark.parametrize("text", ["{", "[]", '{"state": 5}', '{"state": "done", "seconds": "9"}',
                                  '{"state": "done", "seconds": 1e999}'])  # fmt: skip
def test_a_damaged_note_is_none(folder: Path, made: list[list[str]], text: str) -> None:
    file = write_lines(folder / "shots.jsonl", {"scene": "a.png"})
    command = ["generate", "--batch", file, "--move", "static", "--out", "o"]
    main(command)
    note_file(Path("o"), "a-camera").write_text(text)
    main(command)
    assert scenes_of(made) == ["a.png", "a.png"]


@pytest.mark.parametrize("name", ["batch.json", ".batch/b-camera.json", ".batch/b-camera.trials"])
def test_a_folder_in_the_place_of_a_record_is_refused_before_any_work(
    name: str, folder: Path, made: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_lines(folder / "shots.jsonl", {"scene": "a.png"}, {"scene": "b.png"})
    command = ["generate", "--batch", file, "--move", "static", "--out", "o"]
    (folder / "o" / name).mkdir(parents=True)
    note = note_file(Path("o"), "a-camera")
    note.parent.mkdir(exist_ok=True)
    note.write_text('{"state": "failed"}')
    line = failure(capsys, *command)
    assert f"{Path('o') / name}: is a folder, and a file is to be written; move it away" in line
    assert note.read_text() == '{"state": "failed"}'
    assert not made


def test_what_is_finished_is_made_again_only_where_something_changed(
    folder: Path, made: list[list[str]]
) -> None:
    (folder / "a.png").write_text("one")
    file = write_lines(folder / "shots.jsonl", {"scene": "a.png"}, {"scene": "b.png"})
    command = ["generate", "--batch", file, "--move", "static", "--out", "o"]
    main(command)
    main(command)
    assert len(made) == 2
    main([*command, "--seed", "3"])
    assert len(made) == 4
    (folder / "a.png").write_text("another")
    main([*command, "--seed", "3"])
    assert scenes_of(made[4:]) == ["a.png"]
    (folder / "o" / "b-camera" / "report.json").unlink()
    main([*command, "--seed", "3"])
    assert scenes_of(made[5:]) == ["b.png"]


def test_doubts_are_told_at_the_end_a_line_for_each_shot(
    made: list[list[str]], capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    shots = [{"scene": f"{name}.png", "move": "static"} for name in ("a", "defect", "b", "place")]
    command = ["generate", "--batch", write_lines(folder / "shots.jsonl", *shots), "--out", "o"]
    with pytest.raises(SystemExit):
        main(command)
    streams = capsys.readouterr()
    assert streams.err.splitlines()[-3:-1] == [
        "a-camera: standing feet slide (--camera-scale) (and 2 more in its report.json)",
        "b-camera: the matte may be wrong",
    ]
    assert streams.out == "o/batch.json: 3 of 4 shots are done, 2 with doubts\n"
    listed = json.loads((folder / "o" / "batch.json").read_text())["shots"]
    assert [entry.get("doubts") for entry in listed] == [
        ["standing feet slide (--camera-scale)", "cars smear", "a giant"],
        None, ["the matte may be wrong"], [],
    ]  # fmt: skip
    with pytest.raises(SystemExit):
        main([*command, "--quiet"])  # what was finished before counts too
    streams = capsys.readouterr()
    assert "slide" not in streams.err
    assert "2 with doubts" in streams.out


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"doubts": 5}', '{"doubts": [5, null]}'])
def test_a_report_without_doubts_tells_none(text: str, folder: Path) -> None:
    (folder / "report.json").write_text(text)
    assert doubts_of(folder) == []


def test_the_number_of_shots_is_said_in_english() -> None:
    assert [count_done(*pair) for pair in ((1, 1), (0, 1), (1, 3), (0, 3), (3, 3))] == [
        "the only shot is done", "the only shot is not done", "1 of 3 shots is done",
        "0 of 3 shots are done", "3 of 3 shots are done",
    ]  # fmt: skip


def test_options_of_the_whole_are_checked_first(
    made: list[list[str]], capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    file = write_lines(folder / "shots.jsonl", {"scene": "a.png"})
    for wrong, reason in (
        (("--workers", "0"), "--workers 0"),
        (("--wokers", "2"), "did you mean --workers?"),
        (("--preview",), "--preview: shows one clip"),
        (("--device", "cuda"), "--device cuda"),
        (("--device", "gpu"), "--device gpu: is none; give one of cpu, cuda, mps"),
        (("--workers", "²"), "--workers ²: must be 1 or more"),
    ):
        assert reason in failure(capsys, "generate", "--batch", file, *wrong)
    assert "name it .jsonl" in failure(capsys, "generate", "--batch", "shots.json")
    assert "no file has such a name" in failure(capsys, "generate", "--batch", "nothing/*")
    assert "--workers: goes with --batch" in failure(
        capsys, "generate", "--scene", "place.png", "--move", "static", "--workers", "2"
    )
    assert made == []


BAD = {
    "no option": ({"moove": "static"}, "generate has no --moove; did you mean --move?"),
    "no number": ({"steps": "few"}, "few"),
    "no size": ({"size": "foo"}, "size 'foo': give width x height"),
    "no move": ({"move": "pan-rigth:5"}, "unknown move 'pan-rigth'"),
    "amount of a move": ({"move": "pan-right:1e9"}, "out of range"),
    "no keyframe file": ({"move": "keys.json"}, "keys.json"),
    "no light": ({"light": "left"}, "--light 'left'"),
    "out of range": ({"shadow": 7}, "--shadow 7"),
    "both": ({"cameras": "none", "move": "static"}, "--cameras and --move: give one of them"),
    "device": ({"device": "gpu"}, "--device gpu: is none; give one of cpu, cuda, mps"),
    "missing scene": ({"scene": "nothing.png"}, "--scene nothing.png: there is no such file"),
    "missing person": ({"person": "no.mp4"}, "PERSON no.mp4: there is no such file or folder"),
    "missing matte": ({"person": "a.png", "matte": "no.png"}, "--matte no.png: there is no such"),
    "missing camera": ({"move": None, "cameras": "no.txt"}, "--cameras no.txt: there is no such"),
    "missing weights": ({"person": "a.png", "weights": "no/where/at-all"}, "--weights no/where"),
    "weights without a person": ({"weights": "no/where/at-all"}, "--weights no/where/at-all"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_named_at_the_beginning_and_stops_no_other(
    name: str, made: list[list[str]], capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    wrong, reason = BAD[name]
    good = {"scene": "a.png", "move": "static"}
    write_lines(folder / "shots.jsonl", {**good, "scene": "b.png", "out": "bad", **wrong}, good)
    with pytest.raises(SystemExit) as stop:
        main(["generate", "--batch", "shots.jsonl", "--out", "o"])
    lines = capsys.readouterr().err.splitlines()
    first = next(n for n, line in enumerate(lines) if "shots.jsonl line 1: " in line)
    assert reason in lines[first]
    assert first < next(n for n, line in enumerate(lines) if "a-camera: done" in line)
    assert stop.value.code == 2
    assert scenes_of(made) == ["a.png"]
    listed = json.loads((folder / "o" / "batch.json").read_text())["shots"]
    assert [entry["state"] for entry in listed] == ["failed", "done"]
    assert reason in listed[0]["reason"]


@pytest.mark.parametrize("name", ["person", "scene"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_file_whose_name_is_no_text_faults_its_own_line_alone(
    name: str, is_first: bool, folder: Path
) -> None:
    """Whichever of the lines, whose other options are the same, is looked at first."""
    good = {"person": "a.png", "scene": "b.png", "move": "static", "generator": "projection"}
    shots = [PlannedShot("good", good), PlannedShot("bad", {**good, name: 5}, "line 7")]
    faults = find_faults(shots[::-1] if is_first else shots, folder / "o")
    option = {"person": "PERSON", "scene": "--scene"}[name]
    assert faults == {"bad": f"line 7: {option} 5: give the name of a file in quotes"}


def test_weights_are_looked_at_once_for_each_device(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DYNASCENE_DEVICE", raising=False)
    devices: list[str | None] = []
    monkeypatch.setattr(
        batch_faults, "check_generator", lambda *_, **__: devices.append(chosen_device())
    )
    common = {"scene": "a.png", "move": "static"}
    each = [common, {**common, "device": "cpu"}, {**common, "device": "cpu", "seed": 7}]
    find_faults([PlannedShot(str(n), options) for n, options in enumerate(each)], folder / "o")
    assert devices == [None, "cpu"]


@pytest.mark.parametrize("person", [None, "a.png"])
def test_weights_that_make_the_person_are_wrong_for_filmed_people_alone(
    person: str | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "check_weights", lambda _: (folder, []))
    monkeypatch.setattr(weights, "system_of", lambda _: SimpleNamespace(makes_person=True))
    options = {"scene": "b.png", "move": "static", "weights": "w", "person": person}
    faults = find_faults([PlannedShot("shot", options, "line 7")], folder / "o")
    if person is None:
        assert faults == {}
    else:
        assert faults["shot"].startswith("line 7: these weights make the person too")


def test_a_line_that_was_mended_is_made(made: list[list[str]], folder: Path) -> None:
    command = ["generate", "--batch", "shots.jsonl", "--move", "static", "--out", "o"]
    write_lines(folder / "shots.jsonl", {"scene": "a.png"}, {"scene": "b.png", "size": "foo"})
    with pytest.raises(SystemExit):
        main(command)
    write_lines(folder / "shots.jsonl", {"scene": "a.png"}, {"scene": "b.png", "size": "64x36"})
    main(command)
    assert scenes_of(made) == ["a.png", "b.png"]


def test_where_no_line_is_good_nothing_is_begun(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    scenes = [{"scene": "a.png", "out": name} for name in "pqrst"]
    write_lines(folder / "shots.jsonl", *scenes)
    command = ["generate", "--batch", "shots.jsonl", "--size", "foo", "--out", "o"]
    with pytest.raises(SystemExit):
        main(command)
    *lines, last = capsys.readouterr().err.splitlines()
    assert [line.partition(": give")[0] for line in lines] == [
        f"shots.jsonl line {number}: --size 'foo'" for number in range(1, 10, 2)
    ]
    assert last == "dynascene: none of 5 shots can be made; the lines above say why"
    assert "without --quiet" in failure(capsys, *command, "--quiet")
    write_lines(folder / "shots.jsonl", scenes[0])
    assert failure(capsys, *command).startswith(
        "dynascene: no shot can be made: shots.jsonl line 1: --size 'foo': give"
    )
    assert not (folder / "o").exists()


def test_the_device_of_a_line_is_for_that_line(made: list[list[str]], folder: Path) -> None:
    write_lines(folder / "shots.jsonl", {"scene": "a.png", "device": "cpu"}, {"scene": "b.png"})
    before = chosen_device()
    main(["generate", "--batch", "shots.jsonl", "--move", "static", "--out", "o"])
    assert chosen_device() == before


def test_one_batch_at_a_time_works_in_a_folder(
    made: list[list[str]], capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    file = write_lines(folder / "shots.jsonl", {"scene": "a.png"})
    (folder / "o" / ".batch").mkdir(parents=True)
    with file_lock(folder / "o" / ".batch" / ".lock"):
        line = failure(capsys, "generate", "--batch", file, "--move=static", "--out", "o")
    assert line == "dynascene: another batch is at work in o; wait for its end"
    assert made == []


def test_a_stopped_batch_lists_what_is_done(
    made: list[list[str]], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    class Stopping(Inline):
        def run(self, items: Sequence[Item], steps: Sequence[Step], report: Report) -> Iterator:
            yield from super().run(items[:1], steps, report)
            (folder / "o" / ".b-camera.partial-x").mkdir()
            raise KeyboardInterrupt

    monkeypatch.setattr(batch, "start_engine", lambda _: nullcontext(Stopping()))
    file = write_lines(folder / "shots.jsonl", {"scene": "a.png"}, {"scene": "b.png"})
    with pytest.raises(SystemExit) as stop:
        main(["generate", "--batch", file, "--move", "static", "--out", "o"])
    assert stop.value.code == 130
    listed = json.loads((folder / "o" / "batch.json").read_text())["shots"]
    assert [entry["state"] for entry in listed] == ["done", "failed"]
    assert listed[1]["reason"] == "was not reached"
    assert not (folder / "o" / ".b-camera.partial-x").exists()


@pytest.mark.parametrize("quiet", [True, False])
def test_words_of_the_engine_are_no_result(
    quiet: bool,
    made: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    folder: Path,
) -> None:
    class Talking(Inline):
        def run(self, items: Sequence[Item], steps: Sequence[Step], report: Report) -> Iterator:
            print("(raylet) A worker died")
            yield from super().run(items, steps, report)

    monkeypatch.setattr(batch, "start_engine", lambda _: nullcontext(Talking()))
    file = write_lines(folder / "shots.jsonl", {"scene": "a.png"})
    options = ["--json", *(["--quiet"] if quiet else [])]
    main(["generate", "--batch", file, "--move", "static", "--out", "o", *options])
    streams = capsys.readouterr()
    assert set(json.loads(streams.out)["shots"][0]) == {
        "shot", "state", "seconds", "doubts",
    }  # fmt: skip
    assert ("raylet" in streams.err) is not quiet


def test_without_ray_one_line_says_how_to_get_it(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "start_engine", start_engine)
    monkeypatch.setitem(sys.modules, "ray", None)
    file = write_lines(folder / "shots.jsonl", {"scene": "a.png", "move": "static"})
    assert 'pip install "dynascene[curation]"' in failure(capsys, "generate", "--batch", file)


def test_a_real_clip_is_made_and_named_for_programs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_lines(
        folder / "shots.jsonl",
        {"move": "static", "frames": "0:2", "out": "still"},
        {"move": "pan-rigth:5", "frames": "0:2", "out": "wrong"},
    )
    with pytest.raises(SystemExit):
        main(["generate", "--batch", file, *COMMON, "--out", "o", "--json", "--quiet"])
    streams = capsys.readouterr()
    states = {
        entry["shot"]: entry
        for entry in json.loads(streams.out[streams.out.index("{\n") :])["shots"]
    }
    assert states["still"]["state"] == "done"
    assert (folder / "o" / "still" / "composite.mp4").is_file()
    assert states["wrong"]["reason"].startswith(f"{file} line 3: unknown move 'pan-rigth'")
    assert not (folder / "o" / "wrong").exists()


@pytest.mark.long
def test_on_ray(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "start_engine", start_engine)
    file = write_lines(
        folder / "shots.jsonl",
        *({"move": "static", "frames": "0:2", "out": name} for name in ("a", "b")),
        {"move": "static", "scene": "nothing.png", "out": "c"},
    )
    with pytest.raises(SystemExit):
        main(["generate", "--batch", file, *COMMON, "--out", "o", "--workers", "2"])
    listed = json.loads((folder / "o" / "batch.json").read_text())["shots"]
    assert [entry["state"] for entry in listed] == ["done", "done", "failed"]


def test_in_a_process_of_its_own(folder: Path) -> None:
    """The step travels to another process, as it does on Ray."""
    shot = PlannedShot("a", {"scene": "nothing.png", "move": "static"})
    with pytest.raises(InputError, match=r"the only shot failed; .*batch\.json says why"):
        batch.run_batch([shot], folder / "o", partial(start_engine, InProcess()))
    (entry,) = json.loads((folder / "o" / "batch.json").read_text())["shots"]
    assert entry["reason"].startswith("--scene nothing.png")
