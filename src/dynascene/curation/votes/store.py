"""The votes on clips, in an append-only table of SQLite or PostgreSQL.

A row is a vote, or an undo that names the vote it takes back. A rater's newest vote on a clip that
was not taken back is the standing one.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from dynascene.curation.votes.tally import CHOICES, Choice, Tally
from dynascene.errors import InputError, one_line
from dynascene.extras import installation

UNDO = "undo"
LONGEST_NAME = 64  # characters of a rater's name
BUSY_SECONDS = 60  # SQLite has one writer at a time; the others wait
UNDO_ATTEMPTS = 5  # for simultaneous undos of one vote
DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}

SCHEMA = sa.MetaData()
VOTES = sa.Table(
    "votes",
    SCHEMA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("clip", sa.Text, nullable=False),
    sa.Column("rater", sa.String(LONGEST_NAME), nullable=False),
    sa.Column("choice", sa.String(8), nullable=False),
    sa.Column("undoes", sa.ForeignKey("votes.id"), unique=True),  # once: two undos never share one
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint(f"choice IN {(*CHOICES, UNDO)}", name="known_choice"),
    sa.CheckConstraint(f"(choice = '{UNDO}') = (undoes IS NOT NULL)", name="undo_names_a_vote"),
    sa.Index("votes_of_clip", "clip", "rater", "id"),
    sa.Index("votes_of_rater", "rater", "id"),
)


@dataclass(frozen=True)
class VoteStore:
    """The votes of one data set. Safe for several threads and processes."""

    engine: Engine

    def vote(self, clip: str, rater: str, choice: Choice) -> None:
        """Add a vote.

        Raises:
            InputError: the choice does not exist, or the database fails.
        """
        if choice not in CHOICES:
            raise InputError(f"vote {choice!r}: choose one of {', '.join(CHOICES)}")
        row = {"clip": clip, "rater": rater, "choice": choice, "at": _now()}
        with self._transaction() as connection:
            connection.execute(VOTES.insert(), row)

    def undo(self, rater: str) -> str | None:
        """Take back the rater's newest standing vote.

        Returns:
            The clip it was on; None where there is no such vote.

        Raises:
            InputError: the database fails.
        """
        columns = ["clip", "rater", "choice", "undoes", "at"]
        newest = (
            sa.select(VOTES.c.clip, VOTES.c.rater, sa.literal(UNDO), VOTES.c.id, sa.literal(_now()))
            .where(VOTES.c.rater == rater, _is_standing())
            .order_by(VOTES.c.id.desc())
            .limit(1)
        )
        statement = VOTES.insert().from_select(columns, newest).returning(VOTES.c.clip)
        for _ in range(UNDO_ATTEMPTS):
            try:
                with self._transaction() as connection:
                    return connection.execute(statement).scalar_one_or_none()
            except IntegrityError:
                continue
        raise InputError(f"{rater}: several undos at once; try again")

    def votes_of(self, rater: str) -> dict[str, Choice]:
        """The rater's standing votes, by clip, oldest first."""
        query = (
            sa.select(VOTES.c.clip, VOTES.c.choice)
            .where(VOTES.c.rater == rater, _is_standing())
            .order_by(VOTES.c.id)
        )
        votes: dict[str, Choice] = {}
        with self._transaction() as connection:
            for clip, choice in connection.execute(query):
                votes.pop(clip, None)  # a newer vote moves the clip to the end
                votes[clip] = choice
        return votes

    def tallies(self) -> dict[str, Tally]:
        """The standing votes by clip; clips without votes are left out."""
        query = sa.select(VOTES.c.clip, VOTES.c.rater, VOTES.c.choice).where(_is_standing())
        with self._transaction() as connection:
            rows = connection.execute(query.order_by(VOTES.c.id)).all()
        newest = {(clip, rater): choice for clip, rater, choice in rows}
        counts: dict[str, Counter[str]] = {}
        for (clip, _), choice in newest.items():
            counts.setdefault(clip, Counter())[choice] += 1
        return {clip: Tally(**count) for clip, count in counts.items()}

    def __len__(self) -> int:
        """The number of rows, undos included."""
        with self._transaction() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(VOTES)).scalar_one()

    @contextmanager
    def _transaction(self) -> Generator[Connection]:
        """A transaction that is committed where the block ends without an error."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise InputError(f"{_address_text(self.engine.url)}: {_cause(error)}") from None


def open_votes(address: Path | str) -> VoteStore:
    """Open the votes; their table is made where it is missing.

    Args:
        address: a file, for a SQLite database, or a URL ``postgresql://USER@HOST/NAME``.

    Raises:
        InputError: the database cannot be reached.
    """
    try:
        url = _url(address)
        engine = sa.create_engine(url, pool_pre_ping=True, **_options(url))
    except (ArgumentError, NoSuchModuleError) as error:
        raise InputError(f"`database`: {_cause(error)}; give postgresql://USER@HOST/NAME") from None
    except ModuleNotFoundError as error:
        raise InputError(
            f"`database`: {error.name} is not installed; {installation('curation')}"
        ) from None
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    store = VoteStore(engine)
    try:
        with store._transaction() as connection:
            SCHEMA.create_all(connection)
    except IntegrityError:  # PostgreSQL, when somebody else makes the table at this moment
        SCHEMA.create_all(engine)
    return store


def rater_name(text: str) -> str:
    """A rater's name with single spaces between words.

    Raises:
        InputError: it is empty or too long, or has invisible characters.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise InputError(f"name: give one of 1 to {LONGEST_NAME} characters")
    if any(unicodedata.category(letter).startswith("C") for letter in name):
        raise InputError("name: has characters that cannot be shown")
    return name


def _is_standing() -> sa.ColumnElement[bool]:
    later = VOTES.alias()
    undone = sa.exists().where(later.c.undoes == VOTES.c.id)
    return sa.and_(VOTES.c.choice != UNDO, ~undone)


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _url(address: Path | str) -> sa.URL:
    if isinstance(address, Path) or "://" not in address:
        path = Path(address)
        if not path.parent.is_dir():
            raise InputError(f"{path}: the folder {path.parent} does not exist")
        return sa.URL.create("sqlite", database=str(path.resolve()))
    url = sa.make_url(address)
    return url.set(drivername=DRIVERS.get(url.drivername, url.drivername))


def _options(url: sa.URL) -> Mapping[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": BUSY_SECONDS}, "pool_timeout": BUSY_SECONDS}
    return {"pool_timeout": BUSY_SECONDS}


def _prepare_sqlite(connection: Any, _: Any) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _address_text(url: sa.URL) -> str:
    return url.render_as_string(hide_password=True)


def _cause(error: Exception) -> str:
    """The message of the database's own driver, where there is one."""
    return one_line(getattr(error, "orig", None) or error)
