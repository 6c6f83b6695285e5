"""The benchmarks are run by hand; what they import must be there whenever the package changes."""

import runpy
import sys
from pathlib import Path

import pytest

BENCHMARKS = sorted((Path(__file__).parents[1] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda p: p.stem)
def test_a_benchmark_can_be_imported(path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "path", [str(path.parent), *sys.path])  # as when it is run
    assert runpy.run_path(str(path), run_name=path.stem)["__doc__"]


@pytest.mark.parametrize("job", ["track", "given"])
def test_jobs_that_need_another_are_refused_without_it(job: str, monkeypatch, capsys) -> None:
    path = BENCHMARKS[0].with_name("clip_stages.py")
    monkeypatch.setattr(sys, "path", [str(path.parent), *sys.path])
    monkeypatch.setattr(sys, "argv", [path.name, "--jobs", "matte", job])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(path))["main"]()
    assert end.value.code == 2
    assert "name generate too" in capsys.readouterr().err


def test_simulated_workers_keep_what_a_schedule_must(monkeypatch) -> None:
    """One does all in a row; many need the longest video; a lost node changes no verdict."""
    path = BENCHMARKS[0].with_name("scale_model.py")
    monkeypatch.setattr(sys, "path", [str(path.parent), *sys.path])
    program = runpy.run_path(str(path), run_name=path.stem)
    engine, run_of = program["Engine"], program["run_of"]
    alone, crowd = run_of(engine(1), 60), run_of(engine(60), 1)
    took = {}
    for step in alone.steps:
        took[step.location] = took.get(step.location, 0) + step.end - step.begin
    assert len(took) == 60
    assert alone.seconds == pytest.approx(sum(took.values()))
    assert crowd.seconds == pytest.approx(max(took.values()))
    assert alone.verdicts == crowd.verdicts
    for stage in ("", "person", "matte"):
        assert stage in alone.verdicts.values()
    slow = run_of(engine(60, step=100.0), 1)  # nothing but the engine counts
    assert len(slow.steps) * 100 - 100 < slow.seconds < len(slow.steps) * 100 + max(took.values())
    whole = run_of(engine(6), 10)
    fewer = run_of(program["with_loss"](engine(6), 3, whole.seconds), 10)
    assert fewer.verdicts == whole.verdicts
    assert whole.seconds < fewer.seconds < whole.seconds * 6 / 4 + max(took.values())
    late = [s for s in fewer.steps if s.end > 0.4 * whole.seconds]
    assert max(sum(a.begin <= s.begin < a.end for a in late) for s in late) == 4


def test_there_are_benchmarks() -> None:
    assert BENCHMARKS


@pytest.mark.long
def test_stage_two_at_full_size_takes_what_the_docs_say() -> None:
    """To the byte what is counted by parameters; activations and FLOP follow the libraries."""
    program = runpy.run_path(str(BENCHMARKS[0].with_name("training_size.py")))
    fixed, step = program["counted"]("dynascene.sd15.stage2", checkpointing=True)
    assert fixed == {
        "weights": 11_051_393_024,
        "gradients": 4 * 656_157_440,
        "optimiser": 8 * 656_157_440,
        "averages": 4 * 656_157_440,
    }
    assert step.activations == pytest.approx(6.86e9, rel=0.05)
    assert step.peak == pytest.approx(10.8e9, rel=0.05)
    assert step.flop == pytest.approx(216e12, rel=0.02)
