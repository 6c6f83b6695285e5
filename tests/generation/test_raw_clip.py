"""A clip that brings nothing but itself: cut out, tracked, and put into the place."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from dynascene.generation import subject
from dynascene.generation.subject import CleanEdges
from dynascene.interfaces.cli.main import main
from dynascene.io.frames import open_frames
from dynascene.io.images import write_png
from dynascene.io.mattes import open_matte
from dynascene.io.picking import pick
from dynascene.types import ArrayFrames

FRAMES, H, W = 20, 96, 160


def textured(shape: tuple[int, int], seed: int, tones: tuple[int, int, int]) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(*shape, 3)).astype(np.float32)
    coarse = cv2.GaussianBlur(noise, (0, 0), 2.0)
    return np.clip(np.array(tones) + 45 * coarse / coarse.std(), 0, 255).astype(np.uint8)


@pytest.fixture
def raw_clip(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """Somebody walks before a wall that a standing camera films: a folder, and true mattes."""
    wall, clothes = textured((H, W), 0, (90, 130, 80)), textured((60, 24), 1, (200, 80, 60))
    folder, mattes = tmp_path / "clip", np.zeros((FRAMES, H, W), bool)
    folder.mkdir()
    for f in range(FRAMES):
        frame = wall.copy()
        left, top = 20 + round(5 * f), 26 + f % 3
        frame[top : top + 56, left : left + 20] = clothes[:56, :20]
        mattes[f, top : top + 56, left : left + 20] = True
        write_png(folder / f"{f:03d}.png", frame)
    return folder, mattes


def test_a_raw_clip_needs_nothing_else(raw_clip, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path / "no-weights"))
    clip, truth = raw_clip
    scene, out = tmp_path / "scene.png", tmp_path / "out"
    write_png(scene, textured((120, 180), 5, (120, 120, 160)))
    main(["generate", str(clip), "--scene", str(scene), "--generator", "projection",
          "--out", str(out)])  # fmt: skip
    assert "composite" in capsys.readouterr().out
    kept = out / "footage"
    assert {path.name for path in kept.iterdir()} >= {"matte", "cameras.txt", "scale.json"}
    found = np.stack([m[..., 0] for m in open_matte(kept / "matte").read()]) >= 128
    share = (found & truth).sum() / (found | truth).sum()
    assert share > 0.7
    report = json.loads((out / "report.json").read_text())
    assert report["found"]["matte"]["backend"] == "motion"
    assert report["found"]["camera"]["kind"] == "static"
    stages = {stage["stage"] for stage in report["stages"]}
    assert stages >= {"matte", "points", "scale", "frames"}
    assert report["estimators"] == {}  # no network was at hand
    assert len(open_frames(out / "composite.mp4")) == FRAMES


def test_what_was_found_for_an_excerpt_goes_back_in(
    raw_clip, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path / "no-weights"))
    clip, _ = raw_clip
    scene, out, again = tmp_path / "scene.png", tmp_path / "out", tmp_path / "again"
    write_png(scene, textured((120, 180), 5, (120, 120, 160)))
    common = [str(clip), "--scene", str(scene), "--generator", "projection", "--frames", "3:9"]
    main(["generate", *common, "--out", str(out)])
    kept = out / "footage"
    assert len(open_frames(kept / "matte")) == 6  # nothing was made of the other frames
    found = ["--matte", str(kept / "matte"), "--cameras", str(kept / "cameras.txt")]
    main(["generate", *common, *found, "--out", str(again)])
    pairs = zip(*(open_frames(d / "composite.mp4").read() for d in (out, again)), strict=True)
    differences = [np.abs(one.astype(int) - other).mean() for one, other in pairs]
    assert len(differences) == 6
    assert max(differences) < 0.5  # the same clip again, edges included
    reports = [json.loads((d / "report.json").read_text()) for d in (out, again)]
    assert reports[0]["framing"] == reports[1]["framing"]
    assert not any("contradict" in notice for notice in reports[1]["notices"])
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["generate", *common[:-1], "0:9", *found, "--out", str(tmp_path / "no")])
    assert "6 frames" in capsys.readouterr().err


def test_edges_are_cleaned_and_solid_pixels_kept() -> None:
    frame = np.full((40, 40, 3), (0, 255, 0), np.uint8)  # a green screen
    frame[10:30, 10:30] = (200, 40, 40)
    matte = np.zeros((40, 40, 1), np.uint8)
    matte[10:30, 10:30] = 255
    soft = cv2.GaussianBlur(matte, (0, 0), 2)[..., None]
    alpha = soft / 255
    mixed = np.rint(frame * 0 + (200, 40, 40) * alpha + np.array([0, 255, 0]) * (1 - alpha))
    colour, cut = ArrayFrames([mixed.astype(np.uint8)] * 3), ArrayFrames([soft] * 3)
    clean = list(CleanEdges(colour, cut).read(1))
    assert len(clean) == 2
    solid = soft[..., 0] == 255
    np.testing.assert_array_equal(clean[0][solid], mixed.astype(np.uint8)[solid])
    edge = (soft[..., 0] > 64) & (soft[..., 0] < 192)
    green = clean[0][edge][:, 1].astype(int) - 40
    assert green.mean() < 0.5 * (mixed[edge][:, 1] - 40).mean()


@pytest.mark.parametrize("is_shown_softer", [False, True])
def test_picked_frames_are_cleaned_as_read_ones_and_no_others(
    is_shown_softer: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    frames, mattes, softer = (
        ArrayFrames(list(rng.integers(0, 256, (5, 30, 33, channels), np.uint8)))
        for channels in (3, 1, 1)
    )
    edges = CleanEdges(frames, mattes, softer if is_shown_softer else None)
    whole, cleaned = list(edges.read()), []
    clean_edges = subject.decontaminate

    def decontaminate(frame: np.ndarray, matte: np.ndarray) -> np.ndarray:
        cleaned.append(frame)
        return clean_edges(frame, matte)

    monkeypatch.setattr("dynascene.generation.subject.decontaminate", decontaminate)
    picked = list(pick(edges, [1, 4]))
    np.testing.assert_array_equal(picked, [whole[1], whole[4]])
    assert len(cleaned) == 2
