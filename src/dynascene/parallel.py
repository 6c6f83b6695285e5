"""One frame per thread: small pictures leave too little work within a frame to share it well."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Frame = TypeVar("Frame")


def frames_in_threads(function: Callable[[int], Frame], count: int) -> Iterator[Frame]:
    """``function(0)``, ``function(1)``, … in order, as many at once as torch has threads.

    Meanwhile torch works with one thread in each; its setting is restored before a frame is given
    out. ``function`` must not depend on the order of its calls.
    """
    threads = torch.get_num_threads()
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, count, threads):
            torch.set_num_threads(1)
            try:
                frames = list(pool.map(function, range(start, min(start + threads, count))))
            finally:
                torch.set_num_threads(threads)
            yield from frames
