"""Several seeds in one row, by hand."""

import json
import math

import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.evaluation.bootstrap import Estimate
from dynascene.evaluation.gap import ClipGaps
from dynascene.evaluation.gap_seeds import (
    MeasuredGaps,
    SeedRange,
    over_seeds,
    range_text,
    read_gaps,
    stored_figure,
)
from dynascene.evaluation.gap_tables import gap_summary
from dynascene.evaluation.table import plain_estimate

PLACES, MOVES = ["hall", "hall", "park", "street"], ["pan", "tilt", "pan", "tilt"]


def measured(*opposite: float) -> MeasuredGaps:
    values = np.array(opposite)
    return MeasuredGaps(ClipGaps(values, values, values, values, values, values), PLACES, MOVES)


def test_figures_are_means_over_seeds_and_clips() -> None:
    figures = over_seeds([measured(1, 2, 3, 0.25), measured(3, 4, 5, np.nan)])
    assert figures["opposite"].mean == pytest.approx(18.25 / 7)
    assert (figures["opposite"].least, figures["opposite"].most) == (6.25 / 4, 4)
    assert figures["obeyed"].mean == pytest.approx(6 / 7)
    assert (figures["obeyed"].least, figures["obeyed"].most) == (0.75, 1)
    pans = over_seeds([measured(1, 2, 3, 0.25), measured(3, 4, 5, 1)], "pan")
    assert pans["opposite"][3:] == (2, 4)


def test_a_place_keeps_its_clips_of_all_seeds() -> None:
    """So more seeds of equal figures do not make an interval narrower."""
    one, three = (over_seeds([measured(1, 2, 3, 0.25)] * n)["opposite"] for n in (1, 3))
    assert one == pytest.approx(three)


def test_rows_are_read_as_they_were_written(tmp_path) -> None:
    seed = measured(1, 2, np.nan, 0.25)
    rows = {
        name: gap_summary(seed.gaps, PLACES, MOVES) for name in ("still", "a, untrained", "a", "b")
    }
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps({"gap": {name: rows[name] for name in ("still", "a")}}))
    again = read_gaps(tmp_path)
    np.testing.assert_array_equal(again.gaps.opposite, seed.gaps.opposite)
    assert again[1:] == (PLACES, MOVES)
    path.write_text(json.dumps({"gap": rows}))
    assert read_gaps(tmp_path, "still").places == PLACES
    with pytest.raises(InputError, match="2 trained rows"):
        read_gaps(tmp_path)
    with pytest.raises(InputError, match="no row 'c'"):
        read_gaps(tmp_path, "c")
    with pytest.raises(InputError, match="holds no camera gaps"):
        read_gaps(tmp_path / "none")


def test_seeds_of_other_clips_are_refused() -> None:
    other = measured(1, 2, 3, 4)._replace(places=["elsewhere"] * 4)
    with pytest.raises(InputError, match="different clips"):
        over_seeds([measured(1, 2, 3, 4), other])


def test_texts() -> None:
    value = SeedRange(3.5, 3.0, 4.0, 3.25, 3.75)
    assert range_text(value, 1, 1) == "3.5 [3.0, 4.0]"
    assert range_text(value, 2, 3) == "3.50 [3.00, 4.00] (3.25 … 3.75)"
    assert range_text(SeedRange(*[float("nan")] * 5), 2, 3) == "–"


@pytest.mark.parametrize("clips", [
    '[{"place": "hall", "move": "pan", "opposite": 1e200}]',
    '[{"place": "hall", "move": "pan", "opposite": true}]',
    '[{"place": "hall", "opposite": 1}]', "[5]", "null",
])  # fmt: skip
def test_damaged_figures_are_one_line(tmp_path, clips: str) -> None:
    (tmp_path / "metrics.json").write_text(f'{{"gap": {{"a": {{"clips": {clips}}}}}}}')
    with pytest.raises(InputError, match=r"metrics\.json: the row 'a' holds no camera gaps \("):
        read_gaps(tmp_path)


def test_a_list_in_the_place_of_rows_is_one_line(tmp_path) -> None:
    (tmp_path / "metrics.json").write_text('{"gap": ["a"]}')
    with pytest.raises(InputError, match=r"metrics\.json: holds no camera gaps"):
        read_gaps(tmp_path)


def test_an_infinite_figure_is_read_as_it_was_written() -> None:
    written = json.loads(json.dumps(plain_estimate(Estimate(math.inf, 41.5, math.inf, 3))))
    assert {name: stored_figure(written[name], name) for name in ("mean", "low", "high")} == {
        "mean": math.inf, "low": 41.5, "high": math.inf,
    }  # fmt: skip
    for damaged in (math.inf, 1e12, "nan", True):
        with pytest.raises(ValueError, match="mean is"):
            stored_figure(damaged, "mean")
