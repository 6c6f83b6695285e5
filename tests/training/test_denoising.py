import copy
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from tiny_denoiser import NAMES, TINY
from torch import Tensor

from dynascene.errors import InputError
from dynascene.imaging.tensor_metrics import weighted_psnr
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.diffusion_loss import DiffusionLoss
from dynascene.models.diffusion.noising import UniformSteps
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.latents import complete_clip, encode_clip
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.models.sizes import size_to_dict
from dynascene.models.small import small_autoencoder
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.training.autoencoding import start_weights
from dynascene.training.batch_encoding import StoredClipEncoder
from dynascene.training.clips import ClipBudget, encode_shot
from dynascene.training.denoising import DenoisingObjective
from dynascene.training.randomness import sample_generators
from dynascene.training_batch import TrainingBatch, collate


@pytest.fixture(scope="module")
def shot():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
        shots = SyntheticShots("val", (48, 32), 3, worlds={"turn": 1.0}, person_share=0.0)
        return collate([shots[0], shots[1], shots[2]])


@pytest.fixture
def objective(shot) -> DenoisingObjective:
    torch.manual_seed(0)
    denoiser = Denoiser(size_to_dict(TINY), {name: {} for name in NAMES}, "guide_residual")
    return DenoisingObjective(
        denoiser,
        SmallImageEncoder(TINY.token_width, (1, 2)),
        start_weights(small_autoencoder(16)),
        list(denoiser.conditioners["plucker_camera"].parameters()),
        lambda: shot,
        batch_encoder=StoredClipEncoder("background"),
        loss=DiffusionLoss(noising=UniformSteps(offset=0.0)),
        additive=False,
        steps=2,
    )


@pytest.fixture
def batch(objective, shot) -> TrainingBatch:
    clip = encode_shot(one(shot), objective.vae)
    return ClipBudget(6)([{**clip, "has_camera": torch.tensor(True)}] * 2)


def one(shot):
    first = shot.pixels.replace(**{name: tensor[:1] for name, tensor in shot.pixels.items()})
    return TrainingBatch(clip=first, targets={n: t[:1] for n, t in shot.targets.items()})


def wake(objective: DenoisingObjective) -> None:
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in objective.denoiser.parameters():
            parameter += 0.05 * torch.randn(parameter.shape, generator=generator)


def loss_of(objective, batch, *, mixed: bool = False) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
        return objective(batch, sample_generators(0, range(3)))["loss"]


def test_a_guide_that_is_the_truth_leaves_no_loss(objective, batch) -> None:
    true = replace(batch, clip=batch.clip.replace(guide=batch.target("background")))
    assert loss_of(objective, true) < 1e-8
    assert loss_of(objective, batch) > 1e-4


def test_the_target_is_the_one_named(objective, batch) -> None:
    other = replace(batch, targets={**batch.targets, "video": batch.target("video") + 1})
    assert loss_of(objective, other) == loss_of(objective, batch)
    objective.batch_encoder.target = "video"
    assert loss_of(objective, other) > 2 * loss_of(objective, batch)


def test_only_what_is_trained_is_listed_and_the_image_encoder_learns(objective, batch) -> None:
    trained = objective.trainable_parameters()
    prefixes = {name.rsplit(".", 1)[0].split(".")[0] for name in trained}
    assert prefixes == {"denoiser", "image_encoder"}
    assert all("plucker_camera" in n for n in trained if n.startswith("denoiser"))
    assert not any(p.requires_grad for p in objective.vae.parameters())
    wake(objective)
    loss_of(objective, batch).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0
               for n, p in trained.items() if n.startswith("image_encoder"))  # fmt: skip


def test_checkpointing_changes_no_gradient(objective, batch) -> None:
    wake(objective)
    found = []
    for _ in range(2):
        objective.zero_grad()
        loss_of(objective, batch).backward()
        found.append({n: p.grad.clone() for n, p in objective.trainable_parameters().items()})
        objective.enable_checkpointing()
    assert objective.denoiser.unet.is_gradient_checkpointing
    for name, gradient in found[0].items():
        torch.testing.assert_close(found[1][name], gradient, rtol=1e-4, atol=1e-7, msg=name)


def test_mixed_precision_keeps_cameras_exact(objective, batch) -> None:
    wake(objective)
    exact, mixed = (loss_of(objective, batch, mixed=m) for m in (False, True))
    assert torch.isclose(exact, mixed, rtol=0.05)
    seen: list[Tensor] = []
    encoder = objective.denoiser.conditioners["plucker_camera"].encoder
    handle = encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    for m in (False, True):
        loss_of(objective, batch, mixed=m)
    handle.remove()
    assert torch.equal(seen[0], seen[1])


def test_examination_measures_samples_and_guide(objective, shot) -> None:
    found = objective.examine(seed=0)
    true = shot.target("background") / 2 + 0.5
    expected = weighted_psnr(shot.pixels.guide / 2 + 0.5, true, shot.pixels.generate_mask)
    assert found.figures["psnr_guide"] == pytest.approx(expected)
    # untrained, it returns the guide as the autoencoder sees it, however it is sampled
    assert found.figures["psnr_one_step"] == pytest.approx(found.figures["psnr_sample"], abs=0.05)
    assert found.sheet.shape == (3, 3 * 4 * 32, 3 * 48)  # clips of three frames
    assert objective.examine(seed=0).figures == found.figures


def test_exported_weights_sample_the_same(objective, shot, tmp_path) -> None:
    wake(objective)
    objective.eval()
    sample = _sampler(shot)
    expected = sample(objective.pipeline())
    objective.export(tmp_path)
    loaded = DynaScenePipeline.from_pretrained(tmp_path)
    for part in (loaded.vae, loaded.image_encoder, loaded.denoiser):
        part.float()
    assert torch.allclose(sample(loaded), expected, atol=0.02)  # half precision
    assert objective.denoiser.dtype == torch.float16


def test_a_finer_decoder_is_taken_and_another_encoder_refused(objective) -> None:
    finer, other = copy.deepcopy(objective.vae), copy.deepcopy(objective.vae)
    with torch.no_grad():
        finer.decoder.layers[-1].bias += 0.1
        other.encoder.layers[0].bias += 0.1
    objective.replace_decoder(finer)
    assert objective.vae.decoder.layers[-1].bias.equal(finer.decoder.layers[-1].bias)
    with pytest.raises(InputError, match="another encoder"):
        objective.replace_decoder(other)


def _sampler(shot) -> Callable[[DynaScenePipeline], Tensor]:
    def sample(pipeline: DynaScenePipeline) -> Tensor:
        pipeline.set_progress_bar_config(disable=True)
        generator = torch.Generator().manual_seed(0)
        return pipeline(one(shot).pixels, 2, 1.0, generator).frames

    return sample


def test_stored_and_fresh_clips_condition_alike(objective, shot, batch) -> None:
    first = batch.clip.replace(**{name: tensor[:1] for name, tensor in batch.clip.items()})
    stored = complete_clip(first, objective.vae, objective.image_encoder)
    fresh = encode_clip(one(shot).pixels, objective.vae, objective.image_encoder)
    for name in ("generate_mask", "foreground", "scene", "scene_mask", "scene_tokens", "guide"):
        ours, theirs = getattr(stored, name), getattr(fresh, name)
        assert torch.allclose(ours, theirs, rtol=0.03, atol=0.03), name
    assert stored.size == fresh.size
    assert torch.allclose(stored.cam_from_world, fresh.cam_from_world)
    for name in ("cam_from_world", "intrinsics"):
        assert getattr(stored, name).dtype == getattr(fresh, name).dtype == torch.float32
