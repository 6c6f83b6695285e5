import json
import math
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from tiny_run import Fit

from dynascene.errors import InputError
from dynascene.io.checkpoints import read_tensors, write_tensors
from dynascene.training.ema import Ema
from dynascene.training.frozen import frozen_checksums, trained_checksums
from dynascene.training.journal import Journal, read_log
from dynascene.training.run import Optimiser
from dynascene.training.state import checkpoint_folders, load_checkpoint
from dynascene.training.stepping import learning_rate
from dynascene.training.trainer import train


def losses(run: Path) -> dict[int, float]:
    return {int(line["step"]): line["loss"] for line in read_log(run) if "loss" in line}


def test_training_lowers_the_loss(make_run, out) -> None:
    train(make_run(out, steps=80), out)
    found = losses(out)
    assert len(found) == 80
    assert sum(found[k] for k in range(70, 81)) < 0.5 * sum(found[k] for k in range(1, 12))


def test_stopped_and_resumed_gives_the_same_losses_and_weights(make_run, tmp_path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(make_run(whole), whole)
    for until in (4, 5, 12):
        train(make_run(parts), parts, until=until)
    assert losses(parts) == losses(whole)
    ours, theirs = (load_checkpoint(checkpoint_folders(run)[-1]) for run in (parts, whole))
    for name, tensor in theirs.weights.items():
        assert torch.equal(ours.weights[name], tensor), name
    for name, tensor in theirs.average.items():
        assert torch.equal(ours.average[name], tensor), name


def test_lines_of_a_stopped_run_are_those_of_one_that_never_stopped(make_run, tmp_path) -> None:
    """Also where it stops between two lines: its last line is one more."""
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(make_run(whole, log_every=5), whole)
    for until in (4, 7, 12):
        train(make_run(parts, log_every=5), parts, until=until)
    assert losses(whole).keys() == {5, 10, 12}
    assert losses(parts).keys() == {4, 5, 7, 10, 12}
    assert losses(parts) | losses(whole) == losses(parts)


def test_samples_made_ahead_are_the_same_samples(make_run, tmp_path) -> None:
    alone, helped = tmp_path / "alone", tmp_path / "helped"
    train(make_run(alone, steps=4), alone)
    train(make_run(helped, steps=4), helped, workers=2)
    assert losses(helped) == losses(alone)


def test_what_is_frozen_stays_bit_for_bit_and_all_else_changes(make_run, out) -> None:
    run = make_run(out)
    torch.manual_seed(run.seed)
    fresh = run.objective()
    frozen, trained = frozen_checksums(fresh), trained_checksums(fresh)
    assert frozen.keys() == {"true.weight", "true.bias", "scale"}
    assert not frozen.keys() & trained.keys()
    after = train(run, out)
    assert frozen_checksums(after) == frozen
    changed = trained_checksums(after)
    assert [name for name in trained if changed[name] == trained[name]] == []


def test_a_checksum_sees_every_bit(make_run, out) -> None:
    objective = make_run(out).objective()
    before = frozen_checksums(objective)
    bits = objective.true.bias.data.view(torch.int32)
    bits[1] ^= 1
    after = frozen_checksums(objective)
    assert {name for name in before if before[name] != after[name]} == {"true.bias"}


def test_only_the_newest_checkpoints_stay(make_run, out) -> None:
    train(make_run(out), out)
    assert [p.name for p in checkpoint_folders(out)] == ["00000009", "00000012"]
    assert sorted(p.name for p in (out / "sheets").iterdir()) == [
        "00000000.png", "00000004.png", "00000008.png", "00000012.png",
    ]  # fmt: skip


def test_dropout_is_the_same_after_a_resumption(make_run, tmp_path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    dropping = partial(Fit, dropout=0.3)
    train(make_run(whole, objective=dropping), whole)
    train(make_run(parts, objective=dropping), parts, until=5)
    train(make_run(parts, objective=dropping), parts)
    assert losses(parts) == losses(whole)
    train(make_run(tmp_path / "none"), tmp_path / "none")
    assert losses(tmp_path / "none") != losses(whole)


def test_another_run_in_the_folder_is_refused(make_run, out) -> None:
    train(make_run(out, steps=3), out)
    for change, word in (
        ({"name": "other"}, "recipe"),
        ({"batch": 5}, "batch"),
        ({"settings": {"precision": "no"}}, "precision bf16"),
    ):
        with pytest.raises(InputError, match=word):
            train(make_run(out, **change), out)


@pytest.mark.parametrize("key", ["data", "autoencoder"])
def test_a_run_cannot_change_what_it_is_made_of(make_run, out, key) -> None:
    train(make_run(out, steps=3), out)
    described = json.loads((out / "run.json").read_text())
    described["settings"][key] = "/another/folder"
    (out / "run.json").write_text(json.dumps(described))
    with pytest.raises(InputError, match=f"{key} /another/folder, not None"):
        train(make_run(out, steps=6), out)


def test_a_broken_checkpoint_is_named(make_run, out) -> None:
    train(make_run(out, steps=3), out)
    newest = checkpoint_folders(out)[-1]
    (newest / "optimiser.pt").write_bytes(b"not a file of torch")
    with pytest.raises(InputError, match=newest.name):
        train(make_run(out), out)


def test_a_checkpoint_of_other_networks_is_named_in_one_line(make_run, out) -> None:
    train(make_run(out, steps=3), out)
    weights = checkpoint_folders(out)[-1] / "weights.safetensors"
    tensors = read_tensors(weights)
    del tensors["scale"]
    write_tensors(tensors, weights)
    with pytest.raises(InputError, match="checkpoint of step 3: misses scale") as error:
        train(make_run(out, steps=6), out)
    assert "\n" not in str(error.value)


def test_checkpoints_leave_out_what_is_frozen(make_run, out) -> None:
    """Which is written once; buffers, which training may change, are in each of them."""
    objective = train(make_run(out), out)
    trained = objective.trainable_parameters().keys()
    frozen = read_tensors(out / "checkpoints" / "frozen.safetensors")
    assert frozen.keys() == {"true.weight", "true.bias"}
    for folder in checkpoint_folders(out):
        assert read_tensors(folder / "weights.safetensors").keys() == {*trained, "scale"}
        assert read_tensors(folder / "average.safetensors").keys() == set(trained)
    state = objective.state_dict()
    loaded = load_checkpoint(checkpoint_folders(out)[-1]).weights
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in state.items())


def test_frozen_weights_come_from_the_run_and_not_from_its_recipe(make_run, out) -> None:
    """Fresh ones depend on the seed, and a run to start from may have gone on since."""
    before = train(make_run(out), out, until=3).true.weight
    with torch.random.fork_rng():
        torch.manual_seed(77)
        weights = {"true.weight": torch.randn(3, 3), "true.bias": torch.randn(3)}

    def other() -> Fit:
        objective = Fit()
        objective.load_state_dict(weights, strict=False)
        return objective

    assert torch.equal(train(make_run(out, objective=other), out).true.weight, before)


@pytest.mark.parametrize("fault", ["is missing", "has changed"])
def test_frozen_weights_that_are_missing_or_others_are_refused(make_run, out, fault) -> None:
    train(make_run(out), out, until=3)
    path = out / "checkpoints" / "frozen.safetensors"
    tensors = read_tensors(path)
    path.unlink()
    if fault == "has changed":
        write_tensors({**tensors, "true.bias": tensors["true.bias"] + 1}, path)
    with pytest.raises(InputError, match=f"frozen.safetensors: {fault}") as error:
        train(make_run(out), out)
    assert "\n" not in str(error.value)


def test_a_checkpoint_of_before_that_holds_everything_goes_on(make_run, tmp_path) -> None:
    whole, older = tmp_path / "whole", tmp_path / "older"
    train(make_run(whole), whole)
    train(make_run(older), older, until=6)
    folder = checkpoint_folders(older)[-1]
    weights = load_checkpoint(folder).weights
    write_tensors(weights, folder / "weights.safetensors")
    (folder / "state.json").write_text('{"step": 6, "scaler": {}}')
    (older / "checkpoints" / "frozen.safetensors").unlink()
    train(make_run(older), older)
    assert losses(older) == losses(whole)
    assert load_checkpoint(checkpoint_folders(older)[-1]).frozen_sha256


def test_an_optimiser_that_would_run_code_is_refused(make_run, out, tmp_path) -> None:
    train(make_run(out, steps=3), out)
    newest = checkpoint_folders(out)[-1]
    torch.save({"path": tmp_path}, newest / "optimiser.pt")  # a class, not a tensor
    with pytest.raises(InputError, match="no whole checkpoint"):
        load_checkpoint(newest)


def test_checkpointing_needs_a_network_that_can(make_run, out) -> None:
    with pytest.raises(InputError, match="`checkpointing`"):
        train(make_run(out, settings={"checkpointing": True}), out)


def test_a_loss_that_is_not_finite_stops_the_run(make_run, out) -> None:
    optimiser = Optimiser(learning_rate=1e30, warmup=0, clip=math.inf)
    with pytest.raises(InputError, match="not finite"):
        train(make_run(out, optimiser=optimiser), out)


def test_a_run_that_fails_leaves_its_log_whole(make_run, out, monkeypatch) -> None:
    closed = []
    monkeypatch.setattr(Journal, "close", lambda _: closed.append(True))
    with pytest.raises(InputError, match="not finite"):
        train(make_run(out, optimiser=Optimiser(learning_rate=1e30, warmup=0)), out)
    assert closed == [True]


def test_until_the_start(make_run, out) -> None:
    train(make_run(out), out, until=0)
    assert [line["step"] for line in read_log(out)] == [0]  # examined, and no step done
    assert not checkpoint_folders(out)


def test_learning_rate_rises_then_falls_to_its_floor() -> None:
    numbers = Optimiser(learning_rate=2.0, warmup=4, floor=0.1)
    rates = [learning_rate(numbers, step, 100) for step in range(101)]
    assert rates[:4] == [0.5, 1.0, 1.5, 2.0]
    assert rates[4] == 2.0
    assert all(a > b for a, b in pairwise(rates[4:]))
    assert rates[52] == pytest.approx(2 * (0.1 + 0.9 / 2))  # half way down
    assert rates[100] == pytest.approx(0.2)


def test_average_follows_its_definition() -> None:
    parameter = torch.nn.Parameter(torch.tensor([0.0, 3.0]))
    ema = Ema({"p": parameter}, decay=0.5)
    expected = torch.tensor([0.0, 3.0])
    for n in range(20):
        with torch.no_grad():
            parameter += 1
        ema.update(n)
        decay = min(0.5, (1 + n) / (10 + n))
        expected = decay * expected + (1 - decay) * parameter.detach()
    assert torch.allclose(ema.average["p"], expected)
    with ema.apply():
        assert torch.allclose(parameter, expected)
    assert torch.equal(parameter.detach(), torch.tensor([20.0, 23.0]))
