"""A real Chromium before the app's page."""

import re
from pathlib import Path

import pytest
from real_browser import PATIENCE, playwright


class Visitor:
    """Somebody at the page, in a browser session of their own.

    Attributes:
        page: what they see.
        wrong: errors of the page's scripts.
    """

    def __init__(self, browser: "playwright.Browser", address: str, width: int = 1280) -> None:
        context = browser.new_context(viewport={"width": width, "height": 900})
        self.page, self.wrong = context.new_page(), list[str]()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.goto(address)
        self.page.locator("#example").wait_for()
        self.page.wait_for_function("localStorage.getItem('dynascene-session') !== null")

    def drop(self, elem_id: str, path: Path) -> None:
        """Drop a file on a field."""
        self.page.locator(f"#{elem_id} input[type=file]").set_input_files(path)

    def go(self, step: str) -> None:
        """Go to a step."""
        self.page.get_by_role("tab", name=step, exact=True).click()

    def choose(self, label: str) -> None:
        """Choose what a radio button says."""
        self.page.get_by_label(label, exact=True).check()

    def stroke(
        self,
        selector: str,
        start: tuple[float, float],
        end: tuple[float, float],
        *,
        lets_go: bool = True,
    ) -> None:
        """Drag the mouse from one point of an element to another, as shares of its sides."""
        place = self.see(selector)
        place.scroll_into_view_if_needed()
        box = place.bounding_box()
        assert box is not None
        points = [
            (box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in (start, end)
        ]
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        self.page.mouse.move(*points[1], steps=3)
        if lets_go:
            self.page.mouse.up()

    def see(self, selector: str) -> "playwright.Locator":
        """Wait until something is there; it."""
        place = self.page.locator(selector).first
        try:
            place.wait_for()
        except playwright.TimeoutError:
            text = self.page.locator("body").inner_text()
            pytest.fail(f"{selector} was not seen in {PATIENCE // 1000} s; the page says: {text}")
        return place

    def wait_for_value(self, selector: str, pattern: str) -> str:
        """Wait until the value of a field matches a pattern; the value."""
        place = self.page.locator(selector).first
        playwright.expect(place).to_have_value(re.compile(pattern))
        return place.input_value()

    def wait_for_picture(self, selector: str) -> None:
        """Wait until an element's picture is loaded."""
        self.see(selector)
        self.page.wait_for_function(f"document.querySelector({selector!r}).naturalWidth > 0")

    def wait_for_another(self, selector: str, source: str | None) -> None:
        """Wait until a picture comes from elsewhere than before."""
        playwright.expect(self.see(selector)).not_to_have_attribute("src", source or "")

    def wait_for(self, selector: str, text: str) -> None:
        """Wait until a text is there."""
        playwright.expect(self.page.locator(selector).first).to_contain_text(text)

    def read(self, selector: str) -> str:
        """Wait until something is there; its text."""
        return self.see(selector).inner_text()
