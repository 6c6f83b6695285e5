"""``dynascene matte``: what it writes, says and refuses."""

import json
import shutil
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
import tyro

from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import parse_subject
from dynascene.interfaces.cli.matting import matte
from dynascene.interfaces.cli.parsing import CONFIG
from dynascene.io.frames import open_frames
from dynascene.io.images import write_png
from dynascene.io.mattes import open_matte

ROOT = Path(__file__).resolve().parents[2]
SHARED = next(
    (p for p in (ROOT / "shared/data", ROOT.parent / "shared/data") if p.is_dir()), Path("absent")
)
DETECTOR = SHARED / "weights/fastestdet/FastestDet.onnx"
SELFIE = SHARED / "weights/selfie"
needs_detector = pytest.mark.skipif(
    not DETECTOR.is_file(), reason="FastestDet's weights are absent"
)
FRAMES, H, W = 12, 60, 97


def run(*arguments: object) -> None:
    tyro.cli(matte, args=[str(argument) for argument in arguments], config=CONFIG)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of weights that is empty."""
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "weights"


def texture(seed: int, width: int, tones: tuple[int, int, int]) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(H, width, 3)).astype(np.float32)
    coarse = cv2.GaussianBlur(noise, (0, 0), 2)
    return np.clip(np.array(tones) + 40 * coarse / coarse.std(), 0, 255).astype(np.uint8)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A pan over a wall with a red figure walking before it."""
    folder = tmp_path / "clip"
    folder.mkdir()
    wall, figure = texture(0, W + 40, (60, 120, 110)), texture(1, 14, (210, 60, 60))
    for f in range(FRAMES):
        frame = wall[:, 3 * f : 3 * f + W].copy()
        frame[15:52, 20 + 3 * f : 34 + 3 * f] = figure[15:52]
        write_png(folder / f"{f:03d}.png", frame)
    return folder


def test_the_folder_that_it_writes(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out = tmp_path / "matte"
    run(clip, "--out", out)
    names = [f"{f:05d}.png" for f in range(FRAMES)]
    assert sorted(p.name for p in out.iterdir()) == [*names, "matte.json", "preview.mp4"]
    mattes = list(open_matte(out, like=open_frames(clip)).read())
    found = [m[30, 20 + 3 * f + 7, 0] for f, m in enumerate(mattes)]
    assert np.mean(found) > 200
    assert np.mean([m[:, :8].mean() for m in mattes]) < 10
    report = json.loads((out / "matte.json").read_text())
    assert report["backend"] == "motion"
    assert report["frames"] == FRAMES == len(report["share_per_frame"])
    assert report["share"] == pytest.approx(37 * 14 / (H * W), rel=0.5)
    assert 0 <= report["flicker"] < 1
    preview = open_frames(out / "preview.mp4")
    assert len(preview) == FRAMES
    output = capsys.readouterr()
    assert f"{FRAMES} frames by motion" in output.out
    assert "dynascene weights --small" in output.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--subject", "left"], "give a number such as 2, or a pixel"),
        (["--subject", "2"], "pixel X,Y of the first frame"),
        (["--subject", "500,10"], "lies outside"),
        (["--out", "."], "folder of its own"),
        (["--out", "taken"], "not empty"),
        (["--out", "no/such/place"], "does not exist"),
    ],
)
def test_refusals_leave_nothing(
    arguments: list[str],
    message: str,
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/file").touch()
    before = sorted(tmp_path.rglob("*"))
    out = [] if "--out" in arguments else ["--out", "matte"]
    with pytest.raises(InputError, match=message) as error:
        run(clip, *arguments, *out)
    assert "\n" not in str(error.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_clip_that_is_missing_or_still(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such"):
        run(tmp_path / "none.mp4", "--out", tmp_path / "matte")
    with pytest.raises(InputError, match="3 or more"):
        run(clip / "000.png", "--out", tmp_path / "matte")
    assert not (tmp_path / "matte").exists()


def fill_cache(cache: Path, *, selfie: bool) -> None:
    (cache / "fastestdet").mkdir(parents=True)
    shutil.copy(DETECTOR, cache / "fastestdet")
    for name in ("selfie", "selfie_landscape") if selfie else ():
        (cache / name).mkdir()
        file = {"selfie": "", "selfie_landscape": "_landscape"}[name]
        shutil.copy(SELFIE / f"selfie_segmentation{file}.tflite", cache / name)


def excerpt(video: str, folder: Path, count: int) -> Path:
    folder.mkdir()
    for index, frame in enumerate(islice(open_frames(SHARED / "people" / video).read(), count)):
        write_png(folder / f"{index:04d}.png", frame)
    return folder


@needs_detector
def test_of_two_people_one_is_taken_and_the_other_can_be_chosen(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    fill_cache(cache, selfie=True)
    clip = excerpt("two_people_bedroom.mp4", tmp_path / "bedroom", 5)
    run(clip, "--out", tmp_path / "likeliest")
    output = " ".join(capsys.readouterr().err.split())
    assert "of 2 people the most prominent was taken, number" in output
    assert "another is chosen by --subject" in output
    run(clip, "--subject", 2, "--out", tmp_path / "matte")
    report = json.loads((tmp_path / "matte/matte.json").read_text())
    assert report["backend"] == "selfie"
    assert report["subject_found_by"] == "fastestdet"
    first = next(iter(open_matte(tmp_path / "matte").read()))[..., 0]
    assert first[:, 300:480].mean() > 5 * first[:, :200].mean()


@needs_detector
def test_a_place_without_people(cache: Path, tmp_path: Path) -> None:
    fill_cache(cache, selfie=False)
    with pytest.raises(InputError, match="nobody was found"):
        run(SHARED / "static/room_cut3r_001", "--out", tmp_path / "matte")
    assert not (tmp_path / "matte").exists()


def test_subjects() -> None:
    assert parse_subject("2") == 2
    assert parse_subject("310,220.5") == (310.0, 220.5)
    for text in ("", "1,", "-1", "1,2,3", "1;2"):
        with pytest.raises(InputError, match="310,220"):
            parse_subject(text)
