"""The app in a real browser, on a tiny clip: from the files to the result."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from app_browser import Visitor
from app_server import FRAMES, SIZE, served, write_clip, write_person, write_place
from real_browser import playwright

from dynascene.estimators.matte.strokes import MOST_CLICKS
from dynascene.interfaces.app.drafts import Draft
from dynascene.interfaces.cli.arguments import parse_hint
from dynascene.io.frames import open_frames

STEPS = ("Clip", "Matte", "Camera", "Place", "Render")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served(folder) as place:
        yield place


def newest_job(folder: Path, kind: str) -> Draft:
    """The choices with which the newest job of a kind was begun."""
    with closing(sqlite3.connect(folder / "jobs.sqlite")) as jobs:
        query = "SELECT draft FROM jobs WHERE kind = ? ORDER BY id DESC LIMIT 1"
        ((text,),) = jobs.execute(query, (kind,)).fetchall()
    return Draft.from_json(text)


def test_from_a_clip_and_a_picture_to_a_result(
    browser: "playwright.Browser", address: str, tmp_path: Path
) -> None:
    visitor = Visitor(browser, address)
    visitor.drop("clip", write_person(tmp_path / "walker.mov"))
    visitor.wait_for("#clip-facts", f"walker.mov · {SIZE} · {FRAMES} frames")
    visitor.go("Matte")
    visitor.wait_for("#matte-gallery", "own alpha")  # so there is nothing to point at
    playwright.expect(visitor.page.locator("#matte-picture")).not_to_be_visible()
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
    before = visitor.see("#preview img").get_attribute("src")
    visitor.stroke("#place-picture .horizon", (0.2, 0.5), (0.2, -1.5))
    visitor.wait_for_another("#preview img", before)  # as soon as the line is let go
    visitor.stroke("#place-picture img", (0.1, 0.6), (0.3, 0.9))
    box = visitor.wait_for_value("#upright textarea", r"^\d+,\d+,\d+,\d+$")
    sides = [0.1 * 144, 0.6 * 96, 0.3 * 144, 0.9 * 96]  # of the picture's 144×96 pixels
    assert [int(number) for number in box.split(",")] == pytest.approx(sides, abs=2)
    assert visitor.page.input_value("#stand input, #stand textarea") == ""  # it was no click
    drawn = visitor.see("#place-picture img").get_attribute("src")
    visitor.page.fill("#upright textarea", "")
    visitor.page.keyboard.press("Tab")
    visitor.wait_for_another("#place-picture img", drawn)
    visitor.go("Render")
    visitor.choose("projection: quick, without a network")
    visitor.page.click("#render")
    visitor.see("#render-status [data-state=done]")
    visitor.wait_for("#render-notices", "of the view")
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


def test_strokes_and_keys_mend_the_matte(
    browser: "playwright.Browser", folder: Path, address: str, tmp_path: Path
) -> None:
    from dynascene.interfaces.app.views.frame import THICKNESS

    visitor = Visitor(browser, address)
    visitor.drop("clip", write_clip(tmp_path / "walker.mp4"))
    visitor.see("#clip-facts p")
    visitor.page.get_by_role("tab", name="Clip", exact=True).focus()
    visitor.page.keyboard.press("Tab")  # the steps can be reached without a mouse
    visitor.page.keyboard.press("Enter")
    visitor.choose("a brush")
    visitor.choose("not the person")
    visitor.see("#matte-picture .brushed")
    visitor.wait_for_picture("#matte-picture img")
    visitor.stroke("#matte-picture canvas", (0.3, 0.5), (0.6, 0.5), lets_go=False)
    canvas = visitor.page.locator("#matte-picture canvas")
    thickness = canvas.evaluate("canvas => canvas.getContext('2d').lineWidth")
    assert thickness == pytest.approx(THICKNESS * SIZE.width)
    visitor.page.mouse.up()
    text = visitor.wait_for_value("#hints textarea", ",out")
    strokes = [parse_hint(line) for line in text.splitlines()]
    assert 2 <= len(strokes) <= MOST_CLICKS
    assert {(click.frame, click.is_person) for click in strokes} == {(0, False)}
    assert all(0.29 <= click.x / SIZE.width <= 0.61 for click in strokes)
    assert all(0.45 <= click.y / SIZE.height <= 0.55 for click in strokes)
    visitor.stroke("#matte-picture .brushed canvas", (0.3, 0.8), (0.6, 0.8))  # still a brush
    text = visitor.wait_for_value("#hints textarea", rf"(\n.*){{{len(strokes)}}}")
    assert parse_hint(text.splitlines()[-1]).y > 0.7 * SIZE.height
    visitor.choose("clicks")
    visitor.choose("the person")
    visitor.page.locator("#matte-picture :not(.brushed) > img").click()  # in its middle
    clicked = visitor.wait_for_value("#hints textarea", r"\d$").splitlines()[-1]
    assert abs(parse_hint(clicked).x - SIZE.width / 2) <= 1
    visitor.page.fill("#hints textarea", clicked)  # the strokes go
    visitor.page.keyboard.press("Tab")
    visitor.page.locator("#matte-picture :not(.brushed) > img").click()
    visitor.wait_for_value("#hints textarea", rf"^{re.escape(clicked)}\n{re.escape(clicked)}$")
    visitor.page.fill("#hints textarea", "0:12,34,out")  # which the next click leaves, and counts
    visitor.page.click("#cut-out")
    visitor.page.click("#stop-matte")
    visitor.see("#matte-status [data-state=cancelled]")
    assert newest_job(folder, "matte").hints == (parse_hint("0:12,34,out"),)
    assert visitor.wrong == []


def test_the_horizon_is_dragged_and_moved_by_keys_on_a_phone(
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
    visitor.wait_for_picture("#place-picture img")
    box = visitor.see("#place-picture img").bounding_box()
    assert box is not None
    line = "#place-picture .horizon"
    higher = 0.5 - 0.1 * box["height"] / 36  # a tenth of the picture higher, by heights of the line
    visitor.page.locator(line).click()  # where it is, it is right
    playwright.expect(visitor.page.get_by_label("Horizon by hand")).to_be_checked()
    visitor.stroke(line, (0.3, 0.5), (0.3, higher))
    value = float(visitor.wait_for_value("#horizon input[type=number]", r"^0\.[34]"))
    assert abs(value - 0.4) <= 0.01
    visitor.page.locator(line).press("ArrowDown")
    moved = f"{value + 0.005:.3f}".rstrip("0")
    visitor.wait_for_value("#horizon input[type=number]", f"^{re.escape(moved)}")
    playwright.expect(visitor.page.locator(line)).to_have_attribute(
        "aria-valuenow", f"{value + 0.005:.3f}"
    )
    visitor.go("Render")
    visitor.wait_for("#generator", "--vace-weights FOLDER")
    assert visitor.wrong == []


def test_boxes_are_drawn_and_clicks_are_not(
    browser: "playwright.Browser", address: str, tmp_path: Path
) -> None:
    visitor = Visitor(browser, address)
    visitor.go("Place")
    visitor.drop("scene", write_place(tmp_path / "place.png"))
    picture = "#place-picture img"
    visitor.wait_for_picture(picture)
    visitor.stroke(picture, (0.3, 0.2), (0.31, 0.8))  # narrow, as around a lamp post
    visitor.wait_for_value("#upright textarea", r"^\d+,\d+,\d+,\d+$")
    visitor.stroke(picture, (0.6, 0.7), (0.8, 0.71))  # low, as around a kerb
    text = visitor.wait_for_value("#upright textarea", r"\n")
    (x0, y0, x1, y1), low = (
        [float(number) for number in line.split(",")] for line in text.splitlines()
    )
    assert 0 < x1 - x0 < 0.1 * (y1 - y0)
    assert 0 < low[3] - low[1] < 0.1 * (low[2] - low[0])
    playwright.expect(visitor.page.locator("#stand input, #stand textarea").first).to_have_value("")
    visitor.stroke(picture, (0.5, 0.9), (0.505, 0.905))
    visitor.wait_for_value("#stand input, #stand textarea", r"^\d+,\d+$")
    playwright.expect(visitor.page.locator("#upright textarea")).to_have_value(text)
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
