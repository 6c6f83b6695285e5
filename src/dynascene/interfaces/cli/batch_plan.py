"""The shots of a batch: the options of each, from the lines of a file or from names of people.

A shot's options are those of ``dynascene generate`` as texts, so that one parser reads them all.
"""

from __future__ import annotations

import glob
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynascene import __version__
from dynascene.errors import InputError
from dynascene.interfaces.cli import generation
from dynascene.interfaces.cli.mistypes import wrong_option
from dynascene.interfaces.cli.planned_clip import default_out
from dynascene.io.file_state import state_of
from dynascene.io.text import parse_json, read_text

PERSON, SCENE, OUT = "person", "scene", "out"
REPEATED = ("hint", "upright")  # given several times; others of several values take them at once
ENDINGS = (".jsonl", ".ndjson")
LISTING, NOTES = "batch.json", ".batch"  # what a batch writes beside the folders of its shots
WHOLE = ("batch", "workers", "preview", "quiet", "json", "help")  # without meaning for one shot
Options = Mapping[str, Any]  # by name with underscores; lists are options of several values


@dataclass(frozen=True)
class PlannedShot:
    """One clip to make.

    Attributes:
        name: of its folder among the results.
        options: by name, of ``dynascene generate``.
        place: where it was named, for messages: "shots.jsonl line 3".
    """

    name: str
    options: Options
    place: str = ""

    def arguments(self, folder: Path) -> list[str]:
        """The command line that makes it in a folder."""
        given = {**self.options, OUT: str(folder / self.name), "quiet": True, "json": False}
        person = given.pop(PERSON, None)
        texts = [text for name, value in given.items() for text in _texts(name, value)]
        return ["generate", *texts, *([str(person)] if person is not None else [])]

    def key(self) -> str:
        """A hash of all that decides the result: options, input files, version of this package."""
        files = {}
        for value in (*self.options.values(), self._beside_cameras()):
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str) and (state := state_of(Path(text))):
                    files[text] = state
        parts = [dict(self.options), files, __version__]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _beside_cameras(self) -> list[str]:
        """What lies beside the camera file and is read with it."""
        from dynascene.generation.request import CameraInput

        cameras = self.options.get("cameras")
        if not isinstance(cameras, str):
            return []
        return [str(path) for path in CameraInput(cameras=cameras).scale_sources.values()]


def plan_shots(batch: str, common: Options) -> list[PlannedShot]:
    """The shots that a file or a pattern names.

    Args:
        batch: a file with a JSON object on each line, or a pattern of people's files.
        common: options of all shots; a line's own come before them.

    Raises:
        InputError: there are no shots, a line is no object or has an option of the whole, or two
            shots would have one folder.
    """
    if batch.lower().endswith(".json"):
        raise InputError(f"`batch` {batch}: name it .jsonl, with one object a line")
    if batch.endswith(ENDINGS):
        each = _lines(Path(batch))
    else:
        each = {path: {PERSON: path} for path in sorted(glob.glob(batch, recursive=True))}
        if not each:
            raise InputError(f"`batch` {batch}: no file has such a name")
        if common.get(PERSON) is not None:
            raise InputError("`batch`: names the people; leave PERSON out")
    shots: dict[str, PlannedShot] = {}
    for place, own in each.items():
        shot = _shot(place, {**common, **own})
        if shot.name in shots:
            first = shots[shot.name]
            raise InputError(
                _mistyped(first)  # which may be why it has the other one's folder
                or _mistyped(shot)
                or f"{place}: would be written to {shot.name}, as {first.place}; name the folder "
                "of each with `out`"
            )
        shots[shot.name] = shot
    return list(shots.values())


def _mistyped(shot: PlannedShot) -> str | None:
    """One line for a shot with an option that is none; None: it has none such."""
    line = wrong_option(shot.arguments(Path()), generation.COMMANDS)
    return line and f"{shot.place}: {line}"


def _lines(path: Path) -> dict[str, dict[str, Any]]:
    """The objects of a file by their place, "shots.jsonl line 3"."""
    objects = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            values = parse_json(line)
        except ValueError as error:
            raise InputError(f"{path} line {number}: is no JSON ({error})") from None
        if not isinstance(values, dict):
            raise InputError(f'{path} line {number}: give an object, such as {{"person": "a.mp4"}}')
        own = {name.replace("-", "_"): v for name, v in values.items() if v is not None}
        for name in WHOLE:
            if own.get(name, False) is not False:
                raise InputError(
                    f"{path} line {number}: `{name}` has no meaning for one shot; leave it out"
                )
        objects[f"{path} line {number}"] = own
    if not objects:
        raise InputError(f"{path}: has no lines")
    return objects


def _shot(place: str, options: dict[str, Any]) -> PlannedShot:
    out = options.pop(OUT, None)
    person, scene = (options.get(name) for name in (PERSON, SCENE))
    if out is None:
        if not isinstance(scene, str):
            raise InputError(f"{place}: has no `scene`, in it or on the command line")
        out = str(default_out(None if person is None else Path(str(person)), Path(scene)))
    folder = Path(str(out))
    if folder.is_absolute() or ".." in folder.parts or not folder.parts:
        raise InputError(f"{place}: `out` {out}: must name a folder within that of the batch")
    if "\0" in str(folder):
        raise InputError(f"{place}: `out` {out!r}: has a zero byte, which no file's name has")
    if folder.parts[0].casefold() in (LISTING, NOTES):
        raise InputError(f"{place}: `out` {out}: is a name that the batch itself uses")
    return PlannedShot(folder.as_posix(), options, place)


def _texts(name: str, value: Any) -> list[str]:
    option = f"--{name.replace('_', '-')}"
    if value == []:
        return []
    if isinstance(value, list) and any(map(_is_number, value)):  # one value, such as a box
        return [f"{option}={','.join(map(_text, value))}"]
    if isinstance(value, list) and name not in REPEATED:
        return [option, *map(str, value)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(name, each)]
    if isinstance(value, bool):
        return [option] if value else []
    return [f"{option}={value}"]


def _text(value: Any) -> str:
    """A part of a value as a message shows it, also where it should have been a number."""
    return value if isinstance(value, str) else json.dumps(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def options_from(arguments: Sequence[str], switches: set[str], several: set[str]) -> dict[str, Any]:
    """The options of a command line by name, as ``PlannedShot`` has them.

    Args:
        arguments: behind the command.
        switches: names of the options without a value.
        several: names of those with any number of values, none too.

    Raises:
        InputError: an option lacks its value, or there are two people.
    """
    options: dict[str, Any] = {}
    waiting = list(arguments)
    while waiting:
        text = waiting.pop(0)
        if not text.startswith("--"):
            if PERSON in options:
                raise InputError(f"{text}: there is a PERSON already, {options[PERSON]}")
            options[PERSON] = text
            continue
        option, sign, value = text.partition("=")
        name = option[2:].replace("-", "_")
        if not sign and name in switches:
            options[name] = True
            continue
        if not sign and name in several and name not in REPEATED:
            values = []
            while waiting and not waiting[0].startswith("--"):
                values.append(waiting.pop(0))
            options[name] = values or True
            continue
        if not sign:
            if not waiting:
                raise InputError(f"{option}: its value is missing")
            value = waiting.pop(0)
        before = options.get(name)
        options[name] = value if name not in REPEATED else [*(before or []), value]
    return options
