"""Flags of FFmpeg's swscale for colour conversion; PyAV before 18 has no names for them."""

BILINEAR = 0x2
BICUBIC = 0x4
POINT = 0x10
FULL_CHROMA_OUTPUT = 0x2000  # RGB from chroma interpolated to every column
FULL_CHROMA_INPUT = 0x4000  # chroma from every column of RGB
ACCURATE_ROUNDING = 0x40000
