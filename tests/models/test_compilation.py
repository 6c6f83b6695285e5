"""Compiled regions of the denoiser: whole graphs, and the same numbers."""

import pytest
import torch
from torch._dynamo.utils import counters

NAMES = ("foreground", "scene_reference", "image_embedding", "plucker_camera", "camera_matrix")


LIMITS = ("recompile_limit", "accumulated_recompile_limit")


@pytest.fixture(autouse=True)
def forget_graphs():
    limits = {name: getattr(torch._dynamo.config, name) for name in LIMITS}
    torch._dynamo.reset()
    with torch._dynamo.config.patch(**limits):
        yield
    torch._dynamo.reset()


@pytest.mark.long  # half a minute of tracing
def test_blocks_with_readers_compile_without_a_break(build, wake, make_clip) -> None:
    """Each new call has another injection: the graphs follow it, and need no new ones."""
    denoiser = wake(build(NAMES))
    noisy = torch.randn(1, 3, 4, 5, 7, generator=torch.Generator().manual_seed(9))
    clips = [make_clip(seed=seed, B=1) for seed in (1, 2)]
    with torch.no_grad():
        plain = [denoiser(noisy, torch.tensor([500]), clip).value for clip in clips]
        denoiser.compile_repeated_blocks(backend="eager", fullgraph=True)
        first = denoiser(noisy, torch.tensor([500]), clips[0]).value
        graphs = counters["stats"]["unique_graphs"]
        second = denoiser(noisy, torch.tensor([500]), clips[1]).value
    torch.testing.assert_close([first, second], plain, rtol=0, atol=1e-5)
    assert (first - second).abs().max() > 1e-3
    assert counters["stats"]["unique_graphs"] == graphs > 0
    assert not counters["graph_break"]
