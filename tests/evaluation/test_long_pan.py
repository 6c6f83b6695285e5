"""Long pans: what follows to the end, what stands still, and what turns too far."""

import json

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.evaluation.ablations import Shuffled
from dynascene.evaluation.long_pan import (
    DEGREES,
    FRAMES,
    STARTS,
    LongPan,
    long_pan,
    pan_error,
    pan_library,
)
from dynascene.evaluation.long_pan_job import LongPanRequest, run_long_pans
from dynascene.evaluation.systems import Projection, Trained
from dynascene.generation.weights import load_weights
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.jobs.log import Log
from dynascene.models.autoencoders import SpaceToDepth
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.models.sizes import MICRO
from dynascene.models.systems import SYSTEMS
from dynascene.types import Size

SIZE = Size(64, 36)
AROUND, AWAY = STARTS.values()


@pytest.fixture(autouse=True)
def procedural(monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)


def pan(index: int, start: float = AROUND) -> LongPan:
    return long_pan(pan_library("test", SIZE, None), index, start, 0)


@pytest.mark.parametrize("index", [0, 1])
def test_the_truth_follows_and_another_pan_is_off_by_as_much_as_it_is(index: int) -> None:
    one = pan(index)
    assert one.way == (1, -1)[index]
    assert one.yaws[-1] - one.yaws[0] == one.way * DEGREES
    for off in (0.0, 10.0):
        error = pan_error(one, bytes_from_tensor(one.views(one.yaws + off, SIZE)))
        # cameras are tried every degree, so the nearest one is a quarter of a degree away
        for figure in (error.mean, error.end):
            assert figure == pytest.approx(max(off, 0.25), abs=0.3)
        assert np.isnan(error.tracked)


def test_a_picture_that_stands_still_is_off_by_the_pan() -> None:
    one = pan(0)
    frames = bytes_from_tensor(one.views(np.zeros(1), SIZE)).repeat(FRAMES, 0)
    error = pan_error(one, frames)
    assert error.mean == pytest.approx(np.abs(one.yaws).mean())
    assert error.end == pytest.approx(np.abs(one.yaws[-8:]).mean())


def test_where_the_picture_shows_the_place() -> None:
    around, away = pan(0).seen(SIZE), pan(0, AWAY).seen(SIZE)
    assert around.flatten(1).any(1).all()
    shares = around.flatten(1).mean(1)
    assert shares[FRAMES // 2] > 0.95
    assert abs(float(shares[0] - shares[-1])) < 0.05
    assert away.flatten(1).mean(1)[-1] < 0.1


def test_the_projection_follows_through_generate() -> None:
    one = pan(1)
    frames = one.frames(Projection().options, SIZE, 0)
    assert frames.shape == (FRAMES, 36, 64, 3)
    error = pan_error(one, frames)
    assert error.seen < 1
    assert error.seen_end < 1


def test_panoramas_take_turns_and_are_panned_both_ways() -> None:
    library = pan_library("test", SIZE, None)
    places = len(library.names("panorama"))
    pans = [long_pan(library, index, AROUND, 0) for index in range(2 * places)]
    assert {one.name for one in pans[:places]} == set(library.names("panorama"))
    assert [one.way for one in pans[:places]] == [-one.way for one in pans[places:]]


def test_a_measurement_writes_a_folder_of_results(tmp_path) -> None:
    torch.manual_seed(0)
    pipeline = DynaScenePipeline(
        SpaceToDepth(), SmallImageEncoder(MICRO.token_width),
        SYSTEMS["dynascene"].denoiser(MICRO, "open"), ddim_scheduler(), 1, 1.0,
    )  # fmt: skip
    pipeline.save_pretrained(tmp_path / "weights")
    systems = [Trained("mine", load_weights(tmp_path / "weights"))]
    tables = run_long_pans(LongPanRequest(systems, "synthetic:val", 1), tmp_path / "out", Log())
    assert [table.title for table in tables] == [f"Pan of 60°, {kind}" for kind in STARTS]
    assert [row[0] for row in tables[0].rows] == ["still", "mine, untrained", "mine"]
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["size"] == [24, 12]
    still = metrics["long_pans"]["around the picture"]["still"]
    assert still["mean"]["mean"] == pytest.approx(15.2, abs=0.1)
    assert len(still["clips"][0]["fitting"]) == FRAMES
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(metrics["outputs"])

    mixed = LongPanRequest([*systems, Projection()], "synthetic", 1)
    with pytest.raises(InputError, match="several frame sizes"):
        run_long_pans(mixed, tmp_path / "mixed", Log())


def test_what_cannot_be_measured_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="at least 1"):
        LongPanRequest([], "synthetic", 0)
    shuffled = LongPanRequest([Shuffled(Projection())], "synthetic", 1)
    with pytest.raises(InputError, match="not projection:shuffled"):
        run_long_pans(shuffled, tmp_path / "out", Log())
