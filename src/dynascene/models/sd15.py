"""Stable Diffusion 1.5's components around the denoiser, fresh: to try the real size without files.

Their numbers are those of the published configurations; real weights come from ``pretrained``.
"""

from torch import nn


def sd15_autoencoder() -> nn.Module:
    """AutoencoderKL of 83,653,863 parameters, 8× smaller, 4 latent channels."""
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(128, 256, 512, 512),
        layers_per_block=2,
        latent_channels=4,
        sample_size=512,
        scaling_factor=0.18215,
    )


def clip_vision_l14() -> nn.Module:
    """The image half of CLIP ViT-L/14, with the projection to 768: 303,966,208 parameters."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=1024,
            intermediate_size=4096,
            num_hidden_layers=24,
            num_attention_heads=16,
            image_size=224,
            patch_size=14,
            projection_dim=768,
        )
    )
