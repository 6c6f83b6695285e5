"""``dynascene verify``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from dynascene.errors import InputError
from dynascene.extras import require
from dynascene.interfaces.cli.arguments import Switch, optional
from dynascene.phrases import count_of

if TYPE_CHECKING:  # imported where they are used: --help must not wait for torch
    from dynascene.curation.votes.store import VoteStore
    from dynascene.curation.votes.verdict_rule import Rule
    from dynascene.datasets.filmed.manifest import ClipManifest

TOKEN_VARIABLE = "DYNASCENE_VERIFY_TOKEN"
NEEDED = ("pyarrow", "sqlalchemy", "starlette", "uvicorn")


def verify(
    dataset: Annotated[Positional[str], arg(metavar="DATASET")],
    /,
    *,
    db: Annotated[str | None, optional("FILE|URL")] = None,
    host: Annotated[str, arg(metavar="H")] = "127.0.0.1",
    port: Annotated[int, arg(metavar="P")] = 8017,
    token: Annotated[str | None, optional("WORD")] = None,
    rule: Annotated[str, arg(metavar="K/N")] = "2/3",
    points: Switch = True,
    apply: Switch = False,
    only_accepted: Switch = False,
) -> None:
    """People look at each clip and say whether its camera is right; their votes make the manifest.

    Serves a page until Ctrl-C. With --apply it serves nothing and writes what people said into
    DATASET/manifest.parquet: rejected clips lose their split. Both can be done as often as wanted.

    Args:
        dataset: folder of clips, or an fsspec URL of one.
        db: where votes are kept: a SQLite file, or postgresql://USER@HOST/NAME (default:
            votes.sqlite in DATASET).
        host: address to listen at; any but this machine's own needs a token.
        port: 0 takes a free one.
        token: word that lets raters in (default: $DYNASCENE_VERIFY_TOKEN, which other users of the
            machine cannot read; else none).
        rule: K of N votes accept or reject a clip.
        points: do not follow points of the background, nor show where the camera puts them.
        apply: write the manifest.
        only_accepted: with --apply, clips without enough votes lose their split too.
    """
    require("curation", "verify", NEEDED)
    from dynascene.curation.votes.verdict_rule import Rule
    from dynascene.datasets.filmed.survey import open_manifest

    if only_accepted and not apply:
        raise InputError("--only-accepted: goes with --apply")
    decided_by = Rule.parse(rule)
    if apply:
        _apply(open_manifest(dataset), _votes(dataset, db), decided_by, only_accepted)
        return
    from dynascene.interfaces.cli.display import say
    from dynascene.interfaces.listening import check_host, listen
    from dynascene.interfaces.verify.board import Board
    from dynascene.interfaces.verify.clips import VerifiedClips
    from dynascene.interfaces.verify.server import VerificationApp, serve
    from dynascene.interfaces.verify.sessions import Sessions

    token = token or os.environ.get(TOKEN_VARIABLE) or None
    if not 0 <= port <= 65535:
        raise InputError(f"--port {port}: must be 0 to 65535")
    check_host(host, token, "token")
    clips = VerifiedClips(open_manifest(dataset))
    board = Board(clips, _votes(dataset, db), decided_by)
    with listen(host, port) as listening:
        bound_port = listening.getsockname()[1]
        title = dataset.rstrip("/").rpartition("/")[2] or dataset
        app = VerificationApp(board, Sessions(token, bound_port), title, points=points)
        address = f"[{host}]" if ":" in host else host
        say(f"{count_of(len(clips.ids), 'clip')} at http://{address}:{bound_port}/ (Ctrl-C ends)")
        sys.stdout.flush()  # a script that reads the address must not wait for the end
        serve(app, listening)


def _votes(dataset: str, db: str | None) -> VoteStore:
    from dynascene.curation.votes.store import open_votes
    from dynascene.curation.votes.tally import VOTES_FILE

    if db is not None:
        return open_votes(db)
    folder = Path(dataset)
    folder = folder if folder.is_dir() else folder.parent
    if "://" in dataset or not folder.is_dir():
        raise InputError(f"{dataset}: votes cannot be kept there; say where with --db FILE")
    return open_votes(folder / VOTES_FILE)


def _apply(manifest: ClipManifest, votes: VoteStore, rule: Rule, only_accepted: bool) -> None:
    from dataclasses import replace

    from dynascene.curation.votes.verdict_rule import counts_text, outcome_counts, with_outcomes
    from dynascene.interfaces.cli.display import say

    tallies = votes.tallies()
    table = with_outcomes(manifest.table, tallies, rule, only_accepted=only_accepted)
    replace(manifest, table=table).save()
    strange = len(tallies.keys() - set(manifest.names))
    note = f"; votes for {strange} other clips were left out" if strange else ""
    say(f"{manifest.storage.root}/manifest.parquet: {counts_text(outcome_counts(table))}{note}")


COMMANDS = {"verify": verify}
