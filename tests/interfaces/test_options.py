"""Messages name parameters; the command line spells them as its options."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynascene.errors import PARAMETER, InputError
from dynascene.interfaces.cli import main as cli
from dynascene.interfaces.cli.options import option_of, spell_options

SOURCE = Path(__file__).parents[2] / "src" / "dynascene"
COMMANDS = ("generate", "demo", "outpaint", "matte", "track", "weights", "train", "export",
            "evaluate", "tables", "app", "verify", "curate", "doctor")  # fmt: skip
CAMERA_COMMANDS = ("convert", "show", "make")


def test_a_parameter_is_spelled_as_an_option() -> None:
    assert (
        spell_options("`camera_scale` 0: must be positive") == "--camera-scale 0: must be positive"
    )
    assert spell_options("`cameras` and `move`: give one") == "--cameras and --move: give one"
    assert spell_options("without a `person` give `start`") == "without a PERSON give --from"


def test_commands_in_backticks_stay_as_they_are() -> None:
    assert (
        spell_options("fetch it: `dynascene weights small`")
        == "fetch it: `dynascene weights small`"
    )


def test_an_error_knows_its_parameters() -> None:
    error = InputError("`camera_height` and `camera_scale`: give one of them")
    assert error.parameters == ("camera_height", "camera_scale")
    assert InputError("clip.mp4: is no video").parameters == ()


def texts(path: Path) -> Iterator[str]:
    """The string constants of a file that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.value


def library_files() -> list[Path]:
    return [
        p for p in sorted(SOURCE.rglob("*.py")) if SOURCE / "interfaces" / "cli" not in p.parents
    ]


def test_the_library_does_not_speak_in_options() -> None:
    spelled = {
        f"{path.relative_to(SOURCE)}: {text}"
        for path in library_files()
        for text in texts(path)
        if re.search(r"(?<![\w-])--[a-z]", text)
        and "pip install" not in text
        and "dynascene " not in text
        and "blender --" not in text  # an option of Blender's
    }
    assert spelled == set()


def options(capsys: pytest.CaptureFixture[str]) -> set[str]:
    """Every option of every command, from the help texts."""
    commands = [[name] for name in COMMANDS] + [["cameras", name] for name in CAMERA_COMMANDS]
    names: set[str] = set()
    for command in commands:
        with pytest.raises(SystemExit):
            cli.main([*command, "--help"])
        names |= set(re.findall(r"(?<![\w-])--[a-z-]+[a-z]", capsys.readouterr().out))
    return names


def test_every_parameter_in_a_message_is_an_option_of_some_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = options(capsys) | {"PERSON"}
    unknown = {
        f"{path.relative_to(SOURCE)}: {name}"
        for path in library_files()
        for text in texts(path)
        for name in PARAMETER.findall(text)
        if option_of(name) not in known
    }
    assert unknown == set()
