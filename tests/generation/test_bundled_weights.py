"""The weights that come with the package."""

import json
from fractions import Fraction

import numpy as np
import torch
from diffusers import DiffusionPipeline
from safetensors.torch import load_file

from dynascene.generation.clip import DEFAULT_GENERATOR, GenerationOptions
from dynascene.generation.generate import generate
from dynascene.generation.weights import bundled_folder, load_weights
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.lifting import lift_to_stage
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture import PictureCamera
from dynascene.io.checksums import sha256_of
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.types import Shot, Size

SIZE = Size(128, 72)


def test_all_of_it_fits_into_twenty_megabytes() -> None:
    files = [path for path in bundled_folder().rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 20e6
    others = {path.name for path in files if path.suffix not in {".json", ".md", ".safetensors"}}
    assert {name for name in others if not name.endswith(".pyc")} == {"pipeline.py"}


def test_diffusers_alone_loads_them_exactly() -> None:
    """Every tensor of the files has its place, and no other place is left."""
    folder = bundled_folder()
    pipeline = DiffusionPipeline.from_pretrained(
        folder, custom_pipeline=str(folder), trust_remote_code=True
    )
    assert type(pipeline) is DynaScenePipeline
    stored = load_file(folder / "denoiser" / "diffusion_pytorch_model.safetensors")
    loaded = pipeline.denoiser.state_dict()
    assert loaded.keys() == stored.keys()
    assert all(torch.equal(tensor, stored[name].float()) for name, tensor in loaded.items())


def test_the_card_tells_where_they_come_from_and_what_they_do() -> None:
    card = json.loads((bundled_folder() / "card.json").read_text(encoding="utf-8"))
    assert card["recipe"] == "dynascene.small_one_step"
    assert card["starts_from"].startswith("dynascene.small after")
    assert card["steps"] > 0
    assert card["licences"]
    rows = card["measured"][0]["systems"]
    whole = {row: rows[row]["psnr"]["whole"]["mean"] for row in ("still", "projection", "small")}
    similarity = {row: rows[row]["ssim"]["whole"]["mean"] for row in ("still", "small")}
    assert whole["small"] > whole["still"]
    assert similarity["small"] > similarity["still"]
    text = (bundled_folder() / "README.md").read_text(encoding="utf-8")
    assert f"{whole['small']:.2f}" in text
    assert f"{whole['projection']:.2f}" in text


def test_they_are_what_generate_uses() -> None:
    assert DEFAULT_GENERATOR == "diffusion"
    y, x = torch.meshgrid(torch.linspace(0, 1, 90), torch.linspace(0, 1, 160), indexing="ij")
    picture = torch.stack([x, y, 0.5 + 0.5 * torch.sin(40 * x) * torch.sin(30 * y)])
    scene = lift_to_stage(picture, PictureCamera(140.0, Size(160, 90), 40.0))
    track = make_move("pan-right:60", 3, intrinsics_from_fov(40, SIZE), SIZE)
    clip = generate(Shot(None, None, track, Fraction(24)), scene, GenerationOptions())
    frames = list(clip.frames())
    _, sha256 = load_weights()
    assert clip.weights == sha256
    weights = "denoiser/diffusion_pytorch_model.safetensors"
    assert sha256[weights] == sha256_of(bundled_folder() / weights)
    assert clip.sampling["steps"] >= 1
    change = [np.abs(frame.background.astype(int) - frame.guide).mean(axis=2) for frame in frames]
    seen = [frame.visibility[..., 0] == 255 for frame in frames]
    kept, painted = (
        np.concatenate([x[mask ^ turned] for x, mask in zip(change, seen, strict=True)])
        for turned in (False, True)
    )
    assert kept.mean() < 3  # of 255: it fades in at the border of what is seen
    assert painted.mean() > 5
