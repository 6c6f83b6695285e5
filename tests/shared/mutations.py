"""Seeded damage to the content of files: bytes, numbers, lines, and the tree of a document."""

import json
import random
import re
from collections.abc import Callable

ABSURD = ["1e308", "-1e308", "1e-308", "0", "-1", "1e400", "nan", "inf", "9" * 5000, "1e12", "0.5",
          "null", '"x"', "[]", "{}", "true", "-0", "1_0", "٣", "", "1e"]  # fmt: skip
# what may stand at any place of a document
NODES: list[object] = [
    None, True, False, 0, -1, 1, 0.5, 2**31, 2**63, 10**400, 1e308, float("nan"), float("inf"), "",
    "x", "\0", "../../x", "/proc/self/mem", "é" * 300, "\ud800", [], [[]], {}, {"": None},
    [1, 2, 3], ["a", None], {"a": 1},
]  # fmt: skip
NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?")
DEEP = 100_000  # brackets within each other


def with_another_number(content: bytes, draw: random.Random) -> bytes:
    """One number of the text, or a run of digits in what is none, becomes an absurd one."""
    numbers = list(NUMBER.finditer(content))
    if not numbers:
        return with_another_byte(content, draw)
    match = draw.choice(numbers)
    return content[: match.start()] + draw.choice(ABSURD).encode() + content[match.end() :]


def with_another_byte(content: bytes, draw: random.Random) -> bytes:
    place = draw.randrange(len(content))
    return content[:place] + bytes([draw.randrange(256)]) + content[place + 1 :]


def cut_off(content: bytes, draw: random.Random) -> bytes:
    return content[: draw.randrange(len(content))]


def with_shuffled_lines(content: bytes, draw: random.Random) -> bytes:
    lines = content.split(b"\n")
    draw.shuffle(lines)
    return b"\n".join(lines[: draw.randrange(1, len(lines) + 1)])


def with_many_other_bytes(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.randrange(1, 30)):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def with_another_length(content: bytes, draw: random.Random) -> bytes:
    """Four bytes become an extreme number, as sizes and counts of binary files are stored."""
    place = draw.randrange(max(1, min(len(content), 400) - 4))  # headers come first
    value = draw.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\xff\xff"])
    return content[:place] + value + content[place + 4 :]


def with_a_part_elsewhere(content: bytes, draw: random.Random) -> bytes:
    """A part is taken out, or stands at another place too."""
    start, end = sorted(draw.randrange(len(content) + 1) for _ in range(2))
    rest = content[:start] + content[end:] if draw.random() < 0.5 else content
    place = draw.randrange(len(rest) + 1)
    return rest[:place] + content[start:end][: draw.choice([0, 10**6])] + rest[place:]


def with_another_node(content: bytes, draw: random.Random) -> bytes:
    """One value of a JSON document, or of a line of JSON, becomes something else or goes."""
    lines = content.split(b"\n")
    number = draw.randrange(len(lines))
    try:
        document = json.loads(content)
        before = after = b""
    except ValueError:
        try:
            document = json.loads(lines[number])
        except ValueError:
            return with_another_byte(content, draw)
        before = b"".join(line + b"\n" for line in lines[:number])
        after = b"".join(b"\n" + line for line in lines[number + 1 :])
    if draw.random() < 0.05:
        return before + b"[" * DEEP + after
    changed = json.dumps(_changed(document, draw)).encode("utf-8", "surrogatepass")
    return before + changed + after


def _changed(node: object, draw: random.Random) -> object:
    """A copy of the node in which it or one below it is another."""
    if not isinstance(node, dict | list) or not node or draw.random() < 0.15:
        return draw.choice(NODES)
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    key = draw.choice(keys)
    copy = node.copy()
    kind = draw.random()
    if kind < 0.12:
        del copy[key]  # ty: ignore[not-subscriptable, invalid-argument-type]
    elif kind < 0.2 and isinstance(copy, dict):
        copy[draw.choice(["", "x", "__class__", "é"])] = copy.pop(key)
    else:
        copy[key] = _changed(node[key], draw)  # ty: ignore
    return copy


KINDS: list[Callable[[bytes, random.Random], bytes]] = [
    with_another_number, with_another_number, cut_off, with_shuffled_lines, with_another_byte,
]  # fmt: skip
BINARY_KINDS = [with_many_other_bytes, with_another_length, with_a_part_elsewhere]


def mutated(content: bytes, draw: random.Random) -> bytes:
    """A text with a number, a byte, its lines or its end changed."""
    return draw.choice(KINDS)(content, draw)


def damaged(content: bytes, draw: random.Random) -> bytes:
    """Content of any kind, changed in one of all the ways above."""
    if not content:
        return draw.randbytes(draw.randrange(100))
    if content[:1] in (b"{", b"[") and draw.random() < 0.7:
        return with_another_node(content, draw)
    return draw.choice([*KINDS, *BINARY_KINDS])(content, draw)
