"""Help texts: options in groups, and no line that ends before the terminal does."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import pytest
from tyro.conf import arg

from dynascene.interfaces.cli import main as cli
from dynascene.interfaces.cli.cameras import convert
from dynascene.interfaces.cli.curation import curate
from dynascene.interfaces.cli.evaluation import evaluate
from dynascene.interfaces.cli.generation import generate
from dynascene.interfaces.cli.matting import matte
from dynascene.interfaces.cli.parsing import join_arguments
from dynascene.interfaces.cli.posing import pose
from dynascene.interfaces.cli.signatures import Option, options_in
from dynascene.interfaces.cli.tables import tables
from dynascene.interfaces.cli.tracking import track
from dynascene.interfaces.cli.training import train


@dataclass(frozen=True, kw_only=True)
class Lens:
    focal_length: Annotated[float, arg(metavar="MM")]
    from_: str | None = None


def photograph(path: Path, /, *, lens: Lens, flash: bool = True, tries: int = 3) -> None:
    """A command."""


def test_a_group_of_options_counts_as_its_options() -> None:
    assert list(options_in(photograph)) == [
        Option("focal_length", float, inspect.Parameter.empty),
        Option("from_", str | None, None),
        Option("flash", bool, True),
        Option("tries", int, 3),
    ]


def test_options_are_spelled_as_on_the_command_line() -> None:
    spellings = [option.spelling for option in options_in(photograph)]
    assert spellings == ["--focal-length", "--from", "--no-flash", "--tries"]
    assert [option.is_switch for option in options_in(photograph)] == [False, False, True, False]


@pytest.mark.parametrize(
    "command", [generate, evaluate, train, curate, tables, matte, track, pose, convert]
)
def test_no_option_is_in_two_groups(command: Callable[..., None]) -> None:
    spellings = [option.spelling for option in options_in(command)]
    assert len(spellings) == len(set(spellings))


def test_an_argument_becomes_one_line_and_other_paragraphs_stay() -> None:
    text = "Do it,\nnow.\n\nArgs:\n    one: the first,\n        a long one.\n    two: no."
    assert (
        join_arguments(text)
        == "Do it,\nnow.\n\nArgs:\n    one: the first, a long one.\n    two: no."
    )


@pytest.mark.parametrize("command", ["generate", "evaluate", "train", "curate", "cameras convert"])
def test_help_breaks_lines_where_the_terminal_ends(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    width = 90
    monkeypatch.setenv("COLUMNS", str(width))
    with pytest.raises(SystemExit):
        cli.main([*command.split(), "--help"])
    framed = [line[1:-1].rstrip() for line in capsys.readouterr().out.splitlines()]
    early = [
        line
        for line, following in pairwise(framed)
        if re.match(r" {10,}\S", following)
        and not re.fullmatch(r" --\S+( \S+)*", line)  # its help begins below
        and len(line) + 1 + len(following.split()[0]) < width - 4
    ]
    assert early == []


def test_the_options_of_generate_stand_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["generate", "--help"])
    title = r"^\W+((?:[\w-]+ )?(?:options|arguments)) \W+$"  # in a frame of lines, or of ASCII
    groups = re.findall(title, capsys.readouterr().out, re.MULTILINE)
    assert groups == [
        *("positional arguments", "options", "place options", "cut-out options"),
        *("camera options", "background options", "look options", "delivery options"),
        *("colour-space options", "motion options"),
    ]
