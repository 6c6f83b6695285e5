"""Every clip comes out with a verdict; finished work is not done again; Ray changes nothing."""

import contextlib
import os
from collections.abc import Generator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from threading import Thread

import pytest
from tiny_stages import Length, Shots, gate_of, tiny_plan, tiny_sources, worker_path

from dynascene.curation.clip import Clip, Source
from dynascene.curation.engine.loop import Loop
from dynascene.curation.engine.progress import RunProgress
from dynascene.curation.engine.ray import OnRay, ray_started
from dynascene.curation.engine.step import ATTEMPTS, ERRORS_LOG, StageStep
from dynascene.curation.engine.store import Item, Store, key_of
from dynascene.curation.pipeline import run_plan
from dynascene.errors import InputError

TEXTS = ("9 3 7", "", "raise", "5", "9 4 6 8", "8")
LIMIT = 4.0  # seconds for a clip: a hundred times what one takes that does not hang


@pytest.fixture(scope="module")
def loop() -> Generator[Loop]:
    """One process for all tests."""
    with Loop() as engine:
        yield engine


class Eyes:
    """Keeps the tally of the last run."""

    tally: RunProgress

    @contextlib.contextmanager
    def watching(self, tally: RunProgress) -> Generator[None]:
        self.tally = tally
        yield

    def notice(self, text: str) -> None:
        pass


def told(clips: Sequence[Clip], root: Path) -> list[tuple[str, int, int, str]]:
    """Clips in short: source, start, stop, and what became of it."""
    return [
        (
            Path(clip.source.location).name,
            clip.start,
            clip.stop,
            clip.rejection.code if clip.rejection else f"kept {_written(clip, root)}",
        )
        for clip in clips
    ]


def _written(clip: Clip, root: Path) -> str:
    assert all(Path(path).is_relative_to(root) for path in clip.files.values())
    return "+".join(
        Path(clip.files[role]).read_text(encoding="utf-8") for role in ("length", "twice")
    )


EXPECTED = [
    ("000.txt", 0, 9, "kept 9+18"),
    ("000.txt", 9, 12, "short"),
    ("000.txt", 12, 19, "kept 7+14"),
    ("001.txt", 0, 0, "empty"),
    ("002.txt", 0, 0, "error"),
    ("003.txt", 0, 5, "kept 5+10"),
    ("004.txt", 0, 9, "again"),
    ("004.txt", 9, 13, "short"),
    ("004.txt", 13, 19, "kept 6+12"),
    ("004.txt", 19, 27, "kept 8+16"),
    ("005.txt", 0, 8, "again"),
]


def test_every_clip_has_a_verdict_and_the_order_is_that_of_source_and_start(
    tmp_path: Path, loop: Loop
) -> None:
    sources, store, eyes = tiny_sources(tmp_path / "in", TEXTS), Store(tmp_path / "work"), Eyes()
    missing = Source(str(tmp_path / "in" / "gone.txt"))
    clips = run_plan([missing, *reversed(sources)], tiny_plan(), store, loop, eyes)
    assert told(clips, tmp_path / "work")[:-1] == EXPECTED
    assert clips[-1].rejection is not None
    assert clips[-1].rejection.code == "unreadable"
    counts = {
        c.name: (c.clips_in, c.clips_kept, c.clips_dropped, c.reused)
        for c in eyes.tally.counts.values()
    }
    assert counts == {
        "source": (7, 6, 1, 0),
        "shots": (6, 9, 2, 0),
        "length": (9, 7, 2, 0),
        "twice": (5, 5, 0, 0),
    }


def test_a_second_run_does_nothing_again_and_a_changed_config_only_what_depends_on_it(
    tmp_path: Path, loop: Loop
) -> None:
    sources, store, eyes = tiny_sources(tmp_path / "in", TEXTS), Store(tmp_path / "work"), Eyes()
    first = run_plan(sources, tiny_plan(), store, loop, eyes)
    assert run_plan(sources, tiny_plan(), store, loop, eyes) == first
    assert all(count.clips_computed == 0 for count in eyes.tally.counts.values())

    run_plan(sources, tiny_plan(shortest=6), store, loop, eyes)
    made = {count.name: count.clips_computed for count in eyes.tally.counts.values()}
    assert made == {"source": 0, "shots": 0, "length": 9, "twice": 4}

    Path(sources[3].location).write_text("5 7", encoding="utf-8")
    run_plan(sources, tiny_plan(), store, loop, eyes)
    made = {count.name: count.clips_computed for count in eyes.tally.counts.values()}
    assert made == {"source": 1, "shots": 1, "length": 2, "twice": 1}


def test_the_same_bytes_elsewhere_are_not_worked_on_again(tmp_path: Path, loop: Loop) -> None:
    sources, store, eyes = tiny_sources(tmp_path / "in", ["9 7"] * 3), Store(tmp_path / "w"), Eyes()
    clips = run_plan(sources, tiny_plan(), store, loop, eyes)
    assert eyes.tally.counts["shots"].clips_computed == 1
    assert [clip.source.location for clip in clips] == [s.location for s in sources for _ in "ab"]


def test_a_stage_that_raises_drops_the_clip_after_bounded_logged_attempts(
    tmp_path: Path, loop: Loop
) -> None:
    sources, store = tiny_sources(tmp_path / "in", ["raise", "9"]), Store(tmp_path / "work")
    bad, good = run_plan(sources, tiny_plan(), store, loop, Eyes())
    assert asdict(bad)["rejection"] == {
        "stage": "shots",
        "code": "error",
        "reason": "ValueError: cannot write x",  # not the folder of the attempt
        "measured": None,
    }
    assert good.is_kept
    log = (tmp_path / "work" / ERRORS_LOG).read_text()
    assert log.count("Traceback") == ATTEMPTS
    assert "000.txt" in log
    assert not list((tmp_path / "work" / "trials").iterdir())


@pytest.mark.parametrize("word", ["import", "weights"])
def test_a_broken_program_stops_the_run_in_one_line(tmp_path: Path, word: str, loop: Loop) -> None:
    sources, store = tiny_sources(tmp_path / "in", ["9", word]), Store(tmp_path / "work")
    with pytest.raises(InputError, match=r"^stage shots: .*(nothing|cannot be fetched)[^\n]*$"):
        run_plan(sources, tiny_plan(), store, loop, Eyes())


class FullDisk(Length):
    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        try:
            raise OSError(28, "No space left on device")
        except OSError:
            raise InputError(f"{folder}: cannot be written") from None


def test_a_full_disk_is_no_video_s_fault(tmp_path: Path, loop: Loop) -> None:
    sources, store = tiny_sources(tmp_path / "in", ["9"]), Store(tmp_path / "work")
    plan = replace(tiny_plan(), looks=(Shots(), FullDisk(5)))
    with pytest.raises(InputError, match="No space left on device"):
        run_plan(sources, plan, store, loop, Eyes())


def test_a_clip_that_takes_workers_down_is_given_up_but_not_for_another_run_s_end(
    tmp_path: Path,
) -> None:
    """The attempts of a run that was killed do not count; those of this run do."""
    (source,) = tiny_sources(tmp_path / "in", ["9"])
    item = Item("key", Clip(source, Path(source.location)))
    trial = f"trials/{key_of(Shots(), item.key)}"
    for run, expected in (("old", True), ("new", False)):
        store = Store(tmp_path / run)
        (store.root / "trials").mkdir(parents=True)
        (store.root / trial).write_text("old\n" * ATTEMPTS if run == "old" else "now\n" * ATTEMPTS)
        (done,) = StageStep(Shots(), store, "now")(item).items
        assert done.clip.is_kept is expected
    assert done.clip.rejection is not None
    assert done.clip.rejection.code == "crash"


def test_a_clip_that_hangs_or_crashes_costs_itself_alone_and_may_get_more_time(
    tmp_path: Path, loop: Loop
) -> None:
    """The hang is in C that keeps Python's lock, where no signal or thread could end it."""
    sources = tiny_sources(tmp_path / "in", ["hang 9", "crash", "8"])
    gate = gate_of(Path(sources[0].location))
    os.mkfifo(gate)
    store, eyes = Store(tmp_path / "work"), Eyes()
    brief = tiny_plan(time_limit=LIMIT)
    expected = [("000.txt", 0, 0, "timed-out"), ("001.txt", 0, 0, "crash")]
    clips = run_plan(sources, brief, store, loop, eyes)
    assert told(clips, tmp_path / "work") == [*expected, ("002.txt", 0, 8, "kept 8+16")]
    assert clips[0].rejection is not None
    assert clips[0].rejection.measured == LIMIT
    assert "tiny_stages.py" in (store.root / ERRORS_LOG).read_text()  # where it hung
    assert not list(store.new.glob("*"))
    assert run_plan(sources, brief, store, loop, eyes) == clips
    assert all(count.clips_computed == 0 for count in eyes.tally.counts.values())
    opener = Thread(target=gate.write_text, args=("",), daemon=True)  # waits for who waits there
    opener.start()
    patient = run_plan(sources, tiny_plan(), store, loop, eyes)
    assert patient[0].is_kept
    assert eyes.tally.counts["shots"].clips_computed == 1


def test_what_takes_down_every_process_stops_the_run(tmp_path: Path) -> None:
    source = Source(str(tmp_path / "x.txt"))
    plan = replace(tiny_plan(), opener=ended)
    with (
        Loop() as engine,
        pytest.raises(InputError, match=r"x\.txt: takes down every process in source"),
    ):
        run_plan([source], plan, Store(tmp_path / "work"), engine, Eyes())


def ended(source: Source) -> Path:
    os._exit(1)


def test_bytes_other_than_listed_are_dropped_and_the_right_ones_kept(
    tmp_path: Path, loop: Loop
) -> None:
    first, second = tiny_sources(tmp_path / "in", ["9", "8"])
    (known, _) = run_plan([first, second], tiny_plan(), Store(tmp_path / "a"), loop, Eyes())
    listed = [replace(first, sha256=known.source.sha256), replace(second, sha256="0" * 64)]
    good, bad = run_plan(listed, tiny_plan(), Store(tmp_path / "b"), loop, Eyes())
    assert good.is_kept
    assert bad.rejection is not None
    assert (bad.rejection.code, len(str(bad.rejection.measured))) == ("changed", 64)


@contextlib.contextmanager
def _ray_if_it_starts() -> Generator[OnRay]:
    """Ray gives itself 30 seconds, which a machine with many other tests may not have."""
    with contextlib.ExitStack() as stack:
        try:
            engine = stack.enter_context(ray_started(workers=2))
        except InputError as error:
            pytest.skip(str(error))
        yield engine


def test_on_ray_the_result_is_that_of_the_loop_and_a_crash_costs_one_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loop: Loop
) -> None:
    """One start of Ray for all that needs one."""
    pytest.importorskip("ray")
    monkeypatch.setenv("PYTHONPATH", worker_path())
    sources = tiny_sources(tmp_path / "in", (*TEXTS, "crash"))
    eyes = Eyes()
    with _ray_if_it_starts() as engine:
        plan, store = tiny_plan(), Store(tmp_path / "ray")
        clips = run_plan(sources, plan, store, engine, eyes)
        assert told(clips, tmp_path / "ray") == [*EXPECTED, ("006.txt", 0, 0, "crash")]
        alone = run_plan(sources[:-1], plan, Store(tmp_path / "loop"), loop, Eyes())
        assert told(alone, tmp_path / "loop") == EXPECTED
        taken = {count.name: count.clips_in for count in eyes.tally.counts.values()}
        assert taken == {"source": 7, "shots": 7, "length": 9, "twice": 5}

        again = run_plan(sources, plan, store, engine, eyes)
        assert again == clips
        assert all(count.clips_computed == 0 for count in eyes.tally.counts.values())

        pair = tiny_sources(tmp_path / "pair", ["meet 9", "meet 8"])  # each waits for the other
        met = run_plan(pair, plan, Store(tmp_path / "met"), engine, Eyes())
        assert [clip.is_kept for clip in met] == [True, True]

        tiny_sources(tmp_path / "in", ["9", "8", "weights"])
        with pytest.raises(InputError, match="stage shots: weights x: cannot be fetched"):
            run_plan(sources, plan, Store(tmp_path / "other"), engine, Eyes())


@pytest.mark.long
def test_on_ray_a_hang_costs_one_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    monkeypatch.setenv("PYTHONPATH", worker_path())
    sources = tiny_sources(tmp_path / "in", (*TEXTS, "hang 9"))
    os.mkfifo(gate_of(Path(sources[-1].location)))
    with _ray_if_it_starts() as engine:
        plan, store = tiny_plan(time_limit=LIMIT), Store(tmp_path / "ray")
        clips = run_plan(sources, plan, store, engine, Eyes())
        assert told(clips, tmp_path / "ray") == [*EXPECTED, ("006.txt", 0, 0, "timed-out")]


def test_gpu_stages_share_what_accelerators_there_are_and_run_on_cores_without() -> None:
    steps = [StageStep(Length(5, accelerators=a), Store(Path()), "") for a in (0.5, 1.0, 0.0)]
    with_gpu, without = OnRay(4.0, 1.0), OnRay(4.0, 0.0)
    shares = [with_gpu.operator(s, steps, None).get("num_gpus", 0.0) for s in steps]
    assert shares[2] == 0.0
    assert sum(shares) == pytest.approx(1.0)
    assert shares[1] == pytest.approx(2 * shares[0])
    assert not any("num_gpus" in without.operator(s, steps, None) for s in steps)
    big = StageStep(Length(5, processors=9.0), Store(Path()), "")
    assert without.operator(big, [big], None)["num_cpus"] == 4.0


def test_a_cluster_that_is_not_there_is_said_in_one_line() -> None:
    pytest.importorskip("ray")
    with (
        pytest.raises(InputError, match=r"^no Ray cluster answers at 127\.0\.0\.1:1: [^\n]+$"),
        ray_started("127.0.0.1:1"),
    ):
        pass
