"""From votes to an outcome for each clip, and from outcomes to the manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from dynascene.curation.votes.tally import CHOICES, Tally
from dynascene.errors import InputError
from dynascene.io.manifests import MANIFEST
from dynascene.io.text import parse_json

Outcome = Literal["accepted", "rejected", "disputed", "open"]
OUTCOMES: tuple[Outcome, ...] = ("accepted", "rejected", "disputed", "open")
NO_VOTES = Tally()
OUTCOME, SPLIT_BEFORE = "people_verdict", "split_before_votes"
VOTE_COLUMNS = pa.schema(  # columns of what people said of a clip; null where nobody was asked
    [(OUTCOME, pa.string()), *((f"votes_{choice}", pa.int64()) for choice in CHOICES)]
)
RULE = b"dynascene.votes"  # in the schema's metadata: how verdicts followed from votes
BY_PEOPLE = "people: "  # how the reasons begin that stand here, so that they can be taken back


@dataclass(frozen=True)
class Rule:
    """How many equal votes decide on a clip.

    Attributes:
        needed: equal votes that decide; a majority: 2 of 3, 3 of 5, 1 of 1.
        votes_per_clip: votes that are collected for each clip.

    Raises:
        InputError: unless votes_per_clip / 2 < needed ≤ votes_per_clip.
    """

    needed: int
    votes_per_clip: int

    def __post_init__(self) -> None:
        if not self.votes_per_clip < 2 * self.needed <= 2 * self.votes_per_clip:
            raise InputError(f"`rule` {self}: must be a majority, such as 1/1, 2/3 or 3/5")

    def __str__(self) -> str:
        return f"{self.needed}/{self.votes_per_clip}"

    @staticmethod
    def parse(text: str) -> Rule:
        """Read a rule such as "2/3".

        Raises:
            InputError: the text is no rule.
        """
        match = re.fullmatch(r"\s*(\d{1,4})\s*/\s*(\d{1,4})\s*", text)
        if not match:
            raise InputError(f"`rule` {text!r}: give votes needed of votes wanted, such as 2/3")
        return Rule(int(match[1]), int(match[2]))

    def outcome(self, tally: Tally) -> Outcome:
        """The outcome of a clip's votes.

        ``accepted``, ``rejected``: enough votes are good, or bad, and not both. ``open``: more
        votes are needed. ``disputed``: all votes are there and do not decide.
        """
        good, bad = tally.good >= self.needed, tally.bad >= self.needed
        if good != bad:
            return "accepted" if good else "rejected"
        return "disputed" if tally.total >= self.votes_per_clip else "open"


def is_judged(split: str | None, split_before: str | None, has_camera: bool | None) -> bool:
    """Whether people vote on a clip.

    Args:
        split: None: the clip is not used.
        split_before: the split that votes took away; None: they took none.
        has_camera: None: unknown, which counts as yes.
    """
    return has_camera is not False and (split or split_before) is not None


def with_outcomes(
    table: pa.Table, tallies: Mapping[str, Tally], rule: Rule, *, only_accepted: bool = False
) -> pa.Table:
    """Add the votes and outcomes to a manifest.

    A rejected clip loses its split and gets a reason; it gets the split back when later votes no
    longer reject it. So applying votes twice is the same as applying the later ones once.

    Args:
        table: with the columns clip and split, and optionally reason and has_camera.
        tallies: votes by clip.
        rule: how votes decide; stored in the schema's metadata.
        only_accepted: disputed and open clips lose their split too.

    Returns:
        The table with the columns ``people_verdict``, ``votes_good``, ``votes_bad``,
        ``votes_unsure`` and ``split_before_votes``; null for clips that the stages dropped.
    """
    names = [
        name for name in ("clip", "split", "reason", "has_camera") if name in table.schema.names
    ]
    if SPLIT_BEFORE in table.schema.names:
        names.append(SPLIT_BEFORE)
    rows = table.select(names).to_pylist()
    verdicts = [
        _verdict(row, tallies.get(row["clip"], NO_VOTES), rule, only_accepted) for row in rows
    ]
    columns = {name: [row[name] for row in verdicts] for name in _COLUMNS}
    for name, kind in _COLUMNS.items():
        column = pa.array(columns[name], kind)
        if name in table.schema.names:
            table = table.set_column(table.schema.get_field_index(name), name, column)
        else:
            table = table.append_column(name, column)
    settings = json.dumps({"rule": str(rule), "only_accepted": only_accepted})
    return table.replace_schema_metadata({**(table.schema.metadata or {}), RULE: settings})


def with_earlier_outcomes(table: pa.Table, earlier: pa.Table) -> pa.Table:
    """Copy votes, rule and outcomes from an earlier manifest into a new one, by the clips' names.

    Newer votes come with the next ``verify --apply``. The table stays as it is where the earlier
    one has no votes.
    """
    metadata = (earlier.schema.metadata or {}).get(RULE)
    if metadata is None:
        return table
    try:
        settings = parse_json(metadata)
        rule, only_accepted = Rule.parse(settings["rule"]), bool(settings["only_accepted"])
    except (ValueError, KeyError, TypeError, InputError):
        raise InputError(
            f"{MANIFEST}: the rule of its votes cannot be read; move it away, curate again, and "
            "apply the votes again"
        ) from None
    return with_outcomes(table, _tallies_of(earlier), rule, only_accepted=only_accepted)


def outcome_counts(table: pa.Table) -> dict[Outcome, int]:
    """The number of clips of each outcome, in a manifest with votes."""
    outcomes = table.column(OUTCOME).to_pylist()
    return {outcome: outcomes.count(outcome) for outcome in OUTCOMES}


def counts_text(counts: Mapping[Outcome, int]) -> str:
    """ "3 accepted, 1 rejected, 0 disputed, 2 open"."""
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items())


def count_pending(table: pa.Table, tallies: Mapping[str, Tally]) -> int:
    """The number of clips whose votes differ from those in the manifest."""
    recorded = _tallies_of(table)
    names = table.column("clip").to_pylist()
    return sum(tallies.get(name, NO_VOTES) != recorded.get(name, NO_VOTES) for name in names)


def _tallies_of(table: pa.Table) -> dict[str, Tally]:
    """The votes in a manifest; empty where it has none."""
    if OUTCOME not in table.column_names:
        return {}
    names = table.column("clip").to_pylist()
    votes = (table.column(f"votes_{choice}").to_pylist() for choice in CHOICES)
    return {name: Tally(*counts) for name, *counts in zip(names, *votes, strict=True)}


_COLUMNS = {
    "split": pa.string(),
    "reason": pa.string(),
    **{field.name: field.type for field in VOTE_COLUMNS},
    SPLIT_BEFORE: pa.string(),
}


def _verdict(
    row: Mapping[str, Any], tally: Tally, rule: Rule, only_accepted: bool
) -> dict[str, Any]:
    votes = {f"votes_{name}": count for name, count in tally._asdict().items()}
    split, reason = row.get(SPLIT_BEFORE) or row["split"], row.get("reason")
    if reason is not None and reason.startswith(BY_PEOPLE):
        reason = None
    same = {"split": split, "reason": reason, SPLIT_BEFORE: None, **votes}
    if not is_judged(row["split"], row.get(SPLIT_BEFORE), row.get("has_camera")):
        return same | {OUTCOME: None}
    outcome = rule.outcome(tally)
    if outcome == "accepted" or not (only_accepted or outcome == "rejected"):
        return same | {OUTCOME: outcome}
    why = f"{BY_PEOPLE}{outcome}; {tally.good} good, {tally.bad} bad, {tally.unsure} unsure"
    return same | {"split": None, SPLIT_BEFORE: split, "reason": why, OUTCOME: outcome}
