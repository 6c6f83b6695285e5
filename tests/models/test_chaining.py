"""Long videos clip by clip."""

import pytest
import torch

from dynascene.models.diffusion.chaining import chained


@pytest.mark.parametrize("frames", [3, 6, 7, 8])
def test_each_clip_starts_from_the_last_frame_before_it(frames: int) -> None:
    noise = torch.randn(3, frames, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    calls = []

    def sample(start: int, stop: int, first: torch.Tensor) -> torch.Tensor:
        calls.append((start, stop, first))
        return first + 1

    result = chained(sample, noise, 3, lambda clean, fresh: 10 * clean + fresh)
    assert result.shape == noise.shape
    assert calls[0][:2] == (0, 3)
    assert calls[-1][1] == frames
    assert all(stop - start == 3 for start, stop, _ in calls)
    torch.testing.assert_close(result[:, :3], noise[:, :3] + 1)
    for start, stop, first in calls[1:]:
        last = result[:, start - 1 : start]
        torch.testing.assert_close(first, 10 * last + noise[:, start:stop])
    done = 0
    for start, stop, first in calls:  # of an overlapping clip only new frames count
        torch.testing.assert_close(result[:, done:stop], (first + 1)[:, done - start :])
        done = stop
