"""Drafts and jobs in SQLite: they survive a reload of the page and a restart of the server."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from dynascene.errors import InputError
from dynascene.interfaces.app.drafts import Draft

Kind = Literal["matte", "track", "render"]
State = Literal["waiting", "running", "done", "failed", "cancelled"]
ACTIVE: tuple[State, ...] = ("waiting", "running")
MOST_STARTS = 3  # of a job: one that takes the server down is not started for ever
MOST_WAITING = 8  # jobs of one session
TABLES = """
CREATE TABLE IF NOT EXISTS drafts (session TEXT PRIMARY KEY, draft TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, kind TEXT NOT NULL,
    draft TEXT NOT NULL, state TEXT NOT NULL, starts INTEGER NOT NULL DEFAULT 0,
    stage TEXT NOT NULL DEFAULT '', step INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0, notices TEXT NOT NULL DEFAULT '[]',
    message TEXT NOT NULL DEFAULT '', added REAL NOT NULL, began REAL, stage_began REAL, ended REAL
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state);
"""
# Whoever was served longest ago comes next: sessions take turns however many jobs they ask for.
NEXT = """
SELECT waiting.* FROM jobs AS waiting
WHERE waiting.state = 'waiting'
ORDER BY (SELECT COALESCE(MAX(past.began), 0) FROM jobs AS past
          WHERE past.session = waiting.session), waiting.id
LIMIT 1
"""


@dataclass(frozen=True)
class Job:
    """A job as it stands. Times are seconds since 1970; step of total is how far its stage is."""

    id: int
    session: str
    kind: Kind
    draft: Draft
    state: State
    starts: int
    stage: str
    step: int
    total: int
    notices: tuple[str, ...]
    message: str
    added: float
    began: float | None
    stage_began: float | None
    ended: float | None

    @property
    def is_active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ACTIVE

    def seconds_left(self, now: float) -> float | None:
        """Of its stage, as far as its steps tell; None where they do not yet."""
        if self.state != "running" or not 0 < self.step <= self.total or self.stage_began is None:
            return None
        passed = max(0.0, now - self.stage_began)  # the clock may have been set back
        return passed / self.step * (self.total - self.step)


class JobStore:
    """One SQLite file; methods may be called from any thread.

    Raises InputError where the file cannot be used.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path, self.clock = path, clock
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(
                path, check_same_thread=False, isolation_level=None, timeout=30
            )
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.executescript(TABLES)
        except sqlite3.Error as error:
            raise InputError(f"{path}: jobs cannot be kept there ({error})") from None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    # ---- drafts

    def draft(self, session: str) -> Draft:
        """What was chosen in a session; an empty draft in a new one."""
        rows = self._read("SELECT draft FROM drafts WHERE session = ?", session)
        return Draft.from_json(rows[0]["draft"]) if rows else Draft()

    def change(self, session: str, **changes: Any) -> Draft:
        """Change fields of a session's draft; the draft as it is then."""
        with self._writing() as connection:
            return _change(connection, session, changes)

    # ---- jobs

    def add(self, session: str, kind: Kind) -> Job:
        """Put a job behind the others, with the session's draft as it is now.

        A job of the same kind that still waits is cancelled: the newer choice counts.

        Raises InputError where the session has too many jobs already.
        """
        with self._writing() as connection:
            connection.execute(
                "UPDATE jobs SET state = 'cancelled', ended = ? "
                "WHERE session = ? AND kind = ? AND state = 'waiting'",
                (self.clock(), session, kind),
            )
            active = connection.execute(
                "SELECT COUNT(*) FROM jobs WHERE session = ? AND state IN ('waiting', 'running')",
                (session,),
            ).fetchone()[0]
            if active >= MOST_WAITING:
                raise InputError(f"{active} jobs of yours wait already: cancel one first")
            draft = connection.execute(
                "SELECT draft FROM drafts WHERE session = ?", (session,)
            ).fetchone()
            text = draft["draft"] if draft else Draft().json()
            number = connection.execute(
                "INSERT INTO jobs (session, kind, draft, state, added) "
                "VALUES (?, ?, ?, 'waiting', ?)",
                (session, kind, text, self.clock()),
            ).lastrowid
        assert number is not None
        return self.job(number)

    def take(self) -> Job | None:
        """Start the next job, of the session that was served longest ago; None without any."""
        with self._writing() as connection:
            row = connection.execute(NEXT).fetchone()
            if row is None:
                return None
            connection.execute(
                "UPDATE jobs SET state = 'running', starts = starts + 1, began = ?, stage = '', "
                "step = 0, total = 0, notices = '[]' WHERE id = ?",
                (self.clock(), row["id"]),
            )
        return self.job(row["id"])

    def begin_stage(self, number: int, stage: str, total: int) -> None:
        """A running job has come to a stage of ``total`` steps."""
        self._write(
            "UPDATE jobs SET stage = ?, step = 0, total = ?, stage_began = ? WHERE id = ?",
            stage, total, self.clock(), number,
        )  # fmt: skip

    def set_step(self, number: int, step: int) -> None:
        """A running job has done so many steps of its stage."""
        self._write("UPDATE jobs SET step = ? WHERE id = ?", step, number)

    def add_notice(self, number: int, text: str) -> None:
        """A running job tells something."""
        self._write(
            "UPDATE jobs SET notices = json_insert(notices, '$[#]', ?) WHERE id = ?", text, number
        )

    def finish(
        self, number: int, state: State, message: str = "", changes: dict[str, Any] | None = None
    ) -> None:
        """End a job.

        changes: of its session's draft, made in the same step, so that no result is lost.
        """
        with self._writing() as connection:
            row = connection.execute("SELECT session FROM jobs WHERE id = ?", (number,)).fetchone()
            connection.execute(
                "UPDATE jobs SET state = ?, message = ?, ended = ? WHERE id = ?",
                (state, message, self.clock(), number),
            )
            if changes:
                _change(connection, row["session"], changes)

    def cancel_waiting(self, number: int) -> bool:
        """Cancel a job that has not begun; whether it had not."""
        with self._writing() as connection:
            return (
                connection.execute(
                    "UPDATE jobs SET state = 'cancelled', ended = ? "
                    "WHERE id = ? AND state = 'waiting'",
                    (self.clock(), number),
                ).rowcount
                > 0
            )

    def requeue(self, number: int) -> None:
        """A running job waits again, as the server stopped; or fails where that came too often."""
        with self._writing() as connection:
            _requeue(connection, "id = ?", (number,), self.clock())

    def recover(self) -> None:
        """What ran when the server was killed waits again. Call it before the first ``take``."""
        with self._writing() as connection:
            _requeue(connection, "state = 'running'", (), self.clock())

    def job(self, number: int) -> Job:
        """Raises InputError where there is none."""
        rows = self._read("SELECT * FROM jobs WHERE id = ?", number)
        if not rows:
            raise InputError(f"there is no job {number}")
        return _job(rows[0])

    def last_job(self, session: str, kind: Kind, state: State | None = None) -> Job | None:
        """The newest job of a kind in a session; of a state, where one is given."""
        rows = self._read(
            "SELECT * FROM jobs WHERE session = ? AND kind = ? AND state = COALESCE(?, state) "
            "ORDER BY id DESC LIMIT 1",
            session, kind, state,
        )  # fmt: skip
        return _job(rows[0]) if rows else None

    def jobs_before(self, number: int) -> int:
        """How many jobs run, or will be started before a waiting one by the rule of turns."""
        rows = self._read("SELECT id, session, state, began FROM jobs")
        served = {row["session"]: 0.0 for row in rows}
        for row in rows:
            served[row["session"]] = max(served[row["session"]], row["began"] or 0.0)
        waiting = [row for row in rows if row["state"] == "waiting"]
        before, now = sum(row["state"] == "running" for row in rows), self.clock()
        while waiting:
            following = min(waiting, key=lambda row: (served[row["session"]], row["id"]))
            if following["id"] == number:
                return before
            waiting.remove(following)
            before, now = before + 1, now + 1
            served[following["session"]] = now
        return before

    def _read(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def _write(self, statement: str, *values: Any) -> None:
        with self._writing() as connection:
            connection.execute(statement, values)

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        """A transaction: everything in it is written, or nothing."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def _change(connection: sqlite3.Connection, session: str, changes: dict[str, Any]) -> Draft:
    row = connection.execute("SELECT draft FROM drafts WHERE session = ?", (session,)).fetchone()
    draft = replace(Draft.from_json(row["draft"]) if row else Draft(), **changes)
    connection.execute(
        "INSERT INTO drafts VALUES (?, ?) "
        "ON CONFLICT (session) DO UPDATE SET draft = excluded.draft",
        (session, draft.json()),
    )
    return draft


def _requeue(connection: sqlite3.Connection, which: str, values: Sequence[Any], now: float) -> None:
    connection.execute(
        "UPDATE jobs SET state = 'failed', ended = ?, "
        f"message = 'the server stopped {MOST_STARTS} times while this job ran' "
        f"WHERE starts >= {MOST_STARTS} AND {which}",
        (now, *values),
    )
    connection.execute(
        f"UPDATE jobs SET state = 'waiting', stage = '' WHERE state = 'running' AND {which}", values
    )


def _job(row: sqlite3.Row) -> Job:
    values = dict(row)
    values["draft"] = Draft.from_json(values["draft"])
    values["notices"] = tuple(json.loads(values["notices"]))
    return Job(**values)
