"""Neither the machine nor the tests that ran before change what a test sees."""

import os
import random
from collections.abc import Generator

import hypothesis
import numpy as np
import pytest
import torch

OURS = ("DYNASCENE_DEVICE", "DYNASCENE_TRAINING_DATA", "DYNASCENE_VERIFY_TOKEN")
PROXIES = ("http_proxy", "https_proxy", "all_proxy")

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # before a test's module asks for one

# the same examples everywhere, however long a busy machine takes for one
hypothesis.settings.register_profile(
    "anywhere",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("anywhere")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Numbers drawn without a generator depend neither on the order of tests nor on the worker."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)


@pytest.fixture(scope="session", autouse=True)
def plain_environment(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    """No weights in the user's cache, no settings of theirs, UTF-8, no proxy before localhost.

    Programs that tests start inherit it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DYNASCENE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("PYTHONUTF8", "1")
        for name in (*OURS, *PROXIES, *map(str.upper, PROXIES)):
            patch.delenv(name, raising=False)
        yield
