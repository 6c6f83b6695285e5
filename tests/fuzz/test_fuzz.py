"""Damaged inputs and absurd options end in a result or in one clear line, within bounds."""

import random
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz_cases import Case, Outcome, faults_of, names_below, run_forked
from mutations import KINDS, damaged

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bounds on memory are Linux's")
PROGRAM = Path(__file__).with_name("fuzz_run.py")
CASE = Case("a", ("cameras",), (), (), ("kept",), True)
MISTAKE = "dynascene: a.png: no such file\n"


@pytest.mark.parametrize(
    ("seed", "whole", "cases", "more"),
    [(0, 40, 160, ["--made"]), pytest.param(1, 999, 500, [], marks=pytest.mark.long)],
)
def test_damaged_inputs(seed: int, whole: int, cases: int, more: list[str]) -> None:
    numbers = {"seed": seed, "whole": whole, "cases": cases}
    command = [sys.executable, str(PROGRAM), *more]
    command += [text for name, number in numbers.items() for text in (f"--{name}", str(number))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert re.search(r"^\d\d+ whole commands, 0 faults$", done.stdout, re.MULTILINE)
    assert f"{cases} cases, 0 faults" in done.stdout
    results = re.search(r"exit codes \{.*?\b0: (\d+)", done.stdout)
    assert results, done.stdout[-2000:]
    assert int(results[1]) >= cases // 10  # that not all end in a mistake


@pytest.mark.parametrize(
    ("code", "errors", "fault"),
    [
        (0, "", ""),
        (2, MISTAKE, ""),
        (2, f"a notice\n{MISTAKE}", ""),
        (1, "Traceback (most recent call last):\n", "exit code 1; 'Traceback' on standard error"),
        (2, "", "0 lines say what is wrong"),
        (2, MISTAKE * 2, "2 lines say what is wrong"),
        (2, f"{MISTAKE}a notice\n", "others come after it"),
        (2, f"libpng warning: x\n{MISTAKE}", "'libpng' on standard error"),
        (2, "dynascene: not enough memory: take less\n", "GiB of memory"),
        (2, f"dynascene: {'x' * 2000}\n", "more than 1200 letters"),
        (-11, "", "ended by SIGSEGV"),
        (-27, "", "more than 60 seconds"),
    ],
)
def test_what_a_fault_is(code: int, errors: str, fault: str, tmp_path: Path) -> None:
    faults = faults_of(CASE, Outcome(code, errors, 0, 0), set(), tmp_path)
    assert fault in "; ".join(faults)
    assert bool(faults) == bool(fault)


def test_what_is_left_behind_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "input").touch()
    before = names_below(tmp_path)
    for name in ("kept", "out"):
        (tmp_path / name).touch()
    failed, done = Outcome(2, MISTAKE, 0, 0), Outcome(0, "", 0, 0)
    assert faults_of(CASE, failed, before, tmp_path) == ["left behind: ['out']"]
    assert faults_of(CASE, done, before, tmp_path) == []
    (tmp_path / ".out.partial-x").mkdir()
    assert "half-made" in "".join(faults_of(CASE, done, before, tmp_path))
    (tmp_path / "input").unlink()
    assert "inputs are gone" in "".join(faults_of(CASE, done, before, tmp_path))


def too_much_memory() -> int:
    return len(bytearray(5 * 2**30))


def a_large_file() -> int:
    with open("a", "wb") as file:
        file.truncate(2 * 2**30)
    return 0


@pytest.mark.parametrize(("work", "code"), [(too_much_memory, 70), (a_large_file, -signal.SIGXFSZ)])
def test_bounds_hold(work: Callable[[], int], code: int, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    assert run_forked(work, tmp_path, tmp_path / "errors.txt").code == code
    assert resource.getrlimit(resource.RLIMIT_FSIZE) == before  # in this process


def test_damage_depends_on_the_seed_alone() -> None:
    content = b'{"a": [1, 2.5, {"b": "x"}], "c": null}\n' * 2
    one, other = ([damaged(content, random.Random(seed)) for seed in range(300)] for _ in "ab")
    assert one == other
    assert len(set(one)) > 150
    for kind in KINDS:
        assert any(kind(content, random.Random(seed)) != content for seed in range(9))
