"""What is delivered can be made again from the layers."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from dynascene import (
    CameraInput,
    DeliveryInput,
    GenerationOptions,
    GenerationRequest,
    LookInput,
    PersonInput,
    PlaceInput,
)
from dynascene.generation.compositing import composite, fit_background
from dynascene.generation.job import make_clip
from dynascene.types import Size


@pytest.fixture(scope="module")
def request_of(tmp_path_factory):
    """A still in a place of noise, with its own matte: a request by its look."""
    folder, rng = tmp_path_factory.mktemp("still"), np.random.default_rng(1)
    scene = rng.integers(60, 200, (120, 180, 3), dtype=np.uint8)
    person = rng.integers(0, 200, (63, 93, 3), dtype=np.uint8)
    matte = np.zeros((63, 93), np.uint8)
    matte[20:54, 40:52] = 255
    matte[19:55:35, 40:52] = 130
    cv2.imwrite(str(folder / "matte.png"), matte)
    cv2.imwrite(str(folder / "scene.png"), scene)
    cv2.imwrite(str(folder / "person.png"), person)

    def request(**look) -> GenerationRequest:
        return GenerationRequest(
            place=PlaceInput(scene=folder / "scene.png", horizon=0.4, place="ground"),
            person=PersonInput(person=folder / "person.png", matte=folder / "matte.png"),
            delivery=DeliveryInput(layers=("png",)),
            look=LookInput(**look),
            options=GenerationOptions(generator="projection"),
        )

    return request


def picture(path: Path) -> np.ndarray:
    """uint8 RGB, RGBA or grey [H, W, C]; 16 bits are rounded to 8."""
    values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert values is not None, path
    values = values[..., None] if values.ndim == 2 else values
    values = values[..., [2, 1, 0, 3][: values.shape[2]]] if values.shape[2] > 1 else values
    return (
        ((values.astype(int) + 128) // 257).astype(np.uint8)
        if values.dtype == np.uint16
        else values
    )


def light_of(values: np.ndarray) -> np.ndarray:
    """sRGB's formula: uint8 → linear light in 0 … 1, float64."""
    v = values / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def stored(light: np.ndarray) -> np.ndarray:
    """The other way, not rounded: 0 … 255."""
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def test_layers_give_the_composite_again(request_of, tmp_path: Path) -> None:
    finished = picture(
        make_clip(
            request_of(light=(20.0, 40.0), harmonise="none", soften=0, grain=0), tmp_path / "out"
        )
    )
    foreground, background, matte, shadow = (
        picture(tmp_path / "out" / name / "00000.png")
        for name in ("foreground", "background", "matte", "shadow")
    )
    height, width = finished.shape[:2]
    m, s = matte / 255, shadow / 255
    behind = (1 - s) * light_of(fit_background(background, Size(width, height)))
    expected = stored(m * light_of(foreground[..., :3]) + (1 - m) * behind)
    # background and finished picture are rounded to whole values, one after the other
    assert np.abs(finished - expected).max() < 1.5
    assert shadow.max() > 100
    solid = matte[..., 0] == 255
    np.testing.assert_array_equal(finished[solid], foreground[solid][:, :3])
    np.testing.assert_array_equal(picture(tmp_path / "out" / "background.png"), background)


def test_nothing_asked_is_nothing_done(request_of, tmp_path: Path) -> None:
    finished = picture(
        make_clip(request_of(shadow=0.0, harmonise="none", soften=0, grain=0), tmp_path / "out")
    )
    assert not (tmp_path / "out" / "shadow").exists()
    foreground, background, matte = (
        picture(tmp_path / "out" / name / "00000.png")
        for name in ("foreground", "background", "matte")
    )
    behind = fit_background(background, Size(*finished.shape[1::-1]))
    np.testing.assert_array_equal(finished, composite(foreground[..., :3], matte, behind))


def test_the_report_says_where_the_light_comes_from(request_of, tmp_path: Path) -> None:
    make_clip(request_of(light=(20.0, 40.0), harmonise="none", soften=0), tmp_path / "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["look"]["light"]["azimuth"] == 20
    assert report["look"]["shadow"]["feet_seen_share"] == 1
    assert report["options"]["look"]["light"] == [20, 40]
    assert report["look"]["person_pixels_exact"]
    assert set(report["look"]["texture"]) == {"blur_pixels", "grain"}


def test_without_a_person_nothing_is_said_of_their_pixels(request_of, tmp_path: Path) -> None:
    alone = GenerationRequest(
        place=request_of().place,
        camera=CameraInput(move="static"),
        frames=(0, 1),
        options=GenerationOptions(generator="projection", size=Size(96, 64)),
    )
    make_clip(alone, tmp_path / "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert "person_pixels_exact" not in report["look"]


@pytest.mark.parametrize(("alpha", "is_measured"), [(0, False), (255, True)])
def test_what_lies_under_alpha_is_no_place(
    request_of, tmp_path: Path, alpha: int, is_measured: bool
) -> None:
    """A matte of one's own does not make it one."""
    request = request_of()
    opaque = cv2.imread(str(request.person.person))
    cut_out = np.dstack([opaque, np.full(opaque.shape[:2], 255, np.uint8)])
    cut_out[:, :30, 3] = alpha
    cv2.imwrite(str(tmp_path / "cut-out.png"), cut_out)
    person = replace(request.person, person=tmp_path / "cut-out.png")
    make_clip(replace(request, person=person), tmp_path / "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert ("texture" in report["look"]) == is_measured
    assert (report["look"]["harmony"]["person"] is not None) == is_measured


def test_a_changed_person_is_told_and_the_layers_are_untouched(request_of, tmp_path: Path) -> None:
    kept, changed = tmp_path / "kept", tmp_path / "changed"
    before = picture(make_clip(request_of(harmonise="none"), kept))
    after = picture(make_clip(request_of(harmonise="person", harmonise_strength=1.0), changed))
    report = json.loads((changed / "report.json").read_text())
    solid = picture(changed / "matte" / "00000.png")[..., 0] == 255
    assert not report["look"]["person_pixels_exact"]
    assert (before[solid] != after[solid]).any()
    for name in ("foreground", "background", "matte", "shadow"):
        file = Path(name) / "00000.png"
        np.testing.assert_array_equal(picture(kept / file), picture(changed / file))
