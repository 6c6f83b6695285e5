"""What the machine has must not change what a test sees."""

from collections.abc import Generator

import pytest

OURS = ("DYNASCENE_TRAINING_DATA", "DYNASCENE_VERIFY_TOKEN")
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@pytest.fixture(scope="session", autouse=True)
def plain_environment(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    """No weights in the user's cache, no settings of theirs, no GPU, no proxy before localhost.

    Programs that tests start inherit it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DYNASCENE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        for name in (*OURS, *PROXIES, *map(str.upper, PROXIES)):
            patch.delenv(name, raising=False)
        yield
