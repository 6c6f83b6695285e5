"""Pictures made by rule: procedural panoramas and textures, silhouettes."""

import numpy as np
import pytest
import torch

from dynascene.synthetic.places.procedural import procedural_panorama, procedural_texture
from dynascene.synthetic.places.silhouettes import SILHOUETTES, silhouette


def test_procedural_pictures_close_without_a_seam() -> None:
    panorama = procedural_panorama(3, 256)
    assert panorama.shape == (3, 128, 256)
    texture = procedural_texture(4, 128)
    for picture in (panorama, texture):
        seam = (picture[..., 0] - picture[..., -1]).abs().mean()
        inner = (picture[..., 1:] - picture[..., :-1]).abs().mean((0, 1)).max()
        assert seam <= inner + 1e-6
        assert float(picture.std()) > 0.03


@pytest.mark.parametrize("kind", sorted(set(SILHOUETTES)))
def test_silhouettes_have_substance_and_a_free_border(kind: str) -> None:
    for seed in range(5):
        alpha = silhouette(np.random.default_rng(seed), kind, 60, 40)
        assert alpha.shape == (60, 40)
        assert float(alpha.min()) == 0
        assert float(alpha.max()) == 1
        assert 0.08 < float(alpha.mean()) < 1
        assert not torch.cat([alpha[0], alpha[:, 0], alpha[:, -1]]).any()
        assert alpha[-1].any()  # it stands on the ground
