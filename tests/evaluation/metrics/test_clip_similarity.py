"""CLIP scores: the formulas, and a tower from a folder."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dynascene.errors import InputError
from dynascene.evaluation.metrics.clip_similarity import (
    ClipEmbedder,
    clip_cond,
    clip_temp,
    open_clip,
)

RNG = np.random.default_rng(1)


def tiny_tower():
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(0)
    config = CLIPVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        image_size=32, patch_size=8, projection_dim=8,
    )  # fmt: skip
    return CLIPVisionModelWithProjection(config)


def test_scores_by_hand() -> None:
    frames = np.array([[1.0, 0], [0.6, 0.8], [0, 1]])
    assert clip_cond(frames, np.array([[1.0, 0]])) == pytest.approx(1.6 / 3)
    assert clip_temp(frames) == pytest.approx((0.6 + 0.8) / 2)


def test_a_still_clip_of_the_scene_has_ones() -> None:
    picture = RNG.integers(0, 256, (1, 40, 56, 3), np.uint8)
    embedder = ClipEmbedder(tiny_tower())
    frames = embedder.embeddings(picture.repeat(11, axis=0))  # more than one batch
    assert frames.shape == (11, 8)
    np.testing.assert_allclose(np.linalg.norm(frames, axis=1), 1, rtol=1e-5)
    assert clip_temp(frames) == pytest.approx(1, abs=1e-5)
    assert clip_cond(frames, embedder.embeddings(picture)) == pytest.approx(1, abs=1e-5)


def test_a_clip_is_embedded_once_for_both_scores(monkeypatch) -> None:
    embedder = ClipEmbedder(tiny_tower())
    forward, batches = embedder.network.forward, []
    monkeypatch.setattr(
        embedder.network, "forward", lambda x, **o: [batches.append(len(x)), forward(x, **o)][1]
    )
    frames = RNG.integers(0, 256, (3, 40, 40, 3), np.uint8)
    one, two = embedder.embeddings(frames), embedder.embeddings(frames)
    assert batches == [3]
    assert one is two
    np.testing.assert_array_equal(embedder.embeddings(frames.copy()), one)
    assert batches == [3, 3]  # equal contents are not looked for


def test_pictures_are_prepared_as_clip_prepares_them() -> None:
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    tower = tiny_tower()
    small = RNG.integers(0, 256, (6, 9, 3), np.uint8)  # smooth: rounding between the steps differs
    picture = np.array(Image.fromarray(small).resize((67, 48), Image.Resampling.BICUBIC))
    prepare = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=32)
    with torch.no_grad():
        pixels = prepare(images=Image.fromarray(picture), return_tensors="pt")["pixel_values"]
        expected = torch.nn.functional.normalize(tower(pixels).image_embeds, dim=-1)
    ours = ClipEmbedder(tower).embeddings(picture[None])
    np.testing.assert_allclose(ours, expected.numpy(), atol=0.01)


def test_a_folder_is_read_and_another_one_refused(tmp_path: Path) -> None:
    tower = tiny_tower()
    tower.save_pretrained(tmp_path / "clip")
    picture = RNG.integers(0, 256, (1, 32, 32, 3), np.uint8)
    np.testing.assert_allclose(
        open_clip(tmp_path / "clip").embeddings(picture),
        ClipEmbedder(tower).embeddings(picture),
        atol=1e-5,
    )
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: holds no CLIP"):
        open_clip(tmp_path / "empty")
