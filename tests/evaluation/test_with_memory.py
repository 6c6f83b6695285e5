"""Systems through the scene memory: what `generate` delivers, on the shots of a benchmark."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.evaluation.ablations import WithMemory
from dynascene.evaluation.obedience import obeyed_share, pan_flows
from dynascene.evaluation.protocol import EvaluationShot, ShotInputs, regions
from dynascene.evaluation.systems import Projection, SamplingSettings, Trained
from dynascene.generation.weights import load_weights
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.types import Batch

PLAIN = WithMemory(Projection())


def painted_by(weights: Path) -> WithMemory:
    return WithMemory(Trained("tiny", load_weights(weights), SamplingSettings(steps=1)))


def rendered(system: WithMemory, shot: EvaluationShot, batch: Batch | None = None) -> np.ndarray:
    rows = system.render(ShotInputs(batch or shot.batch, shot.scene), 0)
    assert list(rows) == [system.name]
    return rows[system.name].astype(int)


def test_a_shot_comes_with_the_scene_of_its_guide() -> None:
    """The memory along the shot's cameras is the guide, up to one more resampling."""
    shots = SyntheticShots("val", (64, 40), 3, worlds={"stage": 1.0}, person_share=0.0)
    shot, scene = shots.with_scene(0)
    assert torch.equal(shot.guide, shots[0].guide)
    assert scene.picture.shape[0] == 3


def test_the_projection_remembered_is_the_projection(benchmark) -> None:
    shot = benchmark[0]
    direct = Projection().render(shot.inputs, 0)["projection"].astype(int)
    remembered = rendered(PLAIN, shot)
    assert remembered.shape == direct.shape
    assert np.abs(remembered - direct)[regions(shot.batch)["seen"]].mean() < 4


def test_an_untrained_model_leaves_the_memory_as_it_is(benchmark, save_weights, tmp_path) -> None:
    weights = save_weights(tmp_path / "tiny")
    shot = benchmark[0]
    plain, painted = rendered(PLAIN, shot), rendered(painted_by(weights), shot)
    assert np.abs(painted - plain).max() <= 2


def test_paint_stays_while_the_camera_returns(benchmark, save_weights, tmp_path) -> None:
    """Frame by frame a network may paint otherwise at each visit; the memory does not."""
    weights = save_weights(tmp_path / "tiny", awake=True)
    shot = max((benchmark[k] for k in range(3)), key=lambda s: regions(s.batch)["revealed"].mean())
    there_and_back = [0, 1, 2, 1, 0]
    names = ("matte", "foreground", "cam_from_world", "intrinsics", "guide", "guide_visibility")
    batch = shot.batch.replace(**{name: shot.batch[name][:, there_and_back] for name in names})
    frames = rendered(painted_by(weights), shot, batch)
    plain = rendered(PLAIN, shot, batch)
    np.testing.assert_array_equal(frames[0], frames[4])
    np.testing.assert_array_equal(frames[1], frames[3])
    seen = regions(batch)["seen"]
    assert np.abs(frames - plain)[~seen].max() > 1  # it did paint
    assert np.abs(frames - plain)[~seen].mean() > 3 * np.abs(frames - plain)[seen].mean()


def test_pans_are_obeyed(benchmark) -> None:
    flows = [pan_flows([PLAIN], benchmark[index], index) for index in range(2)]
    assert obeyed_share([each["projection:memory"] for each in flows]) == 1


def test_without_a_guide_there_is_no_memory(save_weights, tmp_path) -> None:
    weights = save_weights(tmp_path / "tiny", guide=False)
    with pytest.raises(InputError, match="no guide, so there is no scene memory"):
        painted_by(weights)
