"""The app in a real browser, on a tiny clip: from the files to the result."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from app_browser import Visitor
from app_server import FRAMES, SIZE, served, write_person, write_place
from real_browser import PATIENCE, chromium, playwright

from dynascene.estimators.matte.strokes import MOST_CLICKS
from dynascene.interfaces.cli.matting import parse_hint
from dynascene.io.frames import open_frames

ATTEMPTS = 12
STEPS = ("Clip", "Matte", "Camera", "Place", "Render")


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("app")) as place:
        yield place


def test_from_a_clip_and_a_picture_to_a_result(
    browser: "playwright.Browser", address: str, tmp_path: Path
) -> None:
    visitor = Visitor(browser, address)
    visitor.drop("clip", write_person(tmp_path / "walker.mov"))
    visitor.wait_for("#clip-facts", f"walker.mov · {SIZE} · {FRAMES} frames")
    visitor.go("Camera")
    visitor.choose("a move")
    visitor.wait_for("#camera-words", f"{FRAMES} cameras")
    visitor.choose("keyframes")
    visitor.wait_for("#camera-words", "fill in the table")
    visitor.page.click("#use-keyframes")  # those that are there fit the clip
    visitor.wait_for("#camera-words", f"{FRAMES} cameras")
    visitor.choose("a move")
    visitor.go("Place")
    visitor.drop("scene", write_place(tmp_path / "place.png"))
    visitor.see("#preview img")
    visitor.go("Render")
    visitor.choose("projection: quick, without a network")
    visitor.page.click("#render")
    visitor.see("#render-status [data-state=done]")
    visitor.wait_for("#render-notices", "of the view lies within the picture")
    visitor.page.reload()  # everything is still there
    visitor.see("#clip-facts p")
    visitor.go("Render")
    with visitor.page.expect_download() as download:
        visitor.see("#downloads a[href$='composite.mp4']").click()
    made = tmp_path / "composite.mp4"
    download.value.save_as(made)
    frames = open_frames(made)
    assert (len(frames), frames.size) == (FRAMES, SIZE)
    assert visitor.wrong == []


@pytest.mark.long  # the editor draws by WebGL, which is slow without a GPU
def test_strokes_and_keys_mend_the_matte(
    browser: "playwright.Browser", address: str, tmp_path: Path
) -> None:
    visitor = Visitor(browser, address)
    visitor.drop("clip", write_person(tmp_path / "walker.mov"))
    visitor.see("#clip-facts p")
    visitor.page.get_by_role("tab", name="Clip", exact=True).focus()
    visitor.page.keyboard.press("Tab")  # the steps can be reached without a mouse
    visitor.page.keyboard.press("Enter")
    visitor.choose("a brush")
    visitor.choose("not the person")
    canvas = visitor.see("#matte-editor canvas")
    playwright.expect(canvas).to_have_attribute("width", re.compile(r"[1-9]\d\d"))
    hints = visitor.page.locator("#hints textarea")
    for _ in range(ATTEMPTS):  # the canvas takes strokes as soon as it has its picture
        visitor.stroke("#matte-editor canvas", (0.3, 0.5), (0.6, 0.5))
        visitor.page.click("#take-strokes")
        with suppress(playwright.TimeoutError):
            hints_there = "document.querySelector('#hints textarea').value"
            visitor.page.wait_for_function(hints_there, timeout=PATIENCE / ATTEMPTS)
            break
    clicks = [parse_hint(line) for line in hints.input_value().splitlines()]
    assert 2 <= len(clicks) <= MOST_CLICKS
    assert {(click.frame, click.is_person) for click in clicks} == {(0, False)}
    across, down = ([click[k] for click in clicks] for k in (1, 2))
    assert max(across) - min(across) > 0.1 * SIZE.width
    assert all(0 < y < SIZE.height for y in down)
    assert visitor.wrong == []


def test_the_horizon_is_clicked_on_a_phone(
    browser: "playwright.Browser", address: str, tmp_path: Path
) -> None:
    visitor = Visitor(browser, address, width=390)
    for name in STEPS:  # all names are there, and nothing is wider than the screen
        tab = visitor.page.get_by_role("tab", name=name, exact=True)
        box = tab.bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 390
        tab.click()
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
    visitor.go("Place")
    visitor.drop("scene", write_place(tmp_path / "place.png"))
    visitor.see("#place-picture img")
    visitor.choose("the horizon")
    picture = visitor.page.locator("#place-picture img")
    box = picture.bounding_box()
    assert box is not None
    picture.click(position={"x": box["width"] / 3, "y": 0.4 * box["height"]})
    number = visitor.page.locator("#horizon input[type=number]")
    playwright.expect(number).to_have_value(re.compile(r"0\.(39|4|41)"), timeout=PATIENCE)
    visitor.go("Render")
    visitor.wait_for("#generator", "--vace-weights FOLDER")
    assert visitor.wrong == []


def test_what_is_no_clip_is_refused_in_one_line(
    browser: "playwright.Browser", address: str, tmp_path: Path
) -> None:
    visitor = Visitor(browser, address)
    other = tmp_path / "letter.mp4"
    other.write_text("Dear Ada, " * 300)
    visitor.drop("clip", other)
    line = visitor.read("#clip-message .wrong")
    assert "letter.mp4" in line
    assert str(tmp_path) not in line
    assert "\n" not in line
    assert not visitor.page.locator("#clip-facts p").count()
    assert visitor.wrong == []
