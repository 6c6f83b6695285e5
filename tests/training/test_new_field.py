"""A further input per frame is one row of the table and one reader: the rest follows."""

from collections.abc import Iterator

import pytest
import torch
from registered_fields import registered_clip_field
from tiny_denoiser import TINY
from torch import Tensor, nn

from dynascene.clip_fields import ClipField, Encoding
from dynascene.datasets.tasks.collation import collate_samples
from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.errors import InputError
from dynascene.models.conditioners import CONDITIONERS
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.diffusion_loss import PLAIN_LOSS
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.injection import Injection
from dynascene.models.latents import complete_clip, encode_clip
from dynascene.models.sizes import size_to_dict
from dynascene.models.small import small_autoencoder
from dynascene.training.batch_encoding import PixelEncoder, StoredClipEncoder
from dynascene.training.clips import ClipBudget, encode_shot
from dynascene.training.denoising import DenoisingObjective
from dynascene.training.randomness import sample_generators
from dynascene.training_batch import TrainingBatch, collate

POSE = ClipField(
    name="pose",
    axes="B F 3 H W",
    meaning="−1 … 1, a body pose drawn on black",
    optional=True,
    resize="area",
    encodings=(Encoding(name="pose_cells", kind="cells", axes="B F 3 h w"),),
    empty_without_person=True,
)


class Pose(Conditioner):
    reads = ("pose_cells",)

    def __init__(self, size) -> None:
        super().__init__(size)
        self.layer = nn.Conv2d(3, size.widths[0], 1)

    def forward(self, clip, drop) -> Injection:
        (cells,) = clip.require(self.reads, "conditioner pose")
        added = self.layer(cells.flatten(0, 1)).unflatten(0, cells.shape[:2])
        return Injection(added=added * (~drop)[:, None, None, None, None])


@pytest.fixture(autouse=True)
def pose(monkeypatch) -> Iterator[None]:
    monkeypatch.setitem(CONDITIONERS, "pose", Pose)
    with registered_clip_field(POSE):
        yield


def sample(seed: int, F: int = 3, H: int = 16, W: int = 24, **changes) -> TrainingSample:
    generator = torch.Generator().manual_seed(seed)

    def colours(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator) * 2 - 1

    values = {
        "task": "video_background",
        "video": colours(F, 3, H, W),
        "matte": torch.ones(F, 1, H, W),
        "has_foreground": True,
        "scene_image": colours(3, H, W),
        "scene_visibility": torch.ones(1, H, W),
        "cam_from_world": torch.eye(4, dtype=torch.float64).repeat(F, 1, 1),
        "intrinsics": torch.eye(3, dtype=torch.float64).repeat(F, 1, 1),
        "loss_mask": torch.ones(F, 1, H, W),
        "inputs": {"pose": colours(F, 3, H, W)},
    }
    return TrainingSample(**{**values, **changes})


@pytest.fixture
def networks():
    torch.manual_seed(0)
    return small_autoencoder(16).eval(), SmallImageEncoder(TINY.token_width, (1, 2))


def mean_of_cells(frames: Tensor) -> Tensor:
    return frames.unflatten(-1, (-1, 8)).unflatten(-3, (-1, 8)).mean(dim=(-3, -1))


def test_it_goes_from_samples_through_windows_to_the_latent_grid(networks) -> None:
    samples = [sample(seed) for seed in range(3)]
    batch = collate_samples(samples)
    for index in range(3):
        assert torch.equal(batch.pixels.pose[index], samples[index].inputs["pose"])
    clip = encode_clip(batch.pixels, *networks)
    torch.testing.assert_close(clip.pose_cells, mean_of_cells(batch.pixels.pose))
    window = clip.window(1, 3)
    assert torch.equal(window.pose_cells, clip.pose_cells[:, 1:3])
    joined = type(clip).joined([clip.window(0, 1), window])
    assert torch.equal(joined.pose_cells, clip.pose_cells)


def test_it_is_stored_and_read_again(networks) -> None:
    shot = collate([sample(4)])
    stored = encode_shot(TrainingBatch(clip=shot.clip, targets=backgrounds(shot)), networks[0])
    assert stored["pose_cells"].dtype == torch.float16
    piece = {**stored, "has_camera": torch.tensor(True)}
    batch = ClipBudget(6)([piece, piece])
    clip = complete_clip(batch.clip, *networks)
    expected = mean_of_cells(shot.pixels.pose).expand(2, -1, -1, -1, -1)
    torch.testing.assert_close(clip.pose_cells, expected, rtol=1e-3, atol=1e-3)
    encoded = StoredClipEncoder("background").encode(batch, *networks)
    assert encoded.clean.shape == (2, 3, 4, 2, 3)


def backgrounds(shot: TrainingBatch) -> dict[str, Tensor]:
    return {**shot.targets, "background": shot.target("video")}


def test_its_reader_learns_and_asks_for_it_by_name(networks) -> None:
    torch.manual_seed(1)
    vae, image_encoder = networks
    denoiser = Denoiser(size_to_dict(TINY), {"foreground": {}, "pose": {}})
    objective = DenoisingObjective(
        denoiser,
        image_encoder,
        vae,
        list(denoiser.parameters()),
        lambda: collate([sample(0)]),
        batch_encoder=PixelEncoder("video"),
        loss=PLAIN_LOSS,
        additive=True,
    )
    generators = sample_generators(0, range(3))
    figures = objective(collate_samples([sample(seed) for seed in range(3)]), generators)
    assert figures.keys() == {"loss", "loss/video_background", "share/video_background"}
    figures["loss"].backward()
    assert denoiser.conditioners["pose"].layer.weight.grad.abs().max() > 0
    without = collate_samples([sample(seed, inputs={}) for seed in range(3)])
    with pytest.raises(InputError, match="conditioner pose reads pose_cells, and this encoded"):
        objective(without, generators)


def test_each_form_of_clips_takes_its_own_encoder(networks) -> None:
    pixels = collate_samples([sample(0)])
    with pytest.raises(InputError, match="in pixels, not encoded already"):
        StoredClipEncoder("video").encode(pixels, *networks)
    stored = encode_shot(TrainingBatch(clip=pixels.clip, targets=backgrounds(pixels)), networks[0])
    batch = ClipBudget(3)([{**stored, "has_camera": torch.tensor(True)}])
    with pytest.raises(InputError, match="encoded already, not in pixels"):
        PixelEncoder("video").picture(batch, networks[0])
