"""One line for what is nobody's defect: what the system refuses, and a lack of memory."""

import math
import re

from dynascene.extras import missing_extra
from dynascene.generation.names import PRESET_NAMES
from dynascene.interfaces.cli.options import spell_options
from dynascene.io.full_disk import full_disk_line, is_full

LONGEST_NAME = 120  # letters of a path in a message
# what takes less memory, where it is neither size nor frames
LESS_MEMORY = {
    "train": "a smaller --batch, a higher --accumulate, or --checkpointing",
    "tables": "a smaller --size",
}
GPU_MEMORY = ("CUDA", "HIP", "MPS")
OUT_OF_MEMORY = ("allocate memory", "out of memory", "Insufficient memory")  # torch, CUDA, OpenCV


def reason_of(error: Exception, command: str) -> str | None:
    """One line for what the user can mend; None: it is a defect.

    Args:
        error: what ended a command.
        command: its name.
    """
    if isinstance(error, ImportError):
        return missing_extra(error)
    return memory_reason(error, command) or system_reason(error)


def system_reason(error: Exception) -> str | None:
    """One line for what the system refuses, a file or a name; None: it is a defect."""
    if isinstance(error, OSError) and error.filename is not None:
        name = str(error.filename)
        name = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]} …"
        return f"{name}: {error.strerror or error}"
    if isinstance(error, OSError) and is_full(error):  # of a file that is open already
        return spell_options(full_disk_line(error))
    text = str(error)
    if "embedded null byte" in text:
        return "a path holds a zero byte, which no file's name has"
    if text.startswith("Symlink loop"):
        return f"{text[:1].lower()}{text[1:]}: the links lead in a circle"
    return None


def memory_reason(error: Exception, command: str) -> str | None:
    """One line for a lack of memory, with what takes less in this command; None: it is none."""
    text = str(error)
    if not (isinstance(error, MemoryError) or any(sign in text for sign in OUT_OF_MEMORY)):
        return None
    less = LESS_MEMORY.get(command, "a smaller input, a smaller --size, or fewer --frames")
    if not any(sign in text for sign in GPU_MEMORY):
        return f"not enough memory: take {less}"
    size = re.search(r"total capacity of ([0-9.]+ [GM]iB)", text)
    gpu = f"the GPU's memory ({size[1]})" if size else "the GPU's memory"
    preset = fitting_preset(size[1]) if size and command == "generate" else None
    fits = f" (with --generator vace: --preset {preset})" if preset else ""
    return (
        f"{gpu} does not suffice: take {less}{fits}, or --device cpu, which is slower; "
        "dynascene doctor says what is free"
    )


def fitting_preset(size: str) -> str | None:
    """The largest preset of ``generate`` for a GPU.

    Args:
        size: its memory as torch says it, "7.79 GiB": a card of 8 GB has a little less.

    Returns:
        The preset; None where there is none so small.
    """
    number, unit = size.split()
    gigabytes = math.ceil(float(number)) if unit == "GiB" else 0
    return max((p for p in PRESET_NAMES if int(p) <= gigabytes), key=int, default=None)
