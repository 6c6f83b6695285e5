"""Matrices of pixels as planes, against numpy's."""

import numpy as np

from dynascene.estimators.matte.pixel_matrices import SHARES, dot, inverse, product


def test_planes_agree_with_small_matrices() -> None:
    random = np.random.default_rng(0)
    roots = random.normal(size=(3, 5, 3, 3))
    matrices = roots @ roots.transpose(0, 1, 3, 2) + 0.1 * np.eye(3)
    vectors, others = random.normal(size=(2, 3, 5, 3))
    planes = [matrices[..., i, j] for i, j in SHARES]
    expected = np.linalg.inv(matrices)
    found = inverse(planes)
    for (i, j), plane in zip(SHARES, found, strict=True):
        np.testing.assert_allclose(plane, expected[..., i, j], rtol=1e-6)
    columns = [vectors[..., k] for k in range(3)]
    times = np.stack(product(planes, columns), axis=-1)
    np.testing.assert_allclose(times, (matrices @ vectors[..., None])[..., 0])
    inner = dot(columns, [others[..., k] for k in range(3)])
    np.testing.assert_allclose(inner, (vectors * others).sum(axis=-1))
