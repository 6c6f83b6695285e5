"""The app in a real browser: real clips, people who change their minds, and servers that stop."""

from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from app_browser import Visitor
from app_server import FRAMES, served, write_person, write_place
from real_browser import PATIENCE, playwright

from dynascene.io.video_writing import H264Writer
from dynascene.types import Size

DATA = Path(__file__).parents[3] / "shared" / "data"
SMALL, LENGTH = Size(216, 120), 12
PROJECTION = "projection: quick, without a network"
pytestmark = pytest.mark.long


def ready_to_render(browser: "playwright.Browser", address: str, folder: Path) -> Visitor:
    """Somebody who has chosen everything, and is at the step Render."""
    visitor = Visitor(browser, address)
    visitor.drop("clip", write_person(folder / "walker.mov"))
    visitor.see("#clip-facts p")
    visitor.go("Camera")
    visitor.choose("a move")
    visitor.wait_for("#camera-words", f"{FRAMES} cameras")
    visitor.go("Place")
    visitor.drop("scene", write_place(folder / "place.png"))
    visitor.see("#place-picture img")
    visitor.go("Render")
    visitor.choose(PROJECTION)
    return visitor


def small_video(pictures: Path, out: Path) -> Path:
    """The first frames of a folder of pictures, as a small video."""
    with H264Writer(out, SMALL, Fraction(24)) as writer:
        for path in sorted(pictures.iterdir())[:LENGTH]:
            picture = cv2.imread(str(path))
            assert picture is not None
            small = cv2.resize(picture, SMALL, interpolation=cv2.INTER_AREA)
            writer.write(np.ascontiguousarray(small[..., ::-1]))
    return out


def test_a_real_clip_is_tracked_placed_and_rendered(
    browser: "playwright.Browser", tmp_path: Path
) -> None:
    rider, scene = DATA / "people" / "bmx-trees", DATA / "scenes" / "truck_street.jpg"
    if not (rider.is_dir() and scene.is_file()):
        pytest.skip("no ../shared/data: no real clip")
    with served(tmp_path / "app") as address:
        visitor = Visitor(browser, address)
        visitor.drop("clip", small_video(rider / "frames", tmp_path / "rider.mp4"))
        visitor.wait_for("#clip-facts", f"{SMALL} · {LENGTH} frames")
        visitor.go("Matte")
        visitor.drop("given-matte", small_video(rider / "masks", tmp_path / "masks.mp4"))
        visitor.see("#matte-gallery img")
        visitor.go("Camera")
        visitor.page.click("#track")
        visitor.see("#track-status [data-state=done]")
        visitor.wait_for("#camera-words", "the track is")
        visitor.go("Place")
        visitor.drop("scene", scene)
        visitor.see("#preview img")
        visitor.page.locator("#place-picture img").click(position={"x": 200, "y": 250})
        visitor.wait_for_value("#stand textarea, #stand input", r"\d,\d")
        visitor.page.locator("#stand textarea, #stand input").fill("")
        visitor.page.keyboard.press("Tab")
        visitor.go("Render")
        visitor.choose(PROJECTION)
        visitor.page.click("#render")
        visitor.see("#render-status [data-state=done]")
        visitor.see("#compared img")
        assert visitor.wrong == []


def test_the_example_needs_nothing_else(browser: "playwright.Browser", tmp_path: Path) -> None:
    with served(tmp_path / "app") as address:
        visitor = Visitor(browser, address, width=390)
        visitor.page.click("#example")
        visitor.wait_for("#clip-facts", "with alpha")
        visitor.page.click("#to-matte")
        visitor.page.click("#to-camera")
        visitor.wait_for("#camera-words", "24 cameras")
        visitor.page.click("#to-place")
        visitor.see("#preview img")
        visitor.page.click("#to-render")
        visitor.choose(PROJECTION)
        visitor.page.click("#render")
        visitor.see("#render-status [data-state=done]")
        assert visitor.wrong == []


def test_a_cancelled_job_leaves_nothing(browser: "playwright.Browser", tmp_path: Path) -> None:
    with served(tmp_path / "app") as address:
        visitor = ready_to_render(browser, address, tmp_path)
        visitor.page.click("#render")
        visitor.see("#render-status [data-state=running]")
        visitor.page.click("#cancel")
        visitor.see("#render-status [data-state=cancelled]")
        assert list((tmp_path / "app" / "sessions").glob("*/render-*")) == []
        visitor.page.click("#render")
        visitor.see("#render-status [data-state=done]")


def test_a_reload_in_the_middle_changes_nothing(
    browser: "playwright.Browser", tmp_path: Path
) -> None:
    with served(tmp_path / "app") as address:
        visitor = ready_to_render(browser, address, tmp_path)
        visitor.page.click("#render")
        visitor.see("#render-status [data-state=running]")
        visitor.page.reload()
        visitor.see("#clip-facts p")
        visitor.go("Render")
        visitor.see("#render-status [data-state=done]")
        visitor.see("#downloads a")


def test_two_people_take_turns(browser: "playwright.Browser", tmp_path: Path) -> None:
    for name in ("ada", "bob"):
        (tmp_path / name).mkdir()
    with served(tmp_path / "app") as address:
        ada = ready_to_render(browser, address, tmp_path / "ada")
        bob = ready_to_render(browser, address, tmp_path / "bob")
        ada.page.click("#render")
        ada.see("#render-status [data-state=running]")
        bob.page.click("#render")
        bob.see("#render-status [data-state]")
        ada.see("#render-status [data-state=done]")
        bob.see("#render-status [data-state=done]")
        assert len(list((tmp_path / "app" / "sessions").glob("*/render-*/result"))) == 2


def test_what_runs_when_the_server_stops_is_done_by_the_next(
    browser: "playwright.Browser", tmp_path: Path
) -> None:
    with served(tmp_path / "app") as address:
        visitor = ready_to_render(browser, address, tmp_path)
        visitor.page.click("#render")
        visitor.see("#render-status [data-state=running]")
    port = urlsplit(address).port
    assert port is not None
    with served(tmp_path / "app", port=port) as address:
        visitor.page.goto(address)
        visitor.see("#clip-facts p")
        visitor.go("Render")
        visitor.see("#render-status [data-state=done]")


def test_without_the_password_nobody_comes_in(
    browser: "playwright.Browser", tmp_path: Path
) -> None:
    with served(tmp_path / "app", password="a long shared word") as address:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.get_by_label("username").fill("Ada")
        page.get_by_label("password").fill("another word")
        page.get_by_role("button", name="Login").click()
        page.get_by_text("Incorrect Credentials").wait_for()
        page.get_by_label("username").fill("Ada")  # Gradio empties both fields
        page.get_by_label("password").fill("a long shared word")
        page.get_by_role("button", name="Login").click()
        page.locator("#example").wait_for()
