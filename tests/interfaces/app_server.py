"""The app's server in this process, and small files to drop into its page."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import uvicorn

from dynascene.io.frames import open_frames
from dynascene.io.images import write_png
from dynascene.io.video_writing import H264Writer, ProResWriter
from dynascene.types import Size

SIZE, FRAMES = Size(96, 64), 6
NO_PIXELS = [
    None,
    [],
    [1],
    [1, None],
    [float("nan"), 1],
    [1e300, 1],
    [1e12, 1],
    [1, -2],
    [10**400, 1],
]
PATIENCE = 120  # seconds in which a server begins or ends


def write_person(path: Path) -> Path:
    """A video with alpha: somebody of two colours who walks to the right on the lower border."""
    with ProResWriter(path, SIZE, Fraction(12)) as writer:
        for k in range(FRAMES):
            frame = np.full((SIZE.height, SIZE.width, 4), (148, 148, 148, 0), np.uint8)
            left = 20 + 4 * k
            frame[20:56, left : left + 12] = (180, 60, 40, 255)
            frame[12:20, left + 3 : left + 9] = (220, 180, 150, 255)
            writer.write(frame)
    return path


def write_clip(path: Path) -> Path:
    """The same person as a video without alpha, before a grey wall."""
    with H264Writer(path, SIZE, Fraction(12)) as writer:
        for frame in open_frames(write_person(path.with_suffix(".mov"))).read():
            alpha = frame[..., 3:] / 255
            colours = frame[..., :3] * alpha + 148 * (1 - alpha)
            writer.write(np.rint(colours).astype(np.uint8))
    return path


def write_place(path: Path) -> Path:
    """A picture of textured ground below a sky, with the horizon in the middle."""
    rng = np.random.default_rng(0)
    picture = np.full((96, 144, 3), (150, 190, 230), np.uint8)
    picture[48:] = rng.integers(70, 140, (48, 144, 1), np.uint8)
    write_png(path, picture)
    return path


@contextmanager
def served(
    folder: Path, *, password: str | None = None, megabytes: int = 500, port: int = 0
) -> Iterator[str]:
    """The address of a running server over a folder. Skips without Gradio.

    port: 0 takes a free one.
    """
    pytest.importorskip("gradio", reason="gradio is not installed")
    from dynascene.interfaces.app.server import make_app, open_desk
    from dynascene.interfaces.app.uploads import UploadLimits
    from dynascene.interfaces.listening import listen

    with listen("127.0.0.1", port) as listening, open_desk(folder, UploadLimits(megabytes)) as desk:
        app = make_app(desk, password)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            ready_by = time.monotonic() + PATIENCE
            while not server.started:
                assert thread.is_alive(), "the server ended before it answered"
                assert time.monotonic() < ready_by, "the server does not begin to answer"
                time.sleep(0.02)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive(), "the server does not end"
