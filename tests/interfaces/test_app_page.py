"""The app in a real browser, on a tiny clip: from the files to the result."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from app_browser import Visitor
from app_server import FRAMES, SIZE, served, write_person, write_place
from real_browser import chromium, playwright

from dynascene.io.frames import open_frames


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
