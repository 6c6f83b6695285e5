"""Remembers what a network says of the last few clips, which several metrics and systems share."""

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

Answer = TypeVar("Answer")


class RecentAnswers(Generic[Answer]):
    """A function of arrays that does not compute the same array twice in a row of a few.

    Arrays are recognised as objects, not by their contents, and must not change.

    Args:
        function: of an array.
        most: answers that are kept.
    """

    def __init__(self, function: Callable[[np.ndarray], Answer], most: int) -> None:
        self.function, self.most = function, most
        self._entries: list[tuple[np.ndarray, Answer]] = []

    def __call__(self, array: np.ndarray) -> Answer:
        for earlier, answer in self._entries:
            if earlier is array:
                return answer
        answer = self.function(array)
        self._entries = [*self._entries, (array, answer)][-self.most :]
        return answer
