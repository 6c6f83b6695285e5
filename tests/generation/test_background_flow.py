"""The flow of the background that poses tell, on its own."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from walking_pose import walking_pose

from dynascene.errors import InputError
from dynascene.generation.background_flow import (
    flow_conditioner,
    flow_of,
    write_background_flow,
)
from dynascene.io.images import read_image
from dynascene.io.poses.openpose import write_openpose
from dynascene.models.autoencoders import SpaceToDepth
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.models.sizes import MICRO
from dynascene.models.systems.animateanywhere import ANIMATEANYWHERE


def pipeline(variant: str | None) -> DynaScenePipeline:
    torch.manual_seed(0)
    denoiser = ANIMATEANYWHERE.denoiser(MICRO, variant)
    scheduler = ddim_scheduler(denoiser.quantity, "zero_snr")
    encoder = SmallImageEncoder(MICRO.token_width)
    return DynaScenePipeline(SpaceToDepth(), encoder, denoiser, scheduler)


def test_poses_become_a_file_of_flow_and_a_sheet(tmp_path: Path) -> None:
    write_openpose(walking_pose(8), tmp_path / "poses.json")
    flow = write_background_flow(pipeline("flow"), tmp_path / "poses.json", tmp_path / "out")
    assert flow.shape == (8, 2, 6, 12)
    assert not flow[0].any()
    assert flow[1:].abs().amax(dim=(1, 2, 3)).min() > 0
    np.testing.assert_array_equal(np.load(tmp_path / "out" / "flow.npy"), flow.numpy())
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["frames"] == 8
    assert np.allclose(report["mean_way"], flow.mean(dim=(2, 3)), atol=1e-6)
    assert read_image(tmp_path / "out" / "sheet.png").shape[-1] == 3
    part = write_background_flow(  # in place of the earlier result
        pipeline("flow"), tmp_path / "poses.json", tmp_path / "out", frames=(2, 5)
    )
    torch.testing.assert_close(part[1:], flow[3:5])


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6])
def test_every_frame_but_the_first_is_seen_with_the_one_before(count: int) -> None:
    """As if each piece of three frames were a clip of its own."""
    learner = flow_conditioner(pipeline("flow"))
    skeletons = torch.rand(count, 3, 12, 24)
    flow = flow_of(learner, skeletons, 2, 3)
    assert flow.shape == (count, 2, 6, 12)
    for frame in range(1, count):
        start = (frame - 1) // 2 * 2
        alone = flow_of(learner, skeletons[start : start + 3], 2, 3)
        torch.testing.assert_close(flow[frame], alone[frame - start])


def test_networks_without_a_flow_are_refused() -> None:
    with pytest.raises(InputError, match="`weights`: predict no flow"):
        flow_conditioner(pipeline(None))
