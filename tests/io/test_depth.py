from pathlib import Path

import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.io.depth import read_depth
from dynascene.io.images import write_png


def test_pictures_and_arrays_agree_and_what_was_not_measured_is_far(tmp_path: Path) -> None:
    depth = np.array([[0, 1, 2], [300, 4, 5]], np.uint16)
    write_png(tmp_path / "d.png", depth)
    np.save(tmp_path / "d.npy", depth[..., None].astype(np.float64))
    expected = np.array([[300, 1, 2], [300, 4, 5]], np.float32)
    for name in ("d.png", "d.npy"):
        found = read_depth(tmp_path / name)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["d.png", "d.npy", "d.tiff"])
@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_what_is_no_depth_map_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        read_depth(tmp_path / name)
