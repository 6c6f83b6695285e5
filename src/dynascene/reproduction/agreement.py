"""Where the rows of a lineup stand as in the paper, and where they do not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from dynascene.evaluation.bootstrap import Estimate
from dynascene.reproduction.comparison import PAPER_METRICS, relative_margin
from dynascene.reproduction.lineups import Line, Lineup, measured_margin, percent

ALIKE, UNDECIDED, AGAINST = "as in the paper", "not decided", "against the paper"

# what a difference may come from, beyond size, data and length of training, where all weights are
# trained from nothing
MEANINGS: Mapping[int, str] = {
    2: "the baselines are trained anew here, on one core and one set of clips; the paper compares "
    "with published networks on Stable Video Diffusion",
    3: "all rows have one budget from nothing, so what one task gets the others lose; the paper's "
    "begin with public weights",
    4: "both rows have one budget from nothing, and after a third of it the image network of two "
    "stages is frozen; the paper's begins with Stable Diffusion, which a single stage may spoil",
}


@dataclass(frozen=True, kw_only=True)
class PairComparison:
    """Two rows by one metric, the first of which is better in the paper.

    Attributes:
        metric: the paper's.
        better, other: labels.
        paper, margin: how far the first is ahead, there and here, as a share of the other.
    """

    metric: str
    better: str
    other: str
    paper: float
    margin: Estimate

    @property
    def verdict(self) -> str:
        """ALIKE, AGAINST or UNDECIDED."""
        if self.margin.low > 0:
            return ALIKE
        return AGAINST if self.margin.high < 0 else UNDECIDED

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "metric": self.metric,
            "better": self.better,
            "other": self.other,
            "paper": self.paper,
            "margin": {
                name: None if math.isnan(value) else value
                for name, value in zip(("mean", "low", "high"), self.margin[:3], strict=True)
            },
            "verdict": self.verdict,
        }


def compare_pairs(lineup: Lineup) -> list[PairComparison]:
    """Every two rows by every metric of the paper that was measured and in which they differ."""
    pairs = []
    for title, (metric, better) in PAPER_METRICS.items():
        for lines in combinations(lineup.published, 2):
            first, other = _paper_order(lines, title, better)
            margin = measured_margin(first.result, other.result, metric, better)
            figures = (first.entry.figures[title], other.entry.figures[title])
            if margin.clips and figures[0] != figures[1]:
                pairs.append(
                    PairComparison(
                        metric=title,
                        better=first.entry.label,
                        other=other.entry.label,
                        paper=relative_margin(*figures, better),
                        margin=margin,
                    )
                )
    return pairs


def _paper_order(lines: Sequence[Line], title: str, better: str) -> list[Line]:
    return sorted(lines, key=lambda line: line.entry.figures[title], reverse=better == "higher")


def agreement_note(lineup: Lineup, *, from_nothing: bool) -> str:
    """How many pairs stand as in the paper, which do not, and what that may mean.

    Args:
        lineup: finished rows.
        from_nothing: whether they were trained without public weights.
    """
    pairs = compare_pairs(lineup)
    counts = Counter(pair.verdict for pair in pairs)
    against = [pair for pair in pairs if pair.verdict == AGAINST]
    text = (
        f"{lineup.title}: of {len(pairs)} pairs of rows and metrics {counts[ALIKE]} stand as in "
        f"the paper, {counts[UNDECIDED]} are not decided, {len(against)} stand against it"
    )
    if not against:
        return f"{text}."
    listed = ", ".join(
        f"{pair.other} before {pair.better} by {pair.metric} ({percent(pair.margin)})"
        for pair in against
    )
    meaning = MEANINGS[lineup.table] if from_nothing else "data and length of training differ"
    return f"{text}: {listed}. What that may mean: {meaning}."
