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
from dynascene.io.checkpoints import read_tensors, write_tensors
from dynascene.io.quiet_loading import quiet_loading
from dynascene.jobs.log import Log

ENCODER, TOKENIZER = PARTS = ("text_encoder", "tokenizer")
SPAN = 2**20  # bytes of a file's beginning and end by which it is known
TOKENS = 512  # to which prompts are padded or cut, as Wan was trained


def check_prompts(folder: Path, texts: Sequence[str], width: int) -> None:
    """Check that prompts can be embedded, before anything is loaded; as ``embed_prompts``."""
    if all(_file_of(folder, text, width) for text in texts):
        return
    missing = [name for name in PARTS if not (folder / name).is_dir()]
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
        InputError: the encoder is needed and cannot be loaded, or ``ftfy`` is not installed; or it
            is not there, and embeddings of several encoders are.
    """
    fresh = [text for text in dict.fromkeys(texts) if not _file_of(folder, text, width)]
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
    files = [_file_of(folder, text, width) or _place(folder, text, width) for text in texts]
    return [read_tensors(file)["embedding"] for file in files]


@torch.no_grad()
def _encoded(folder: Path, texts: list[str]) -> Tensor:
    """[n, TOKENS, width], on the CPU: the encoder fits no small GPU, and runs once."""
    from diffusers.pipelines.wan.pipeline_wan_vace import WanVACEPipeline

    try:
        with quiet_loading("diffusers", "transformers"):
            pipeline = WanVACEPipeline.from_pretrained(
                folder, vae=None, transformer=None, scheduler=None, dtype=torch.bfloat16,
                local_files_only=True,
            )  # fmt: skip
    except Exception as error:  # whatever the readers of json, safetensors and tokenizers raise
        raise InputError(
            f"`weights` {folder}: its text encoder cannot be loaded "
            f"({one_line(error, longest=160)})"
        ) from error
    embeddings, _ = pipeline.encode_prompt(
        texts, do_classifier_free_guidance=False, max_sequence_length=TOKENS
    )
    return embeddings[:, None]


def _file_of(folder: Path, text: str, width: int) -> Path | None:
    """The file of a text's embedding; where encoder or tokenizer is not there, that of any."""
    place = _place(folder, text, width)
    if all((folder / part).is_dir() for part in PARTS):
        return place if place.is_file() else None
    files = sorted(place.parent.glob(f"{place.name.rsplit('-', 1)[0]}-*.safetensors"))
    if len({path.read_bytes() for path in files}) > 1:
        raise InputError(
            f"`weights` {folder}: lacks {ENCODER} or {TOKENIZER}, and this prompt was encoded here "
            "by several, differently; fetch both folders too, to tell which embedding is meant"
        )
    return files[0] if files else None


def _place(folder: Path, text: str, width: int) -> Path:
    """Named after the text, the width, and what reads the text."""
    name = f"{_digest(text)}-{width}-{_digest(_fingerprint(folder))}.safetensors"
    return cache_folder() / "prompts" / name


def _fingerprint(folder: Path) -> str:
    """Tells encoders and tokenizers apart without reading all their gigabytes.

    Of each file its name, size, beginning and end: all of a configuration or an index, and of a
    weights file the header and some of the weights.
    """
    lines = []
    for part in PARTS:
        for path in sorted(path for path in (folder / part).rglob("*") if path.is_file()):
            with path.open("rb") as file:
                size, beginning = path.stat().st_size, file.read(SPAN)
                file.seek(max(0, size - SPAN))
                content = hashlib.sha256(beginning + file.read(SPAN)).hexdigest()
            lines.append(f"{path.relative_to(folder).as_posix()} {size} {content}")
    return "\n".join(lines)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
