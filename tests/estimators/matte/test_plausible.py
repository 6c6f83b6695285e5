"""A matte that shows nobody, or nothing but somebody, is told apart and said."""

from pathlib import Path

import pytest

from dynascene.display import Quiet
from dynascene.errors import InputError
from dynascene.estimators.matte.job import MatteSummary, check_share


class Heard(Quiet):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.notices: list[str] = []

    def notice(self, text: str) -> None:
        self.notices.append(text)


def summary(backend: str, found_by: str, share: float) -> MatteSummary:
    return MatteSummary(backend, found_by, 24, share, 0.1)


@pytest.mark.parametrize(
    ("backend", "found_by", "reason"),
    [
        ("motion", "motion", "nothing was found in it that moves"),
        ("selfie", "fastestdet", "selfie sees no person where fastestdet found the subject"),
    ],
)
def test_a_black_matte_is_refused_with_its_reason(backend: str, found_by: str, reason: str) -> None:
    with pytest.raises(InputError) as refused:
        check_share(Path("clip.mp4"), summary(backend, found_by, 0.0), Heard())
    message = str(refused.value)
    assert "clip.mp4: the matte is black" in message
    assert reason in message
    assert "\n" not in message


def test_a_matte_of_nearly_the_whole_frame_is_doubted() -> None:
    heard = Heard()
    check_share(Path("clip.mp4"), summary("motion", "motion", 0.97), heard)
    assert len(heard.notices) == 1
    assert "97% of the frame" in heard.notices[0]
    assert "black" not in heard.notices[0]
    check_share(Path("c"), summary("motion", "motion", 0.97), heard, "look at m/preview.mp4")
    assert "leaves no place; look at m/preview.mp4, try" in heard.notices[1]
    assert "leaves no place; try" in heard.notices[0]


def test_a_usual_share_says_nothing() -> None:
    heard = Heard()
    for share in (0.002, 0.4, 0.9):
        check_share(Path("clip.mp4"), summary("motion", "motion", share), heard)
    assert heard.notices == []
