"""Hard cuts: found where two clips are joined, and nowhere within a take."""

from itertools import pairwise, permutations
from pathlib import Path

import cv2
import numpy as np
import pytest

from dynascene.display import Quiet
from dynascene.estimators.cuts import find_cuts
from dynascene.generation.takes import warn_of_cuts
from dynascene.io.frames import open_frames
from dynascene.types import ArrayFrames, Size

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
SIZE = Size(128, 72)


def picture(seed: int, tones: tuple[int, int, int], width: int = 400) -> np.ndarray:
    """Blobs about one colour, uint8 [90, width, 3]."""
    noise = np.random.default_rng(seed).normal(size=(90, width, 3)).astype(np.float32)
    coarse = cv2.GaussianBlur(noise, (0, 0), 1.5)
    return np.clip(np.array(tones) + 50 * coarse / coarse.std(), 0, 255).astype(np.uint8)


def pan(seed: int, tones: tuple[int, int, int], frames: int = 6, step: int = 4) -> list[np.ndarray]:
    wide = picture(seed, tones)
    return [wide[9 : 9 + SIZE.height, step * f : step * f + SIZE.width] for f in range(frames)]


BLUE, RED, GREEN = (40, 80, 190), (190, 70, 60), (60, 160, 70)


def test_each_join_is_a_cut() -> None:
    frames = pan(0, BLUE, 5) + pan(1, RED, 4) + pan(2, GREEN, 3)
    assert find_cuts(ArrayFrames(frames)) == [5, 9]
    assert find_cuts(ArrayFrames(frames[4:6])) == [1]  # two frames are enough
    assert find_cuts(ArrayFrames(frames[:1])) == []


def test_a_pan_with_motion_blur_over_changing_colours_is_no_cut() -> None:
    wide = np.concatenate([picture(0, BLUE), picture(1, RED)], axis=1)
    blurred = cv2.blur(wide, (25, 1))
    frames = [blurred[:72, x : x + SIZE.width] for x in range(0, 660, 25)]
    assert find_cuts(ArrayFrames(frames)) == []


@pytest.mark.parametrize("length", [1, 2])
def test_a_flash_is_no_cut(length: int) -> None:
    frames = pan(0, BLUE, 9)
    frames[4 : 4 + length] = [np.full((SIZE.height, SIZE.width, 3), 255, np.uint8)] * length
    assert find_cuts(ArrayFrames(frames)) == []


def test_a_change_of_light_is_no_cut() -> None:
    frames = pan(0, BLUE, 8)
    frames[4:] = [np.clip(frame * 1.6, 0, 255).astype(np.uint8) for frame in frames[4:]]
    assert find_cuts(ArrayFrames(frames)) == []


class Notices(Quiet):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def notice(self, text: str) -> None:
        self.lines.append(text)


def test_the_notice_names_frames_of_the_whole_clip_and_the_longest_take() -> None:
    notices = Notices()
    frames = pan(0, BLUE, 5) + pan(1, RED, 7) + pan(2, GREEN, 3)
    warn_of_cuts(Path("clip.mp4"), ArrayFrames(frames), notices, first=10)
    (line,) = notices.lines
    assert "clip.mp4: has cuts at frame 15, 22," in line
    assert line.endswith("`frames` 15:22")
    notices.lines.clear()
    warn_of_cuts(Path("clip.mp4"), ArrayFrames(frames[:5]), notices)
    assert notices.lines == []


def real_clips() -> list[Path]:
    people, static, estates = SHARED / "people", SHARED / "static", SHARED / "re10k/videos"
    clips = [*sorted(people.glob("*.mp4")), people / "lady-running", people / "bmx-trees/frames"]
    clips += [static / "drive_forward.mp4", static / "room_cut3r_001", *sorted(estates.glob("*"))]
    return [clip for clip in clips if clip.exists()]


@pytest.mark.skipif(not SHARED.is_dir(), reason="no real clips on this machine")
def test_short_real_takes_have_no_cut_and_their_joins_do() -> None:
    ends = {}
    for clip in real_clips():
        if clip.suffix == ".mp4" and clip.parent.name != "videos":
            continue  # long ones are read by the long test
        frames = [cv2.resize(frame, (160, 90)) for frame in open_frames(clip).read()]
        assert find_cuts(ArrayFrames(frames)) == [], clip
        ends[clip.stem] = frames[:3], frames[-3:]
    for (a, (_, last)), (b, (first, _)) in pairwise(ends.items()):
        assert find_cuts(ArrayFrames(last + first)) == [3], f"{a} + {b}"


@pytest.mark.long
@pytest.mark.skipif(not SHARED.is_dir(), reason="no real clips on this machine")
def test_all_real_takes_have_no_cut_and_all_joins_do() -> None:
    ends = {}
    for clip in real_clips():
        frames = [cv2.resize(frame, (160, 90)) for frame in open_frames(clip).read()]
        stills = len(frames) < 20  # far apart already
        for step in (1,) if stills else (1, 2, 4, 8):  # ever faster cameras
            assert find_cuts(ArrayFrames(frames[::step])) == [], (clip, step)
        ends[clip.stem] = frames[:3], frames[-3:]
    for (a, (_, last)), (b, (first, _)) in permutations(ends.items(), 2):
        assert find_cuts(ArrayFrames(last + first)) == [3], f"{a} + {b}"
