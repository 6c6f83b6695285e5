"""Drafts and jobs of the app: what is kept, whose turn it is, and what a killed server leaves."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from dynascene.errors import InputError
from dynascene.estimators.matte.hints import Hint
from dynascene.interfaces.app.drafts import FILE, Draft
from dynascene.interfaces.app.sessions import is_session, kept_secret, new_session
from dynascene.interfaces.app.store import MOST_STARTS, MOST_WAITING, JobStore
from dynascene.interfaces.cli.main import main

ADA, BOB, CAT = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[JobStore]:
    ticks = count(1.0)
    opened = JobStore(path, clock=lambda: next(ticks))
    yield opened
    opened.close()


def restarted(path: Path) -> JobStore:
    """The store of a server that was killed and started again."""
    store = JobStore(path)
    store.recover()
    return store


def test_a_draft_is_the_same_as_text() -> None:
    draft = Draft(
        clip="a.mp4", frames=(3, 9), subject=(1.5, 2.0), hints=(Hint(3, 1.0, 2.0, False),),
        camera=FILE, stand=(7.0, 8.0), light=(-60.0, 40.0), size=(768, 432), layers=("png",),
    )  # fmt: skip
    assert Draft.from_json(draft.json()) == draft


def test_only_the_generator_vace_takes_weights_and_a_prompt() -> None:
    chosen = {"clip": "a.mov", "scene": "b.png", "weights": "wan", "preset": "12", "prompt": "fog"}
    options = Draft(**chosen, generator="vace").request().options
    assert (options.weights, options.preset, options.prompt) == ("wan", "12", "fog")
    options = Draft(**chosen, generator="projection").request().options
    assert (options.weights, options.preset, options.prompt) == (None, None, None)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--vace-weights", "nowhere/at/all"), "nowhere/at/all: is no folder"),
        (("--preset", "12"), "--preset: is for the generator vace; give --vace-weights"),
    ],
)
def test_the_servers_public_weights_are_checked_first(
    options: tuple[str, str],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("gradio", reason="gradio is not installed")
    monkeypatch.setattr("dynascene.generation.vace_weights.fetched_weights", lambda: None)
    with pytest.raises(SystemExit):
        main(["app", "--port", "0", "--folder", str(tmp_path / "app"), *options])
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "app").exists()


def test_fields_of_another_version_are_left_out() -> None:
    assert Draft.from_json('{"clip": "a.mp4", "of_a_later_version": 1}') == Draft(clip="a.mp4")


def test_drafts_are_kept_apart_and_across_restarts(store: JobStore, path: Path) -> None:
    store.change(ADA, clip="ada.mp4")
    store.change(BOB, clip="bob.mp4", horizon=0.4)
    store.change(ADA, person_scale=1.3)
    again = restarted(path)
    assert again.draft(ADA) == Draft(clip="ada.mp4", person_scale=1.3)
    assert again.draft(BOB) == Draft(clip="bob.mp4", horizon=0.4)
    assert again.draft(CAT) == Draft()
    again.close()


def test_a_job_keeps_the_draft_of_its_time(store: JobStore) -> None:
    store.change(ADA, clip="first.mp4")
    store.add(ADA, "render")
    store.change(ADA, clip="second.mp4")
    job = store.take()
    assert job is not None
    assert job.draft.clip == "first.mp4"


def test_sessions_take_turns(store: JobStore) -> None:
    for kind in ("matte", "track", "render"):
        store.add(ADA, kind)
    store.add(BOB, "render")
    store.add(CAT, "matte")
    turns = []
    while (job := store.take()) is not None:
        turns.append((job.session[0], job.kind))
        store.finish(job.id, "done")
    assert turns == [
        ("a", "matte"), ("b", "render"), ("c", "matte"), ("a", "track"), ("a", "render"),
    ]  # fmt: skip


def test_who_was_served_waits_for_who_came_later(store: JobStore) -> None:
    store.add(ADA, "matte")
    first = store.take()
    store.add(ADA, "render")
    store.add(BOB, "matte")
    second = store.take()
    assert first is not None
    assert second is not None
    assert (first.session, second.session) == (ADA, BOB)


def test_the_place_in_the_queue_is_that_of_the_turns(store: JobStore) -> None:
    mine = [store.add(ADA, kind).id for kind in ("matte", "track", "render")]
    theirs = store.add(BOB, "render").id
    assert [store.jobs_before(number) for number in (*mine, theirs)] == [0, 2, 3, 1]
    store.take()
    assert [store.jobs_before(number) for number in (*mine[1:], theirs)] == [2, 3, 1]


def test_a_newer_job_of_a_kind_replaces_one_that_waits(store: JobStore) -> None:
    older, newer = store.add(ADA, "render"), store.add(ADA, "render")
    assert store.job(older.id).state == "cancelled"
    assert store.job(newer.id).state == "waiting"
    running = store.take()
    assert running is not None
    store.add(ADA, "render")
    assert store.job(running.id).state == "running"


def test_one_session_cannot_fill_the_queue(store: JobStore) -> None:
    kinds = ("matte", "track", "render")
    for number in range(MOST_WAITING):
        store.add(ADA, kinds[number % 3])
        store.take()
    with pytest.raises(InputError, match="cancel one"):
        store.add(ADA, "matte")
    store.add(BOB, "matte")


def test_what_ran_when_the_server_was_killed_runs_again(store: JobStore, path: Path) -> None:
    store.change(ADA, clip="a.mp4")
    added = store.add(ADA, "render")
    waits = store.add(BOB, "matte")
    assert store.take() is not None
    store.begin_stage(added.id, "frames", 24)
    store.set_step(added.id, 7)
    again = restarted(path)
    assert again.job(added.id).state == "waiting"
    assert again.job(waits.id).state == "waiting"
    assert again.take() == again.job(waits.id)  # the other one has not had a turn yet
    second = again.take()
    assert second is not None
    assert (second.id, second.starts, second.step) == (added.id, 2, 0)
    assert second.draft.clip == "a.mp4"
    again.close()


def test_a_job_that_takes_the_server_down_is_not_started_for_ever(path: Path) -> None:
    for start in range(MOST_STARTS + 1):
        store = restarted(path)
        number = store.add(ADA, "matte").id if start == 0 else 1
        job = store.take()
        assert (job is None) == (start == MOST_STARTS)
        assert store.job(number).state == ("failed" if start == MOST_STARTS else "running")
        store.close()


def test_a_result_and_its_draft_come_together(store: JobStore) -> None:
    store.change(ADA, clip="a.mp4")
    job = store.add(ADA, "matte")
    store.take()
    store.finish(job.id, "done", changes={"matte": "made/here"})
    assert store.draft(ADA) == Draft(clip="a.mp4", matte="made/here")
    assert store.last_job(ADA, "matte") == store.job(job.id)
    assert store.last_job(ADA, "matte", "failed") is None
    assert store.last_job(BOB, "matte") is None


def test_what_waits_is_cancelled_and_what_runs_is_not(store: JobStore) -> None:
    first, second = store.add(ADA, "matte"), store.add(BOB, "matte")
    store.take()
    assert not store.cancel_waiting(first.id)
    assert store.cancel_waiting(second.id)
    assert [store.job(job.id).state for job in (first, second)] == ["running", "cancelled"]
    assert store.take() is None


def test_progress_and_notices(path: Path) -> None:
    now = [100.0]
    store = JobStore(path, clock=lambda: now[0])
    job = store.add(ADA, "render")
    store.take()
    store.begin_stage(job.id, "frames", 30)
    assert store.job(job.id).seconds_left(now[0]) is None  # nothing is known yet
    now[0] = 110.0
    store.set_step(job.id, 10)
    store.add_notice(job.id, 'it\'s "so"')
    store.add_notice(job.id, "again")
    stands = store.job(job.id)
    assert (stands.stage, stands.step, stands.total) == ("frames", 10, 30)
    assert stands.seconds_left(now[0]) == pytest.approx(20)
    assert stands.notices == ('it\'s "so"', "again")
    store.close()


def test_a_file_that_is_no_database_is_refused_in_one_line(path: Path) -> None:
    path.write_text("something else, long enough to be looked at" * 40)
    with pytest.raises(InputError, match=r"jobs cannot be kept"):
        JobStore(path)


def test_names_of_sessions() -> None:
    assert is_session(new_session())
    assert new_session() != new_session()
    for other in (None, 7, "", "a" * 31, "../" + "a" * 29, "é" * 32):
        assert not is_session(other)


def test_the_secret_is_kept_and_private(tmp_path: Path) -> None:
    secret = kept_secret(tmp_path / "secret")
    assert kept_secret(tmp_path / "secret") == secret
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
