"""The verification page in a real browser: keys, votes, what is drawn, who is let in."""

from pathlib import Path

import pytest
from real_browser import PATIENCE, playwright
from verify_server import FRAMES, GREY_START, GREY_STEP, served, write_data_set

from dynascene.curation.votes.store import open_votes

TOKEN = "a long shared word"
RATER = "<img src=x onerror=document.title='pwned'>"
BLUE, GREEN = (92, 179, 255), (123, 224, 173)  # of the grid, and of points that fit

# The frame that the page tells, counted from 1; the canvas' grey near its upper left corner, and
# how many of its pixels are of about each colour
LOOK = """(colours) => {
  const canvas = document.getElementById("picture");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const close = (k, colour) => colour.every((value, c) => Math.abs(data[k + c] - value) <= 30);
  const counts = colours.map(() => 0);
  for (let k = 0; k < data.length; k += 4) {
    colours.forEach((colour, n) => { counts[n] += close(k, colour); });
  }
  const told = parseInt(document.getElementById("frame").value);
  return [told, data[4 * (20 * canvas.width + 20)], ...counts];
}"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data_set(tmp_path_factory.mktemp("page"), 3)


def opened(browser: "playwright.Browser", address: str) -> tuple["playwright.Page", list[str]]:
    """A page of its own session, and the list of what goes wrong in it."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address)
    return page, wrong


def enter(page: "playwright.Page", name: str) -> str:
    """Go in by name; the first clip."""
    page.locator("#name").wait_for()
    page.fill("#name", name)
    page.keyboard.press("Enter")
    page.wait_for_selector("body[data-ready]")
    return clip_of(page)


def clip_of(page: "playwright.Page") -> str:
    return page.locator("#clip-name").inner_text()


def press_for_another(page: "playwright.Page", key: str) -> str:
    """Press a key that brings another clip, which is returned when it is on the screen."""
    before = page.locator("body").get_attribute("data-ready")
    page.keyboard.press(key)
    page.wait_for_selector(f"body:not([data-ready='{before}'])")
    return clip_of(page)


def votes(data: Path) -> dict[str, str]:
    return dict(open_votes(data / "votes.sqlite").votes_of(RATER))


def test_a_rater_at_work(browser: "playwright.Browser", data: Path) -> None:
    with served(data, rule="1/1") as (address, _):
        page, wrong = opened(browser, address)
        first = enter(page, RATER)
        assert page.locator("#who").inner_text() == RATER  # text, not an element
        assert page.title() == "test · verify"
        second = press_for_another(page, "g")
        assert votes(data) == {first: "good"}
        assert press_for_another(page, "z") == first  # undo shows the clip again
        assert votes(data) == {}
        assert press_for_another(page, "b") != first
        assert votes(data) == {first: "bad"}
        page.reload()
        page.wait_for_selector("body[data-ready]")  # the cookie remembers
        assert page.locator("#counts").inner_text() == "1 of 3 decided · yours 1"
        assert clip_of(page) != first
        third = press_for_another(page, "n")  # skipped: no vote
        assert {first, second, third} == {f"clip-{k}" for k in range(3)}
        page.keyboard.press("u")
        page.locator("#done").wait_for()
        assert len(votes(data)) == 2
        page.keyboard.press("z")
        page.locator("#work").wait_for()
        assert votes(data) == {first: "bad"}
        assert wrong == []
        page.close()


def test_drawings_belong_to_the_frame_below_them(browser: "playwright.Browser", data: Path) -> None:
    with served(data, db=str(data / "other.sqlite")) as (address, _):
        page, wrong = opened(browser, address)
        enter(page, "Ada")
        page.wait_for_selector("#points-error:not(:empty)")
        page.keyboard.press(" ")
        for _ in range(3):
            step(page)
            shown, grey, grid, rings = page.evaluate(LOOK, [BLUE, GREEN])
            assert round((grey - GREY_START) / GREY_STEP) + 1 == shown
            assert grid > 20  # thin lines, of about this colour
            assert rings > 20
        page.keyboard.press("h")
        page.keyboard.press("o")
        _, _, *bare = page.evaluate(LOOK, [BLUE, GREEN])
        assert bare == [0, 0]
        assert "off by 0." in page.locator("#points-error").inner_text()
        assert wrong == []
        page.close()


def step(page: "playwright.Page") -> None:
    """One frame on, and wait until another one is told."""
    label = page.locator("#frame")
    before = label.inner_text()
    page.keyboard.press("ArrowRight")
    for _ in range(PATIENCE // 100):
        if label.inner_text() != before:
            break
        page.wait_for_timeout(100)
    assert label.inner_text().endswith(f" / {FRAMES}")


def test_without_the_token_nobody_comes_in(browser: "playwright.Browser", data: Path) -> None:
    with served(data, db=str(data / "other.sqlite"), token=TOKEN) as (address, _):
        page, wrong = opened(browser, address)
        page.locator("#name").wait_for()
        page.fill("#name", "Ada")
        page.fill("#token", "another word")
        page.keyboard.press("Enter")
        page.wait_for_selector("#message.wrong")
        assert "token" in page.locator("#message").inner_text()
        assert page.locator("#work").is_hidden()
        page.fill("#token", TOKEN)
        page.keyboard.press("Enter")
        page.wait_for_selector("body[data-ready]")
        assert wrong == []
        page.close()
        linked, _ = opened(browser, f"{address}/#token={TOKEN.replace(' ', '+')}")
        playwright.expect(linked.locator("#token")).to_have_value(TOKEN, timeout=PATIENCE)
        assert TOKEN[:6] not in linked.url
        linked.close()
