"""What a file says of itself, upright; and every kind of damage is named."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from known_clips import BREAKS, break_file
from moving_pictures import clip_of, code_of, pan, write_video

from dynascene.curation.clip import Clip
from dynascene.curation.stages.probe import ProbeConfig, ProbeStage
from dynascene.curation.stages.shots import ShotsStage

FILM = pan(1, 36)
SMALL = ProbeConfig(min_height=90)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("probe") / "film.mp4", FILM)


def probed(path: Path, config: ProbeConfig = SMALL) -> Clip:
    (clip,) = ProbeStage(config)(clip_of(path), path.parent)
    return clip


def copied(film: Path, path: Path) -> Path:
    path.write_bytes(film.read_bytes())
    return path


def test_a_whole_video_is_measured(film: Path) -> None:
    clip = probed(film)
    assert clip.is_kept
    assert (clip.start, clip.stop) == (0, 36)
    assert clip.values == {
        "probe.container": "mov,mp4,m4a,3gp,3g2,mj2",
        "probe.codec": "h264",
        "probe.width": 160,
        "probe.height": 90,
        "probe.rotation": 0,
        "probe.frames": 36,
        "probe.fps": 24.0,
        "probe.variable_rate": False,
        "probe.seconds": 1.5,
        "probe.hdr": None,
    }


@pytest.mark.parametrize(
    ("changed", "code", "measured"),
    [
        ({"min_height": 1080}, "low-resolution", 90),
        ({"min_height": 91}, "low-resolution", 90),
        ({"min_seconds": 1.6}, "short", 1.5),
        ({"min_rate": 25.0}, "low-rate", 24.0),
    ],
)
def test_what_is_less_than_asked_is_dropped_with_its_measure(
    film: Path, changed: dict, code: str, measured: float
) -> None:
    clip = probed(film, replace(SMALL, **changed))
    assert clip.rejection is not None
    assert (clip.rejection.code, clip.rejection.measured) == (code, measured)
    assert clip.values["probe.frames"] == 36


def test_by_default_a_video_has_to_be_full_hd(film: Path) -> None:
    assert code_of(probed(film, ProbeConfig())) == "low-resolution"


def test_a_turned_video_has_turned_sides(film: Path, tmp_path: Path) -> None:
    turned = copied(film, tmp_path / "turned.mp4")
    data = bytearray(turned.read_bytes())
    matrix = data.index(b"tkhd") + 44  # a b u c d v: a quarter turn
    for place, number in enumerate((0, 1 << 16, 0, -(1 << 16), 0)):
        data[matrix + 4 * place : matrix + 4 * place + 4] = number.to_bytes(4, "big", signed=True)
    turned.write_bytes(data)
    clip = probed(turned, SMALL)
    assert clip.is_kept
    low = probed(turned, replace(SMALL, min_height=91)).rejection  # 160 high, but 90 wide
    assert low is not None
    assert (low.code, low.measured) == ("low-resolution", 90)
    assert (clip.values["probe.width"], clip.values["probe.height"]) == (90, 160)
    assert abs(int(clip.values["probe.rotation"] or 0)) == 90


def test_a_fractional_rate_is_told_exactly(tmp_path: Path) -> None:
    path = write_video(tmp_path / "ntsc.mp4", FILM, Fraction(30000, 1001))
    assert probed(path).values["probe.fps"] == 30000 / 1001


EXPECTED = {
    "cut-start": {"damaged", "cut-short", "not-a-video"},
    "cut-middle": {"damaged"},
    "cut-end": {"damaged"},
    "flipped": {"damaged"},
    "empty": {"empty"},
    "text": {"not-a-video"},
    "picture": {"not-a-video"},
    "renamed": {"wrong-ending"},
}


@pytest.mark.parametrize("damage", BREAKS)
@pytest.mark.parametrize("seed", range(3))
def test_every_kind_of_damage_is_named(film: Path, tmp_path: Path, damage: str, seed: int) -> None:
    path = copied(film, tmp_path / "broken.mp4")
    break_file(path, damage, seed)
    clip = probed(path, replace(SMALL, decoding="all"))
    assert code_of(clip) in EXPECTED[damage], clip
    assert clip.rejection is not None
    assert clip.rejection.reason
    assert "\n" not in clip.rejection.reason
    assert str(path) not in clip.rejection.reason


@pytest.mark.parametrize("seed", range(3))
def test_damage_between_the_samples_is_found_with_the_shots(
    film: Path, tmp_path: Path, seed: int
) -> None:
    path = copied(film, tmp_path / "broken.mp4")
    break_file(path, "flipped", seed)
    clip = probed(path)
    clips = ShotsStage()(clip, tmp_path) if clip.is_kept else [clip]
    assert [code_of(clip) for clip in clips] == ["damaged"]


def test_a_missing_file_is_no_video(tmp_path: Path) -> None:
    assert code_of(probed(tmp_path / "gone.mp4")) == "not-a-video"
