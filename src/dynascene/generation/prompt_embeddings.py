"""What a text encoder makes of prompts, kept by text, so that it is not loaded again for them.

The encoder of Wan has 10.6 GiB: with the embeddings at hand it need not even be there.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from dynascene.errors import InputError, one_line
from dynascene.estimators.weights import cache_folder
from dynascene.extras import require
from dynascene.generation.weights import quiet_diffusers
from dynascene.io.checkpoints import read_tensors, write_tensors
from dynascene.jobs.log import Log

ENCODER, TOKENIZER = "text_encoder", "tokenizer"
TOKENS = 512  # to which prompts are padded or cut, as Wan was trained


def check_prompts(folder: Path, texts: Sequence[str], width: int) -> None:
    """Check that prompts can be embedded, before anything is loaded; as ``embed_prompts``."""
    if all(_files_of(folder, text, width) for text in texts):
        return
    missing = [name for name in (ENCODER, TOKENIZER) if not (folder / name).is_dir()]
    if missing:
        raise InputError(
            f"`weights` {folder}: has no {' and no '.join(missing)}, and this prompt has not been "
            "encoded here before; fetch the folder too, or use a `prompt` of an earlier run"
        )
    require("vace", "encoding a prompt")


def embed_prompts(folder: Path, texts: Sequence[str], width: int, log: Log) -> list[Tensor]:
    """The embedding [1, TOKENS, width] of each text.

    Args:
        folder: of the weights, with ``text_encoder`` and ``tokenizer`` where a text is new.
        texts: the prompts.
        width: of a token, as the transformer takes it.
        log: shows the stage, where the encoder must run.

    Raises:
        InputError: the encoder is needed and cannot be loaded, or ``ftfy`` is not installed.
    """
    fresh = [text for text in dict.fromkeys(texts) if not _files_of(folder, text, width)]
    if fresh:
        check_prompts(folder, texts, width)
        with log.stage("text encoder"):
            embeddings = _encoded(folder, fresh)
        for text, embedding in zip(fresh, embeddings, strict=True):
            if embedding.shape[-1] != width:
                raise InputError(
                    f"`weights` {folder}: its text encoder gives {embedding.shape[-1]} numbers a "
                    f"token, and its transformer takes {width}: they do not belong together"
                )
            write_tensors({"embedding": embedding}, _place(folder, text, width))
    return [read_tensors(_files_of(folder, text, width)[-1])["embedding"] for text in texts]


@torch.no_grad()
def _encoded(folder: Path, texts: list[str]) -> Tensor:
    """[n, TOKENS, width], on the CPU: the encoder fits no small GPU, and runs once."""
    from diffusers.pipelines.wan.pipeline_wan_vace import WanVACEPipeline
    from transformers.utils import logging

    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        with quiet_diffusers():
            pipeline = WanVACEPipeline.from_pretrained(
                folder, vae=None, transformer=None, scheduler=None, dtype=torch.bfloat16,
                local_files_only=True,
            )  # fmt: skip
    except Exception as error:  # whatever the readers of json, safetensors and tokenizers raise
        raise InputError(
            f"`weights` {folder}: its text encoder cannot be loaded "
            f"({one_line(error, longest=160)})"
        ) from error
    finally:
        if bars:
            logging.enable_progress_bar()
    embeddings, _ = pipeline.encode_prompt(
        texts, do_classifier_free_guidance=False, max_sequence_length=TOKENS
    )
    return embeddings[:, None]


def _files_of(folder: Path, text: str, width: int) -> list[Path]:
    """The files of a text's embedding; without an encoder in the folder, those of any encoder."""
    place = _place(folder, text, width)
    if (folder / ENCODER).is_dir():
        return [place] if place.is_file() else []
    return sorted(place.parent.glob(f"{place.name.rsplit('-', 1)[0]}-*.safetensors"))


def _place(folder: Path, text: str, width: int) -> Path:
    """Named after the text, the width, and the encoder by its files and their sizes."""
    files = sorted(path for path in (folder / ENCODER).rglob("*") if path.is_file())
    encoder = repr([(path.name, path.stat().st_size) for path in files])
    name = f"{_digest(text)}-{width}-{_digest(encoder)}.safetensors"
    return cache_folder() / "prompts" / name


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
