"""Work on frames in threads: several frames at once, or the next ones while one is used.

One frame per thread, for small pictures leave too little work within a frame to share it well.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

import torch

Frame = TypeVar("Frame")
AHEAD = 2  # frames: more would only take memory


@contextmanager
def one_torch_thread() -> Generator[None]:
    """Let torch work with one thread meanwhile; its setting is restored at the end."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def frames_in_threads(function: Callable[[int], Frame], count: int) -> Iterator[Frame]:
    """``function(0)``, ``function(1)``, … in order, as many at once as torch has threads.

    Meanwhile torch works with one thread in each; its setting is restored before a frame is given
    out. ``function`` must not depend on the order of its calls.
    """
    threads = torch.get_num_threads()
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, count, threads):
            with one_torch_thread():
                frames = list(pool.map(function, range(start, min(start + threads, count))))
            yield from frames


@contextmanager
def read_ahead(frames: Iterable[Frame]) -> Generator[Iterator[Frame]]:
    """Make the next frames in a thread while the caller works on one.

    An error of theirs comes where the frame would have come. At the end of the block the thread is
    done and the source closed, whatever the caller has left unread.

    Args:
        frames: made while they are read; ``AHEAD`` of them at most wait for the caller.

    Returns:
        The same frames, in order.
    """
    iterator = iter(frames)

    def make() -> list[Frame]:
        return list(islice(iterator, 1))  # empty at the end

    def following() -> Iterator[Frame]:
        waiting = deque(pool.submit(make) for _ in range(AHEAD))
        while made := waiting.popleft().result():
            waiting.append(pool.submit(make))
            yield from made

    with ThreadPoolExecutor(1) as pool:
        try:
            yield following()
        finally:
            pool.shutdown(cancel_futures=True)
            if isinstance(iterator, Generator):  # else its files stayed open until it is collected
                iterator.close()
