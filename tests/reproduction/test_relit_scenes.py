"""Scenes in another light than the person's, and the metrics of light on known relightings."""

import numpy as np
import pytest
import torch

from dynascene.datasets.tasks.illumination import LightChange
from dynascene.evaluation.gap import StillFollower
from dynascene.evaluation.metrics.illumination import contrast_error, light_error
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.models.sizes import MICRO
from dynascene.reproduction.relit_scenes import RelitScenes, light_metrics, lit_shot, relit
from dynascene.reproduction.short_benchmark import judge_samples

CLIPS = 6


@pytest.fixture(autouse=True)
def procedural(monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)


def scenes(strength: float) -> RelitScenes:
    return RelitScenes(CLIPS, MICRO, strength=strength)


def test_the_scene_picture_alone_is_relit() -> None:
    plain, changed = scenes(0.0)[1], scenes(1.0)[1]
    for name in ("foreground", "matte", "cam_from_world", "scene_cam_from_world"):
        assert torch.equal(getattr(plain.batch, name), getattr(changed.batch, name)), name
    assert np.array_equal(plain.truth, changed.truth)
    assert not torch.equal(plain.batch.scene_image, changed.batch.scene_image)
    again = scenes(1.0)[1]
    assert torch.equal(again.batch.scene_image, changed.batch.scene_image)
    with pytest.raises(IndexError):
        scenes(1.0)[CLIPS]


def test_a_shots_light_falls_on_place_person_and_picture() -> None:
    shot = scenes(0.0)._moved[0].shot
    dark = lit_shot(shot, LightChange(brightness=-1.0))
    assert (dark.video <= shot.video + 1e-6).all()
    assert dark.scene_image.mean() < shot.scene_image.mean()
    torch.testing.assert_close(dark.foreground, dark.video * shot.matte)
    off = (shot.matte == 0).expand_as(shot.video)
    torch.testing.assert_close(dark.video[off], dark.background[off])
    assert torch.equal(dark.matte, shot.matte)


@pytest.mark.parametrize(
    ("error", "changes"),
    [
        (light_error, [LightChange(brightness=b) for b in (0.0, 0.2, 0.4, 0.8)]),
        (light_error, [LightChange(brightness=-b) for b in (0.0, 0.2, 0.4, 0.8)]),
        (contrast_error, [LightChange(contrast=c) for c in (0.0, 0.1, 0.2, 0.3)]),
        (contrast_error, [LightChange(contrast=-c) for c in (0.0, 0.1, 0.2, 0.3)]),
    ],
)
def test_errors_of_light_grow_with_the_change_of_light(error, changes) -> None:
    truth = torch.rand(1, 3, 12, 24, generator=torch.Generator().manual_seed(0)) / 2 + 0.2
    everywhere = np.ones((1, 12, 24), bool)
    errors = [
        error(
            bytes_from_tensor(relit(truth[0] * 2 - 1, change)[None] / 2 + 0.5),
            bytes_from_tensor(truth),
            everywhere,
        )
        for change in changes
    ]
    assert errors[0] == 0
    assert errors == sorted(errors)
    assert errors[-1] > 2 * errors[1] > 0


def test_a_picture_in_a_stranger_light_is_farther_from_the_truth() -> None:
    means = []
    for strength in (0.0, 0.5, 1.0):
        field, _ = judge_samples([StillFollower()], scenes(strength), light_metrics(), 0)
        means.append(np.nanmean(field.values["background", "light", "still"]))
    assert means == sorted(means)
    assert means[2] > 2 * means[0]
