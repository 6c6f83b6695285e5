"""Bad data reaches the user as the one line that the data set said."""

import pytest
import torch
from tiny_run import Noise, collate

from dynascene.errors import InputError
from dynascene.training import loading
from dynascene.training.layout import Layout
from dynascene.training.loading import default_workers, part_batches
from dynascene.training.trainer import train


class Broken(Noise):
    """Sample 7 cannot be had."""

    def __getitem__(self, index: int):
        if index == 7:
            raise InputError("clip 7: its video ends in frame 3; render it again")
        return super().__getitem__(index)


def refuse(samples):
    raise InputError("a batch holds clips of two sizes; give one")


@pytest.mark.parametrize("workers", [0, 1])
def test_a_broken_sample_is_said_in_its_own_words(make_run, out, workers) -> None:
    with pytest.raises(InputError, match=r"^clip 7: its video ends in frame 3; render it again$"):
        train(make_run(out, samples=Broken), out, workers=workers)


@pytest.mark.parametrize("workers", [0, 1])
def test_so_is_a_batch_that_cannot_be(make_run, out, workers) -> None:
    with pytest.raises(InputError, match=r"^a batch holds clips of two sizes; give one$"):
        train(make_run(out, collate=refuse), out, workers=workers)


def test_only_ones_own_samples_are_drawn(make_run, out) -> None:
    drawn = []

    class Counting(Noise):
        def __getitem__(self, index: int):
            drawn.append(index)
            return super().__getitem__(index)

    layout = Layout(batch=8, accumulate=2, processes=2, rank=1)
    batches = list(part_batches(make_run(out, samples=Counting), layout, range(1, 3), 0))
    assert drawn == [12, 13, 14, 15, 20, 21, 22, 23]
    expected = collate([Noise()[14], Noise()[15]])
    assert torch.equal(batches[1][0], expected[0])
    assert batches[1][1] == expected[1]


def test_samples_do_not_depend_on_the_number_of_workers(make_run, out) -> None:
    layout = Layout(batch=6, accumulate=3)
    run = make_run(out)
    alone, many = (list(part_batches(run, layout, range(3), workers)) for workers in (0, 2))
    for (inputs, tasks), (others, same_tasks) in zip(alone, many, strict=True):
        assert torch.equal(inputs, others)
        assert tasks == same_tasks


@pytest.mark.parametrize(
    ("cores", "processes", "workers"),
    [(1, 1, 1), (2, 1, 1), (6, 1, 5), (64, 1, 8), (96, 8, 8), (16, 8, 1), (4, 8, 1)],
)
def test_workers_share_the_cores(monkeypatch, cores, processes, workers) -> None:
    monkeypatch.setattr(loading, "_cores", lambda: cores)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
    assert default_workers() == workers
