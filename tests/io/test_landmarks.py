from pathlib import Path

import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.io.landmarks import BONES, NAMES, PoseLandmarks, read_landmarks, write_landmarks
from dynascene.types import Size


def landmarks(frames: int = 2) -> PoseLandmarks:
    generator = np.random.default_rng(0)
    points = generator.uniform(10, 80, (frames, 33, 2))
    depth = generator.normal(size=(frames, 33))
    sure = np.ones((frames, 33))
    return PoseLandmarks(Size(160, 90), points, depth, sure, 0 * sure, np.ones(frames))


def test_the_names_are_those_of_the_network() -> None:
    assert len(set(NAMES)) == 33
    expected = {0: "nose", 4: "right_eye_inner", 7: "left_ear", 12: "right_shoulder"}
    expected |= {15: "left_wrist", 19: "left_index_finger", 24: "right_hip", 31: "left_toes"}
    assert {index: NAMES[index] for index in expected} == expected
    sides = {(NAMES[a].partition("_")[0], NAMES[b].partition("_")[0]) for a, b in BONES}
    assert ("left", "right") in sides
    assert ("right", "left") not in sides


def test_read_as_written(tmp_path: Path) -> None:
    made = landmarks()
    write_landmarks(made, tmp_path / "landmarks.json")
    back = read_landmarks(tmp_path / "landmarks.json")
    assert back.size == made.size
    for field in ("points", "depth", "visibility", "doubt", "person"):
        np.testing.assert_allclose(getattr(back, field), getattr(made, field), atol=1e-3)


def test_what_is_hidden_guessed_outside_or_nobody_is_not_seen() -> None:
    made = landmarks(2)
    assert made.seen.all()
    made.visibility[0, 3] = 0.2
    made.doubt[0, 5] = 30
    made.points[0, 7] = -4, 20
    made.person[1] = 0.1
    assert set(np.nonzero(~made.seen[0])[0]) == {3, 5, 7}
    assert not made.seen[1].any()


@pytest.mark.parametrize("text", ["", "[]", '{"format": "other"}', '{"format": 1, "version": 1}'])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "landmarks.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"landmarks\.json"):
        read_landmarks(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_landmarks(tmp_path / "absent.json")
