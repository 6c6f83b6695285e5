"""Frames that a camera file leaves out: named, and filled between their neighbours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

import torch

from dynascene.errors import InputError, some_of
from dynascene.geometry.rigid import camera_centres, rigid
from dynascene.geometry.rotations import interpolate_rotations
from dynascene.io.cameras.defaults import Notice
from dynascene.io.natural_order import frame_numbers
from dynascene.types import CameraTrack

MOST_FRAMES = 100_000
LONGEST_STEP = 1000  # numbers that lie at least this far apart are clock times
REGULAR = 0.3  # steps: how far a time may lie from the regular grid


def fill_named(track: CameraTrack, names: Sequence[str], path: Path, notice: Notice) -> CameraTrack:
    """As ``fill_numbered``, by the numbers in the names of the pictures; they are sorted."""
    numbers = frame_numbers(names)
    if numbers is None:
        if len(names) > 1:
            notice(
                f"{path}: the names of its pictures ({names[0]} … {names[-1]}) do not count "
                "frames; they are taken one after the other"
            )
        return track
    for index, (before, after) in enumerate(pairwise(numbers), start=1):
        if before == after:
            raise InputError(
                f"{path}: {names[index - 1]} and {names[index]} are both frame {after}; "
                "a track has one camera for each"
            )
    return fill_numbered(track, numbers, path, notice)


def fill_numbered(
    track: CameraTrack, numbers: Sequence[float], path: Path, notice: Notice
) -> CameraTrack:
    """One camera for each frame number from the first to the last.

    Cameras between whole frames serve only to fill what is missing.

    Args:
        numbers: of the frames, increasing. Where they never lie closer than 1000, they are times.
        path, notice: for what is said of missing frames, and of a first number besides 0 and 1.

    Raises:
        InputError: the numbers span more than 100,000 frames.
    """
    if len(numbers) > 1 and min(b - a for a, b in pairwise(numbers)) >= LONGEST_STEP:
        return fill_timed(track, numbers, path, notice)
    if numbers[0] not in (0, 1):
        notice(f"{path}: begins with number {numbers[0]:g}, which is taken as the first frame")
    return _filled(track, [float(n - numbers[0]) for n in numbers], numbers[0], path, notice)


def fill_timed(
    track: CameraTrack, times: Sequence[float], path: Path, notice: Notice
) -> CameraTrack:
    """One camera for each beat of a clock, which is the median step of the times.

    Args:
        times: increasing, in any unit. Whole numbers of which two are neighbours are frame numbers.
        path, notice: for what is said of missing frames, or of times without a beat.
    """
    if len(times) < 2:
        return track
    steps = [after - before for before, after in pairwise(times)]
    are_whole = all(float(time).is_integer() for time in times)
    if are_whole and min(steps) == 1:
        return _filled(track, [float(t - times[0]) for t in times], times[0], path, notice)
    beat = median(steps)
    beats = [step / beat for step in steps]
    if all(abs(count - max(1, round(count))) <= REGULAR for count in beats):
        places = [0.0]
        for count in beats:
            places.append(places[-1] + max(1, round(count)))
        return _filled(track, places, 0, path, notice)
    if are_whole and beat < LONGEST_STEP:
        return _filled(track, [float(t - times[0]) for t in times], times[0], path, notice)
    notice(
        f"{path}: its times have no regular step ({min(steps):.4g} to {max(steps):.4g}); its lines "
        "are taken as frames, one after the other (`frame_rate` places them by their seconds)"
    )
    return track


def fill_seconds(
    track: CameraTrack, seconds: Sequence[float], rate: float, path: Path, notice: Notice
) -> CameraTrack:
    """One camera for each frame of a clip, by times in seconds and the clip's frames a second.

    A beat within a fifth of the clip's is that of its frames, and then ``fill_timed`` fills.
    """
    steps = [after - before for before, after in pairwise(seconds)]
    beat = median(steps) if steps else 1 / rate
    if abs(beat * rate - 1) < 0.2:
        return fill_timed(track, seconds, path, notice)
    notice(
        f"{path}: its times step by {beat:.3g} s, and the clip has {rate:.4g} frames a second; "
        "the cameras are placed by their seconds"
    )
    places = [(second - seconds[0]) * rate for second in seconds]
    near = [float(round(place)) for place in places]
    # a camera that was filmed within a fifth of a frame is that frame's
    places = [n if abs(n - place) < 0.2 else place for n, place in zip(near, places, strict=True)]
    if all(after > before for before, after in pairwise(places)):
        return _filled(track, places, 0, path, notice)
    raise InputError(f"{path}: its times lie too close together for {rate:g} frames a second")


def _filled(
    track: CameraTrack, places: Sequence[float], first: float, path: Path, notice: Notice
) -> CameraTrack:
    """The track at the whole places 0, 1, 2 …; ``first``: the number of place 0, for notices."""
    count = math.floor(places[-1]) + 1
    if count > MOST_FRAMES:
        raise InputError(
            f"{path}: its {len(track)} cameras span {count:,} frames, more than {MOST_FRAMES:,}; "
            "number them by frames"
        )
    if count == len(places) and all(p == n for n, p in enumerate(places)):
        return track
    missing = sorted(set(range(count)) - {int(p) for p in places if p == int(p)})
    if missing:
        notice(
            f"{path}: has no camera for {len(missing)} of {count} frames "
            f"({_runs([first + n for n in missing])}); they are interpolated between their "
            "neighbours"
        )
    between = len(places) - (count - len(missing))
    if between:
        notice(f"{path}: {between} of its cameras lie between whole frames and are left out")
    return at_places(track, places, range(count))


def _runs(numbers: Sequence[float]) -> str:
    """1, 2, 3, 7 → "1 … 3, 7"."""
    runs: list[list[float]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return some_of([" … ".join(f"{number:g}" for number in run) for run in runs])


def at_places(track: CameraTrack, places: Sequence[float], targets: Sequence[int]) -> CameraTrack:
    """The track at other places, straight between its cameras; where it has one, exactly that.

    Args:
        track: the cameras.
        places: of its cameras, increasing.
        targets: the places to read it at, within those.
    """
    at = torch.tensor(targets, dtype=torch.float64)
    keys = torch.tensor(places, dtype=torch.float64)
    right = torch.searchsorted(keys, at).clamp(0, len(keys) - 1)
    left = torch.where(keys[right] == at, right, right - 1)
    share = (at - keys[left]) / (keys[right] - keys[left]).clamp(min=1e-12)
    poses, lens = track.cam_from_world, track.intrinsics
    rotation = interpolate_rotations(poses[left, :3, :3], poses[right, :3, :3], share)
    centres = camera_centres(poses)
    centre = torch.lerp(centres[left], centres[right], share[:, None])
    between = rigid(rotation, -(rotation @ centre[..., None])[..., 0])
    exact = (left == right)[:, None, None]
    return CameraTrack(
        torch.where(exact, poses[right], between),
        torch.where(exact, lens[right], torch.lerp(lens[left], lens[right], share[:, None, None])),
        track.size,
    )
