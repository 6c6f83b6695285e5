"""The names that users choose from are those that there are."""

from typing import get_args

from dynascene.estimators.matte.backends import BACKENDS
from dynascene.estimators.names import BackendName, DetectorName
from dynascene.estimators.person.backends import DETECTORS
from dynascene.generation.generate import GENERATORS
from dynascene.generation.names import GeneratorName


def test_every_backend_and_generator_has_its_name() -> None:
    assert set(get_args(BackendName)) == set(BACKENDS)
    assert set(get_args(DetectorName)) == set(DETECTORS)
    assert set(get_args(GeneratorName)) == set(GENERATORS)
