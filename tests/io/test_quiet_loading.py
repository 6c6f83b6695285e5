"""Libraries are silent while they load, and speak again afterwards."""

from contextlib import suppress

import pytest
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from dynascene.io.quiet_loading import quiet_loading

LOGGING = (diffusers_logging, transformers_logging)


def voices() -> list[tuple[int, bool]]:
    """Verbosity, and whether there are bars."""
    return [(each.get_verbosity(), each.is_progress_bar_enabled()) for each in LOGGING]


@pytest.mark.parametrize("has_bars", [True, False])
def test_libraries_are_silent_and_speak_again(has_bars: bool) -> None:
    before = voices()
    try:
        for each in LOGGING:
            each.set_verbosity_info()
            (each.enable_progress_bar if has_bars else each.disable_progress_bar)()
        loud = voices()
        with suppress(RuntimeError), quiet_loading("diffusers", "transformers"):
            assert voices() == [(each.ERROR, False) for each in LOGGING]
            raise RuntimeError
        assert voices() == loud
        with quiet_loading("transformers"):
            assert voices() == [loud[0], (transformers_logging.ERROR, False)]
    finally:
        for each, (level, bars) in zip(LOGGING, before, strict=True):
            each.set_verbosity(level)
            (each.enable_progress_bar if bars else each.disable_progress_bar)()
