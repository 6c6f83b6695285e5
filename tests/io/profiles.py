"""Small colour profiles and PNG chunks, made by hand (ICC.1:2010, PNG 3rd edition)."""

import struct
import zlib
from collections.abc import Sequence

import numpy as np

SRGB_COLUMNS = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
P3_COLUMNS = ((0.5151, 0.2412, -0.0011), (0.2919, 0.6923, 0.0419), (0.1572, 0.0666, 0.7841))
ADOBE_COLUMNS = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
D50 = (0.9642, 1.0, 0.8249)
SRGB_PARAMETERS = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def gamma_curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def linear_curve() -> bytes:
    return b"curv" + bytes(4) + struct.pack(">I", 0)


def srgb_parametric_curve() -> bytes:
    numbers = [round(value * 65536) for value in SRGB_PARAMETERS]
    return b"para" + bytes(4) + struct.pack(">HH5i", 3, 0, *numbers)


def srgb_sampled_curve(count: int = 1024) -> bytes:
    values = np.linspace(0, 1, count)
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    samples = np.rint(light * 65535).astype(">u2").tobytes()
    return b"curv" + bytes(4) + struct.pack(">I", count) + samples


def rgb_profile(
    curve: bytes, columns: Sequence[tuple[float, float, float]] = SRGB_COLUMNS, name: str = "test"
) -> bytes:
    tags = {"rTRC": curve, "gTRC": curve, "bTRC": curve}
    tags |= {key: _xyz(*column) for key, column in zip(("rXYZ", "gXYZ", "bXYZ"), columns)}  # noqa: B905
    return _profile(b"RGB ", tags, name)


def grey_profile(curve: bytes) -> bytes:
    return _profile(b"GRAY", {"kTRC": curve}, "test")


def _profile(space: bytes, tags: dict[str, bytes], name: str) -> bytes:
    text = name.encode() + b"\0"
    tags = {
        "desc": b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78),
        "cprt": b"text" + bytes(4) + b"none\0",
        "wtpt": _xyz(*D50),
        **tags,
    }
    start, table, content = 132 + 12 * len(tags), b"", b""
    for key, tag in tags.items():
        table += key.encode() + struct.pack(">II", start + len(content), len(tag))
        content += tag + bytes(-len(tag) % 4)
    illuminant = b"".join(struct.pack(">i", round(value * 65536)) for value in D50)
    rest = struct.pack(">I", 0x02400000) + b"mntr" + space + b"XYZ " + bytes(12) + b"acsp"
    header = struct.pack(">I", start + len(content)) + bytes(4) + rest + bytes(28) + illuminant
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + content


def _xyz(*values: float) -> bytes:
    numbers = [round(value * 65536) for value in values]
    return b"XYZ " + bytes(4) + struct.pack(">3i", *numbers)


def chunk(name: bytes, content: bytes) -> bytes:
    """A PNG chunk."""
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def png(pixels: np.ndarray, *chunks: bytes) -> bytes:
    """uint8 or uint16 [H, W, 1, 2, 3 or 4] with further chunks before its data."""
    height, width, channels = pixels.shape
    kind, depth = {1: 0, 2: 4, 3: 2, 4: 6}[channels], 8 * pixels.dtype.itemsize
    header = struct.pack(">2I5B", width, height, depth, kind, 0, 0, 0)
    stored = pixels.astype(pixels.dtype.newbyteorder(">"))
    rows = b"".join(b"\0" + row.tobytes() for row in stored)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            *chunks,
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        ]
    )


def iccp(profile: bytes) -> bytes:
    return chunk(b"iCCP", b"x\0\0" + zlib.compress(profile))


def gama(gamma: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(gamma * 100_000)))


def chrm(*points: float) -> bytes:
    """White, red, green, blue: x and y of each."""
    return chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in points)))


def cicp(primaries: int, transfer: int, full: bool = True) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, 0, full]))
