"""Two fields of one frame, filmed one after the other, made one picture of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
from av.filter import Graph

FIELD_ORDERS = (2, 3, 4, 5)  # FFmpeg's AVFieldOrder of interlaced streams


def deinterlaced(
    frames: Iterator[av.VideoFrame], time_base: Fraction, every: bool
) -> Iterator[av.VideoFrame]:
    """One frame for each, of the moment of its first field (FFmpeg's bwdif).

    A frame's neighbours go into it.

    Args:
        frames: of one video in order.
        time_base: of their times.
        every: whether frames that do not say that they are interlaced are worked on, too.
    """
    shape, graph = None, Graph()
    for frame in frames:
        if shape != (frame.width, frame.height, frame.format.name):
            if shape is not None:
                yield from _rest(graph)
            shape = frame.width, frame.height, frame.format.name
            graph = _graph(frame, time_base, every)
        graph.vpush(frame)
        yield from _ready(graph)
    if shape is not None:
        yield from _rest(graph)


def _graph(frame: av.VideoFrame, time_base: Fraction, every: bool) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=time_base
    )
    deint = "all" if every else "interlaced"
    step = graph.add("bwdif", f"mode=send_frame:parity=auto:deint={deint}")
    sink = graph.add("buffersink")
    source.link_to(step)
    step.link_to(sink)
    graph.configure()
    return graph


def _ready(graph: Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return


def _rest(graph: Graph) -> Iterator[av.VideoFrame]:
    graph.vpush(None)
    yield from _ready(graph)
