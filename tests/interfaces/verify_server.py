"""A verification server in this process, a data set for it, and a PostgreSQL of one's own."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
import uvicorn

from dynascene.curation.votes.store import open_votes
from dynascene.curation.votes.verdict_rule import Rule
from dynascene.datasets.filmed.survey import open_manifest, write_manifest
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.interfaces.listening import listen
from dynascene.interfaces.verify.board import Board
from dynascene.interfaces.verify.clips import VerifiedClips
from dynascene.interfaces.verify.server import VerificationApp
from dynascene.interfaces.verify.sessions import Sessions
from dynascene.io.cameras import write_cameras
from dynascene.io.video_writing import H264Writer
from dynascene.types import CameraTrack, Size

SIZE, FRAMES = Size(160, 96), 12
GREY_START, GREY_STEP = 30, 15  # of the left third, which tells the frame
POSTGRES = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


def write_clip(folder: Path, seed: int) -> None:
    """A camera that moves right past a textured wall; the left third is grey by frame."""
    folder.mkdir(parents=True)
    texture = np.random.default_rng(seed).integers(60, 170, (24, 50, 3), np.uint8)
    wall = np.kron(texture, np.ones((4, 4, 1), np.uint8))
    with H264Writer(folder / "video.mp4", SIZE, Fraction(24)) as writer:
        for k in range(FRAMES):
            frame = np.ascontiguousarray(wall[:, 2 * k : 2 * k + SIZE.width])
            frame[:, : SIZE.width // 3] = GREY_START + GREY_STEP * k
            writer.write(frame)
    poses = torch.eye(4).repeat(FRAMES, 1, 1)
    poses[:, 0, 3] = -2 / 140 * torch.arange(FRAMES)
    view = intrinsics_matrix(140, 140, 80, 48).expand(FRAMES, 3, 3)
    write_cameras(CameraTrack(poses, view, SIZE), folder / "cameras.txt")


def write_data_set(folder: Path, clips: int) -> Path:
    for k in range(clips):
        write_clip(folder / f"clip-{k}", k)
    write_manifest(folder)
    return folder


@contextmanager
def served(
    data: Path, *, db: str | None = None, token: str | None = None, rule: str = "2/3"
) -> Iterator[tuple[str, Board]]:
    """The address of a running server, and what it serves."""
    store = open_votes(db or data / "votes.sqlite")
    board = Board(VerifiedClips(open_manifest(data)), store, Rule.parse(rule))
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        app = VerificationApp(board, Sessions(token, port), "test", points=True)
        server = uvicorn.Server(uvicorn.Config(app.starlette(), log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}", board
        finally:
            server.should_exit = True
            thread.join()
            store.engine.dispose()


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a fresh database, run by user postgres where we are root. Skips without one."""
    if POSTGRES is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    folder = Path(tempfile.mkdtemp(prefix="verify-"))
    prefix = []
    if os.geteuid() == 0:
        try:
            shutil.chown(folder, "postgres", "postgres")
        except (LookupError, PermissionError) as error:  # root of a container, and of nothing else
            pytest.skip(f"PostgreSQL cannot be given to its user: {error}")
        prefix = ["runuser", "-u", "postgres", "--"]

    def run(program: str, *arguments: str) -> None:
        command = [*prefix, str(POSTGRES / program), "-D", f"{folder}/data", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)

    try:
        run("initdb", "--no-sync", "-A", "trust", "-U", "postgres")
        options = f"-c listen_addresses= -c fsync=off -k {folder}"
        run("pg_ctl", "-w", "-t", "120", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
