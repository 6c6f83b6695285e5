import torch
from tiny_run import WIDTH, Fit
from torch import Tensor, nn

from dynascene.training.memory import fixed_memory, saved_activations


class Sigmoid(Fit):
    """Its gradient needs the inputs and the outputs of the sigmoid, besides the weights."""

    def forward(self, batch: Tensor, generators) -> dict[str, Tensor]:
        return {"loss": torch.sigmoid(self.layer[0](batch)).mean()}


def test_float32_for_all_and_four_times_more_for_what_is_trained() -> None:
    objective = Fit()
    frozen = WIDTH * WIDTH + WIDTH
    trained = sum(parameter.numel() for parameter in objective.trainable_parameters().values())
    assert fixed_memory(objective) == {
        "weights": 4 * (frozen + trained),
        "gradients": 4 * trained,
        "optimiser": 8 * trained,
        "averages": 4 * trained,
    }


def test_activations_are_what_the_gradient_needs_and_no_weights() -> None:
    objective, batch = Sigmoid(), torch.randn(5, WIDTH)
    kept, figures = saved_activations(objective, batch, "no", 0, range(5))
    assert kept == 4 * (5 * WIDTH + 5 * 8)
    assert figures["loss"] == torch.sigmoid(objective.layer[0](batch)).mean().item()
    twice, _ = saved_activations(objective, torch.cat([batch, batch]), "no", 0, range(10))
    assert twice == 2 * kept


def test_frozen_layers_keep_nothing() -> None:
    objective = Sigmoid()
    objective.layer[0] = nn.Linear(WIDTH, 8).requires_grad_(False)
    assert saved_activations(objective, torch.randn(5, WIDTH), "no", 0, range(5))[0] == 0
