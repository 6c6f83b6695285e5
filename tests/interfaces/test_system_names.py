"""The command line's names of what is evaluated."""

import pytest

from dynascene.errors import InputError
from dynascene.evaluation.ablations import Filled, Shuffled, WithMemory
from dynascene.evaluation.systems import Projection, SamplingSettings, Still, Trained
from dynascene.interfaces.cli.system_names import open_system

SETTINGS = SamplingSettings(steps=2)


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("still", Still()),
        ("projection", Projection()),
        ("projection:memory", WithMemory(Projection())),
        ("projection:shuffled", Shuffled(Projection())),
        ("projection:memory:shuffled", Shuffled(WithMemory(Projection()))),
    ],
)
def test_names_without_weights(text: str, system: object) -> None:
    opened = open_system(text, SETTINGS)
    assert opened == system
    assert opened.name == text


def test_names_of_weights() -> None:
    kinds = {"": Trained, ":memory": WithMemory, ":fill": Filled, ":memory:shuffled": Shuffled}
    for label, kind in kinds.items():
        system = open_system(f"small{label}", SETTINGS)
        assert isinstance(system, kind)
        assert system.name == f"small{label}"
        assert "denoiser/diffusion_pytorch_model.safetensors" in system.weights
        assert system.sampling == ({} if kind is Filled else {"steps": 2, "guidance": 1.0})


@pytest.mark.parametrize("text", ["motionless", "motionless:fill", "still:memory", ":shuffled"])
def test_names_of_nothing(text: str) -> None:
    with pytest.raises(InputError, match="is no system: give still, projection, small"):
        open_system(text, SETTINGS)
