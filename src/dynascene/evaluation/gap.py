"""Does a system follow the camera that it is told? How much better it is along the true track.

Each unseen clip is made along its true track, the opposite one and a shuffled one, and all three
are compared with what the true track films. **Gap**: the PSNR of the first minus that of the
second. It is 0 for whatever does not read the camera, and for whatever moves with the camera but
shows another place: optical flow calls any pattern that is locked to the rays obedient, an
untrained network's too.

Legend: B clips, F frames, H W pixels, N clips in all.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from dynascene.clip_fields import CLIP_FIELDS
from dynascene.evaluation.bootstrap import Estimate, estimate, mean_draws, place_weights
from dynascene.evaluation.camera_fit import best_views
from dynascene.imaging.tensor_metrics import clip_psnrs
from dynascene.synthetic.shots.moved_clips import OBEYED, MovedClips
from dynascene.synthetic.shots.moved_shots import TrueViews
from dynascene.types import Batch


class CameraFollower(Protocol):
    """Whatever makes frames of a clip's conditions. weights, sampling: as ``EvaluatedSystem``."""

    @property
    def name(self) -> str: ...

    @property
    def weights(self) -> Mapping[str, str]: ...

    @property
    def sampling(self) -> Mapping[str, float]: ...

    def frames(self, clip: Batch, seed: int) -> Tensor:
        """[B, F, 3, H, W] in 0 … 1, on the CPU; the same noise for the same seed."""
        ...


class ClipGaps(NamedTuple):
    """Decibels of each clip, [N] each; NaN where nothing of a clip can be judged.

    psnr, seen: along the true track, of the background, and of that where the picture shows it.
    opposite, shuffled: psnr minus that along the wrong track.
    share, degrees: how far the camera that fits a frame best is from the told one, mean over the
        frames after the first, as a share of the told move and, where it turns, in degrees.
    """

    psnr: np.ndarray
    seen: np.ndarray
    opposite: np.ndarray
    shuffled: np.ndarray
    share: np.ndarray
    degrees: np.ndarray


class Rendered(NamedTuple):
    """Frames [B, F, 3, H, W] in 0 … 1 along the three tracks."""

    true: Tensor
    opposite: Tensor
    shuffled: Tensor


def shuffled_order(frames: int) -> list[int]:
    """The camera that each frame gets instead of its own: another one, half a clip away."""
    return [(frame + max(1, frames // 2)) % frames for frame in range(frames)]


def shuffled_clip(clip: Batch) -> Batch:
    """The clips with all that follows the camera in ``shuffled_order``."""
    order = shuffled_order(clip.frames)
    following = [name for name in clip if CLIP_FIELDS[name].follows_camera]
    return clip.replace(**{name: clip[name][:, order] for name in following})


def render_tracks(system: CameraFollower, moved: MovedClips, seed: int) -> Rendered:
    """Some clips along their three tracks, from the same noise."""
    clips = (moved.clip, moved.opposite, shuffled_clip(moved.clip))
    return Rendered(*(system.frames(clip, seed) for clip in clips))


def clip_gaps(rendered: Rendered, moved: MovedClips, views: Sequence[TrueViews]) -> ClipGaps:
    """What each clip loses along the wrong tracks, and which camera fits it along the true one.

    views: of each clip's place, along its move.
    """
    true, opposite, shuffled = (
        clip_psnrs(frames, moved.truth, moved.judged).double().numpy() for frames in rendered
    )
    seen = clip_psnrs(rendered.true, moved.truth, moved.seen).double().numpy()
    share = np.array(
        [fit_error(*each) for each in zip(rendered.true, moved.judged, views, strict=True)]
    )
    degrees = share * np.array([each.degrees for each in views])
    return ClipGaps(true, seen, true - opposite, true - shuffled, share, degrees)


def fit_error(frames: Tensor, judged: Tensor, views: TrueViews) -> float:
    """How far the camera that fits best is from that of an even move, as a share of the move.

    Args:
        frames, judged: [F, 3, H, W] and [F, 1, H, W], of one clip.
        views: of its place.

    Returns:
        The mean over the frames after the first; NaN where nothing of one is judged.
    """
    fitting = views.shares[best_views(frames, judged, views.colours)]
    error = (fitting - torch.linspace(0, 1, len(frames), dtype=torch.float64)).abs()
    empty = judged.flatten(1).sum(1) == 0
    return float(error.masked_fill(empty, torch.nan)[1:].mean())


def joined_gaps(parts: Sequence[ClipGaps]) -> ClipGaps:
    """The figures of several batches, one after the other."""
    return ClipGaps(*(np.concatenate(values) for values in zip(*parts, strict=True)))


class GapFigures(NamedTuple):
    """Means over clips with intervals that draw places. obeyed: share of the clips with a gap of
    more than OBEYED to the opposite track; the others as ``ClipGaps``."""

    psnr: Estimate
    seen: Estimate
    opposite: Estimate
    shuffled: Estimate
    share: Estimate
    degrees: Estimate
    obeyed: Estimate


def gap_figures(gaps: ClipGaps, places: Sequence[str]) -> GapFigures:
    """The figures of some clips.

    Args:
        gaps: of N clips.
        places: what each of them shows, [N]: clips of one place are no independent witnesses.
    """
    weights = place_weights(places)
    obeyed = np.where(np.isnan(gaps.opposite), np.nan, gaps.opposite > OBEYED)
    return GapFigures(*(_mean(values, weights) for values in (*gaps, obeyed)))


def of_moves(gaps: ClipGaps, moves: Sequence[str], move: str) -> tuple[ClipGaps, np.ndarray]:
    """The clips of one move, and which they are, bool [N]."""
    chosen = np.array([name == move for name in moves])
    return ClipGaps(*(values[chosen] for values in gaps)), chosen


def _mean(values: np.ndarray, weights: np.ndarray) -> Estimate:
    return estimate(mean_draws(values, weights), int((~np.isnan(values)).sum()))


class StillFollower:
    """The scene picture, standing still: it follows nothing."""

    name = "still"
    weights: Mapping[str, str] = {}
    sampling: Mapping[str, float] = {}

    def frames(self, clip: Batch, seed: int) -> Tensor:
        """See ``CameraFollower``."""
        return (clip.scene_image / 2 + 0.5)[:, None].expand(-1, clip.frames, -1, -1, -1)


def measure_gaps(
    systems: Sequence[CameraFollower],
    batches: Sequence[MovedClips],
    true_views: Callable[[int], TrueViews],
    seed: int,
) -> dict[str, ClipGaps]:
    """The figures of all clips by the name of the system.

    true_views: of a clip, by its number over all batches.
    """
    gaps: dict[str, list[ClipGaps]] = {system.name: [] for system in systems}
    numbers = itertools.count()
    for index, moved in enumerate(batches):
        views = [true_views(number) for number in itertools.islice(numbers, len(moved.clip))]
        for system in systems:
            with torch.no_grad():
                rendered = render_tracks(system, moved, seed + index)
            gaps[system.name].append(clip_gaps(rendered, moved, views))
    return {name: joined_gaps(parts) for name, parts in gaps.items()}
