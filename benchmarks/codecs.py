"""What do reading and writing videos cost beside PyAV alone? In CPU seconds of all threads.

    python benchmarks/codecs.py [--clip VIDEO] [--frames 60] [--size 1920x1080]

Reading is ``open_frames``, beside PyAV's decoder and its own conversion to RGB (``to_ndarray``),
which repeats chroma: once as it is, and once told to interpolate chroma and to round as ours does.
Writing is ``H264Writer``, beside PyAV with the same options and its own conversion. Ours also looks
at colour tags, turns and damage, and hides the file until it is whole. Every way is taken three
times in turn, and the quickest counts. Writes results/codecs.md.
"""

import argparse
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from measuring import RATE, phone_clip, table, write_result

from dynascene.io.frames import open_frames
from dynascene.io.video_picture import CONVERSION
from dynascene.io.video_writing import H264Writer
from dynascene.types import Size

REPEATS = 3
WRITTEN = 24  # frames
OPTIONS = {"crf": "10", "preset": "fast", "x264-params": "mbtree=0"}  # as those of H264Writer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--size", default="1920x1080")
    given = parser.parse_args()
    size = Size(*map(int, given.size.split("x")))
    with TemporaryDirectory() as name:
        clip = phone_clip(Path(name) / "clip.mp4", given.clip, given.frames, size)
        frames = [frame for _, frame in zip(range(WRITTEN), open_frames(clip).read(), strict=False)]
        ours, theirs = (Path(name) / f"{who}.mp4" for who in ("ours", "theirs"))
        ways = {
            "reading": (lambda: read(clip), lambda: read_by_pyav(clip), given.frames),
            "reading, chroma interpolated by both": (
                lambda: read(clip),
                lambda: read_by_pyav(clip, CONVERSION),
                given.frames,
            ),
            "writing": (
                lambda: write(ours, frames),
                lambda: write_by_pyav(theirs, frames),
                len(frames),
            ),
        }
        rows = [_row(name, *way) for name, way in ways.items()]
    command = f"python benchmarks/codecs.py --frames {given.frames} --size {size}"
    columns = ("", "CPU ms a frame", "PyAV alone", "ratio")
    write_result("codecs", command, table(columns, rows))


def _row(
    name: str, ours: Callable[[], None], theirs: Callable[[], None], count: int
) -> tuple[str, ...]:
    times = [(_seconds(ours), _seconds(theirs)) for _ in range(REPEATS)]
    own, plain = (min(values) / count * 1000 for values in zip(*times, strict=True))
    return name, f"{own:.1f}", f"{plain:.1f}", f"{own / plain:.2f}"


def _seconds(work: Callable[[], None]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def read(path: Path) -> None:
    for _ in open_frames(path).read():
        pass


def read_by_pyav(path: Path, flags: int | None = None) -> None:
    """flags: swscale's, of the conversion; None: those that PyAV has by itself."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            frame.to_ndarray(format="rgb24", interpolation=flags)


def write(path: Path, frames: list[np.ndarray]) -> None:
    size = Size(frames[0].shape[1], frames[0].shape[0])
    with H264Writer(path, size, Fraction(RATE)) as writer:
        for frame in frames:
            writer.write(frame)


def write_by_pyav(path: Path, frames: list[np.ndarray]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options=OPTIONS)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    main()
