"""A picture continued: its pixels stay, what is painted joins on to them."""

import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.outpainting import Offset, outpaint, part_to_keep
from dynascene.interfaces.cli.main import main
from dynascene.io.images import read_image, write_png
from dynascene.types import Size

PROJECTION = GenerationOptions(generator="projection")


def slope(width: int, height: int) -> np.ndarray:
    """Smooth, different in all corners: uint8 [H, W, 3]."""
    y, x = np.mgrid[:height, :width]
    channels = [x / width, y / height, 0.5 + 0.3 * np.sin(3 * (x + y) / width)]
    return np.stack([np.rint(40 + 170 * c) for c in channels], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("generator", ["projection", "diffusion"])
@pytest.mark.parametrize("size", [Size(96, 54), Size(81, 67)])  # by even and by odd margins
def test_given_pixels_stay_and_the_rest_joins_on(generator: str, size: Size) -> None:
    picture = slope(64, 45)
    made = outpaint(picture, size, 55.0, GenerationOptions(generator=generator), horizon=22.0)
    assert made.shape == (size.height, size.width, 3)
    left, top = (size.width - 64) // 2, (size.height - 45) // 2
    np.testing.assert_array_equal(made[top : top + 45, left : left + 64], picture)
    seams = [made[top : top + 45, left - 1], made[top : top + 45, left + 64]]
    borders = [picture[:, 0], picture[:, -1]]
    for seam, border in zip(seams, borders, strict=True):
        assert np.abs(seam.astype(int) - border).mean() < 20  # of 255


def test_the_picture_falls_on_its_own_pixels() -> None:
    """Without pasting: the projection shows the given part where it belongs, to a grey level."""
    whole = slope(120, 80)
    part = whole[10:70, 15:105]
    made = outpaint(part, Size(120, 80), 100.0, PROJECTION, horizon=30.0)
    ring = made[8:72, 13:107].astype(int)  # two pixels of continuation around it
    np.testing.assert_array_equal(ring[2:-2, 2:-2], part)
    step = np.abs(np.diff(ring, axis=1)).max()
    assert step <= 8  # nowhere a jump: the slope's own steps are below 5


@pytest.mark.parametrize(("keep", "expected"), [(0.25, (160, 120)), (0.81, (288, 216))])
def test_keep_is_a_share_of_the_area(keep: float, expected: tuple[int, int]) -> None:
    place, kept = part_to_keep(Size(320, 240), keep)
    assert kept == expected
    assert place == Offset((320 - expected[0]) // 2, (240 - expected[1]) // 2)


@pytest.mark.parametrize("keep", [0.0, 1.0, -1.0, float("nan"), 0.001, 0.9999])
def test_shares_that_leave_nothing_are_refused(keep: float) -> None:
    with pytest.raises(InputError, match="`keep`"):
        part_to_keep(Size(320, 240), keep)


@pytest.mark.parametrize(
    ("size", "message"), [((64, 45), "larger"), ((60, 90), "larger"), ((4000, 45), "degrees")]
)
def test_sizes_that_cannot_be(size: tuple[int, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        outpaint(slope(64, 45), Size(*size), 55.0, PROJECTION)


def test_the_command(tmp_path, capsys) -> None:
    source, out = tmp_path / "place.png", tmp_path / "wide.png"
    write_png(source, slope(120, 80))
    main(["outpaint", str(source), "--keep", "0.5", "--generator", "projection", "--out", str(out)])
    made = read_image(out)
    assert made.shape == (80, 120, 3)
    np.testing.assert_array_equal(made[20:60, 30:90], slope(120, 80)[20:60, 30:90])
    assert "120x80" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "either --keep or --size"),
        (["--keep", "0.5", "--size", "200x200"], "either --keep or --size"),
        (["--size", "10x10"], "larger"),
    ],
)
def test_what_the_command_refuses(tmp_path, capsys, options: list[str], message: str) -> None:
    source = tmp_path / "place.png"
    write_png(source, slope(40, 30))
    with pytest.raises(SystemExit) as stop:
        main(["outpaint", str(source), *options, "--out", str(tmp_path / "wide.png")])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "wide.png").exists()
