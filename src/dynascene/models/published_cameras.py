"""CameraCtrl's published weights into the conditioner of its build, every key accounted for.

What is read: the torch file of its AnimateDiff version, with the encoder under
``pose_encoder_state_dict`` and the linear layers of the merge under
``attention_processor_state_dict``. MotionCtrl's files belong to other networks than this core.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from dynascene.errors import InputError
from dynascene.io.checkpoints import check_fit, read_tensors
from dynascene.models.backbone import motion_modules
from dynascene.models.conditioners.plucker_camera import CAMERA, PluckerCamera
from dynascene.models.denoiser import Denoiser
from dynascene.models.pose_encoder import BLOCKS_PER_LEVEL, PoseEncoder
from dynascene.models.pretrained import POSITION_TOLERANCE

ENCODER, MERGES = "pose_encoder_state_dict", "attention_processor_state_dict"

ENCODER_KEY = re.compile(r"encoder_down_(conv|attention)_blocks\.(\d+)\.(\d+)\.(.+)")
ENTRY = re.compile(r"encoder_conv_in\.(weight|bias)")
# name inside a block → name inside ours
CONVOLUTION = re.compile(r"(in_conv|block1|block2)\.(weight|bias)")
CONVOLUTIONS = {"in_conv": "conv_in", "block1": "conv1", "block2": "conv2"}
ATTENTION_RULES = (
    (r"attention_blocks\.0\.(to_[qkv]\.weight|to_out\.0\.\w+)", r"attn1.\1"),
    (r"attention_blocks\.0\.pos_encoder\.pe", r"pos_embed.pe"),
    (r"norms\.0\.(weight|bias)", r"norm1.\1"),
    (r"ff_norm\.(weight|bias)", r"norm3.\1"),
    (r"(ff\.net\.\d\.(?:proj\.)?(?:weight|bias))", r"\1"),
)
MERGE_KEY = re.compile(
    r"(?:module\.)?((?:down_blocks\.\d+|mid_block|up_blocks\.\d+)\.motion_modules\.\d+)"
    r"\.temporal_transformer\.transformer_blocks\.0\.attention_blocks\.0"
    r"\.processor\.qkv_merge\.(weight|bias)"
)


def load_cameractrl(denoiser: Denoiser, path: Path) -> None:
    """Published camera weights into a denoiser whose camera is CameraCtrl's.

    Args:
        denoiser: of size ``sd15``; its other weights stay.
        path: of the published file.

    Raises:
        InputError: the denoiser has another camera, the file is missing, or a key does not fit.
    """
    camera = dict(denoiser.conditioners.items()).get(CAMERA)
    if not isinstance(camera, PluckerCamera) or not isinstance(camera.encoder, PoseEncoder):
        raise InputError(f"{path}: is for a {CAMERA} with the encoder pose_encoder, added")
    encoder = encoder_from_original(read_tensors(path, ENCODER), f"{path} ({ENCODER})")
    merges = merges_from_original(read_tensors(path, MERGES), denoiser.unet, f"{path} ({MERGES})")
    own = camera.encoder.state_dict()
    encoder = {name: _whole_positions(tensor, own.get(name), f"{path}: {name}")
               for name, tensor in encoder.items()}  # fmt: skip
    check_fit(own, encoder, f"{path} ({ENCODER})")
    check_fit(camera.adaptors.state_dict(), merges, f"{path} ({MERGES})")
    camera.encoder.load_state_dict(encoder)
    camera.adaptors.load_state_dict(merges)


def encoder_from_original(state: Mapping[str, Tensor], origin: str) -> dict[str, Tensor]:
    """Rename the keys of a published encoder to those of ``PoseEncoder``.

    Raises:
        InputError: a key that no rule covers.
    """
    return {_encoder_name(key.removeprefix("module."), origin): t for key, t in state.items()}


def _encoder_name(key: str, origin: str) -> str:
    if entry := ENTRY.fullmatch(key):
        return f"conv_in.{entry[1]}"
    if block := ENCODER_KEY.fullmatch(key):
        index = int(block[2]) * BLOCKS_PER_LEVEL + int(block[3])
        if block[1] == "conv" and (layer := CONVOLUTION.fullmatch(block[4])):
            return f"blocks.{index}.{CONVOLUTIONS[layer[1]]}.{layer[2]}"
        for pattern, replacement in ATTENTION_RULES if block[1] == "attention" else ():
            if match := re.fullmatch(pattern, block[4]):
                return f"blocks.{index}.attention.{match.expand(replacement)}"
    raise InputError(f"{origin}: {key} is no key of CameraCtrl's encoder")


def merges_from_original(
    state: Mapping[str, Tensor], unet: nn.Module, origin: str
) -> dict[str, Tensor]:
    """Rename the keys of published merges to those of ``PluckerCamera.adaptors``.

    Args:
        state: published weights.
        unet: whose motion modules they belong to, in running order without the middle block's.
        origin: for messages.

    Raises:
        InputError: a key that belongs to no merge.
    """
    modules = [name for name, _ in motion_modules(unet) if not name.startswith("mid_block")]
    renamed = {}
    for key, tensor in state.items():
        match = MERGE_KEY.fullmatch(key)
        if match is None or match[1] not in modules:
            raise InputError(f"{origin}: {key} is no merge of CameraCtrl's AnimateDiff version")
        renamed[f"{modules.index(match[1])}.{match[2]}"] = tensor
    return renamed


def _whole_positions(tensor: Tensor, own: Tensor | None, what: str) -> Tensor:
    """The table of sines at our length: published ones are shorter, and must be its beginning."""
    if own is None or not what.endswith("pos_embed.pe") or tensor.dim() != own.dim():
        return tensor
    beginning = own[:, : tensor.shape[1]]
    if beginning.shape != tensor.shape or ((beginning - tensor).abs().max() > POSITION_TOLERANCE):
        raise InputError(f"{what} is not the sinusoidal encoding of AnimateDiff")
    return own
