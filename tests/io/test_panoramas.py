"""Which pictures are panoramas, and what part of the circle they show."""

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynascene.errors import InputError
from dynascene.io.panoramas import full_panorama, looks_like_panorama, tagged_panorama
from dynascene.types import Size

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    'syntax-ns#"><rdf:Description xmlns:GPano="http://ns.google.com/photos/1.0/panorama/">'
    "{tags}</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def xmp(**tags: object) -> bytes:
    return XMP.format(tags="".join(f"<GPano:{k}>{v}</GPano:{k}>" for k, v in tags.items())).encode()


def save(path: Path, size: tuple[int, int], data: bytes) -> Path:
    image = Image.new("RGB", size)
    if path.suffix == ".png":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", data.decode())
        image.save(path, pnginfo=info)
    else:
        image.save(path, xmp=data)
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_a_full_panorama(suffix: str, tmp_path: Path) -> None:
    path = save(tmp_path / f"a{suffix}", (64, 32), xmp(ProjectionType="equirectangular"))
    window = tagged_panorama(path)
    assert window is not None
    assert (window.half_width, window.top, window.bottom) == pytest.approx(
        (math.pi, -math.pi / 2, math.pi / 2)
    )


def test_a_part_of_a_panorama(tmp_path: Path) -> None:
    tags = {"FullPanoWidthPixels": 400, "FullPanoHeightPixels": 200, "CroppedAreaLeftPixels": 100,
            "CroppedAreaTopPixels": 50, "CroppedAreaImageWidthPixels": 200,
            "CroppedAreaImageHeightPixels": 100}  # fmt: skip
    data = xmp(ProjectionType="equirectangular", **tags)
    window = tagged_panorama(save(tmp_path / "a.jpg", (100, 50), data))
    assert window is not None
    quarter = math.pi / 4
    assert (window.centre_azimuth, window.half_width) == pytest.approx((0, 2 * quarter))
    assert (window.top, window.bottom) == pytest.approx((-quarter, quarter))
    assert window.density == pytest.approx(100 / math.pi)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({"ProjectionType": "cylindrical"}, "projection cylindrical"),
        ({"ProjectionType": "equirectangular", "FullPanoWidthPixels": 10,
          "CroppedAreaImageWidthPixels": 64}, "do not fit together"),
    ],
)  # fmt: skip
def test_what_is_refused(tags: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        tagged_panorama(save(tmp_path / "a.jpg", (64, 32), xmp(**tags)))


def test_pictures_without_tags(tmp_path: Path) -> None:
    assert tagged_panorama(save(tmp_path / "a.jpg", (64, 32), b"<x/>")) is None
    size = Size(640, 320)
    azimuth = np.linspace(0, 2 * np.pi, size.width, endpoint=False)
    height = np.sin(np.linspace(0, np.pi, size.height))[:, None]  # 0 at the poles
    around = (128 + 100 * np.sin(azimuth) * height).astype(np.uint8)[..., None].repeat(3, 2)
    assert looks_like_panorama(around)
    assert not looks_like_panorama(around[:, :500])  # another shape
    assert not looks_like_panorama(np.roll(around, 80, axis=1)[80:240])
    ramp = np.broadcast_to((azimuth * 40).astype(np.uint8)[None, :, None], (320, 640, 3))
    assert not looks_like_panorama(np.ascontiguousarray(ramp))  # does not close
    assert not looks_like_panorama(np.full((320, 640, 3), 99, np.uint8))  # plain
    assert full_panorama(size).size == size
