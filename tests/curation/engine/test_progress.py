"""Counts and forecasts of a run, against sums done by hand."""

import io

import pytest
from rich.console import Console

from dynascene.curation.engine.progress import RunProgress, Tick
from dynascene.interfaces.cli.curation_display import RunDisplay, line, time_left


def tally() -> RunProgress:
    """Ten sources; four opened, three of them kept; each became two shots, one of which is kept."""
    counted = RunProgress(["probe", "shots", "matte"], sources=10, workers=2.0)
    for kept in (1, 1, 1, 0):
        counted.add(Tick("probe", kept, 1 - kept, 0.5, reused=False))
    for _ in range(2):
        counted.add(Tick("shots", 1, 1, 3.0, reused=False))
    counted.add(Tick("shots", 1, 1, 0.001, reused=True))
    return counted


def test_what_is_to_come_follows_from_what_was_kept_so_far() -> None:
    # 10 sources, 3/4 of them kept, each gives one kept clip
    assert tally().expected() == {"probe": 10.0, "shots": 7.5, "matte": 7.5}


def test_a_stage_never_expects_less_than_it_took() -> None:
    counted = RunProgress(["a"], sources=1)
    for _ in range(3):
        counted.add(Tick("a", 1, 0, 1.0, reused=False))
    assert counted.expected() == {"a": 3.0}
    assert counted.seconds_left() == 0.0


def test_time_left_is_that_of_the_work_to_do_shared_by_the_workers() -> None:
    counted = tally()
    assert counted.seconds_left() is None  # what a matte costs is not known yet
    counted.add(Tick("matte", 1, 0, 10.0, reused=False))
    # probe 6 at 0.5 s; shots 4.5 at 3 s (the found one cost nothing and is no guide);
    # matte 6.5 at 10 s; two at a time
    assert counted.seconds_left() == pytest.approx((6 * 0.5 + 4.5 * 3.0 + 6.5 * 10.0) / 2)
    assert time_left(counted) == "0:00:41"


def test_plain_lines_where_there_is_no_terminal_and_one_table_at_the_end() -> None:
    text = io.StringIO()
    with RunDisplay(Console(file=text, width=100)).watching(tally()):
        pass
    assert text.getvalue().count("matte") == 1
    assert "\x1b" not in text.getvalue()
    assert line(tally()) == "probe 4/10 (-1) · shots 3/8 (-3) · matte 0/8 (-0) · left ?"


def test_a_terminal_shows_the_counts_while_they_change() -> None:
    text = io.StringIO()
    console = Console(file=text, width=100, force_terminal=True)
    with RunDisplay(console).watching(counted := tally()):
        counted.add(Tick("matte", 1, 0, 10.0, reused=False))
    assert "0:00:41" in text.getvalue()
