"""What each extra brings, and the one line that a command says without it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dynascene.errors import InputError
from dynascene.extras import EXTRAS, installation, is_installed, missing_extra, require
from dynascene.generation.demo import demo_scene
from dynascene.interfaces.cli import main as cli

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
IMPORTED_AS = {
    "opencolorio": "PyOpenColorIO",
    "scenedetect-headless": "scenedetect",
}
CORE = """
import sys
sys.modules.update(dict.fromkeys(sys.argv[1].split(",")))  # None: cannot be imported
from dynascene.generation.demo import demo_scene
from dynascene.interfaces.cli.main import main

assert demo_scene().is_file()
place = str(demo_scene())
common = ["--size", "64x42", "--frames", "0:3", "--move", "static", "--steps", "1"]
main(["generate", "--scene", place, *common, "--out", "a"])
main(["track", "a/background.mp4", "--out", "b.txt"])
import dynascene.estimators.matte.job
main(["weights"])
"""


def without(packages: object, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in packages:
        monkeypatch.setitem(sys.modules, package, None)


def complaint(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as stop:
        cli.main([str(argument) for argument in arguments])
    assert stop.value.code == 2
    text = capsys.readouterr().err
    assert text.count("\n") == 1, text
    return text


OUT = ("--out", "result")
PICTURE = ("generate", "--scene", str(demo_scene()), "--move", "static", *OUT)
COMMANDS = [
    ("app", ("app",)),
    ("exr", (*PICTURE, "--layers", "exr")),
    ("ocio", (*PICTURE, "--ocio", "ocio://default", "--ocio-scene", "ACEScct")),
    ("vace4", (*PICTURE, "--generator", "vace", "--weights", "nowhere", "--four-bits")),
    ("train", ("train", "autoencoder", "--out", "run")),
    ("train", ("export", "run", "--out", "weights")),
    ("train", ("evaluate", "projection", "--data", "synthetic", "--out", "evaluation")),
    ("train", ("tables", "--out", "tables")),
    ("curation", ("curate", "clip.mp4", "--out", "dataset")),
    ("curation", ("verify", "dataset")),
    ("synthetic", ("train", "dynascene.small", "--worlds", "solid=1", "--out", "run", "--dry-run")),
]


@pytest.mark.parametrize(("extra", "arguments"), COMMANDS, ids=lambda value: str(value)[:30])
def test_a_command_without_its_extra_names_it_in_one_line(
    extra: str,
    arguments: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    without(EXTRAS[extra], monkeypatch)
    assert installation(extra) in complaint(capsys, *arguments)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_import_that_fails_anywhere_is_one_line(
    extra: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a command imports late ends as the same line."""
    package = EXTRAS[extra][-1]
    without([package], monkeypatch)

    def run(*_: object) -> None:
        __import__(f"{package}.part")

    monkeypatch.setattr("dynascene.generation.demo.run_demo", run)
    text = complaint(capsys, "demo")
    assert f"needs {package}" in text
    assert 'pip install "dynascene[' in text


def test_other_imports_that_fail_stay_defects(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'dynascene.moon'", name="dynascene.moon")

    monkeypatch.setattr("dynascene.generation.demo.run_demo", run)
    with pytest.raises(ModuleNotFoundError):
        cli.main(["demo"])
    assert missing_extra(ImportError("no name")) is None


def test_what_is_needed_is_asked_for_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    without(["ray"], monkeypatch)
    assert not is_installed("ray")
    require("curation", "this", ["pyarrow"])
    with pytest.raises(InputError, match=r"^this needs ray, which .*dynascene\[curation\]"):
        require("curation", "this")


def test_extras_are_those_of_the_package() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 reads no TOML")
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]

    def imported(requirements: list[str]) -> set[str]:
        names = {re.split(r"[\[><=;]", line)[0].strip() for line in requirements}
        return {IMPORTED_AS.get(name, name) for name in names}

    offered = project["optional-dependencies"]
    assert {extra: imported(offered[extra]) for extra in EXTRAS} == {
        extra: set(packages) for extra, packages in EXTRAS.items()
    }
    core = imported(project["dependencies"])
    assert not core & {package for packages in EXTRAS.values() for package in packages}


def test_the_core_alone_generates_and_tracks(tmp_path: Path) -> None:
    blocked = sorted({package for packages in EXTRAS.values() for package in packages} - {"fsspec"})
    blocked += ["sklearn", "skimage", "torchmetrics"]
    ran = subprocess.run(
        [sys.executable, "-c", CORE, ",".join(blocked)],
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "a" / "report.json").is_file()
    assert (tmp_path / "b.txt").is_file()
