"""One browser for the tests of a module; the pages of a test are closed when it ends."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def running_browser() -> Iterator:
    from real_browser import chromium  # skips without Playwright

    with chromium() as running:
        yield running


@pytest.fixture
def browser(running_browser) -> Iterator:
    """An open page goes on asking its server and drawing, which would slow the next test."""
    yield running_browser
    for context in running_browser.contexts:
        context.close()
