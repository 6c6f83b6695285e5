"""Which shots of a batch cannot be made, as far as their options tell."""

import json
from collections.abc import Sequence
from pathlib import Path

from dynascene.devices import chosen_device, restored_choice
from dynascene.errors import InputError
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.generate import check_generator
from dynascene.generation.request_check import check_is_there, check_request
from dynascene.interfaces.cli.batch_plan import PERSON, SCENE, PlannedShot
from dynascene.interfaces.cli.generation import plan_clip
from dynascene.interfaces.cli.options import spell_options
from dynascene.interfaces.cli.parsing import parse
from dynascene.interfaces.cli.reasons import reason_of


def find_faults(shots: Sequence[PlannedShot], out: Path) -> dict[str, str]:
    """Why shots cannot be made, by their names: "shots.jsonl line 3: --size 'big': give …".

    All that ``dynascene generate`` checks before it opens a file is checked; weights of a hub are
    fetched. Shots that differ only in their files are looked at once.

    Args:
        shots: what is to be made.
        out: folder of the results.
    """
    reasons: dict[str, str | None] = {}
    checked: set[tuple[object, ...]] = set()
    faults = {}
    for shot in shots:
        reason = _wrong_file(shot)
        if reason is None:
            kind = _kind(shot)
            if kind not in reasons:
                reasons[kind] = _reason(shot, out, checked)
            reason = reasons[kind]
        if reason is not None:
            faults[shot.name] = f"{shot.place}: {reason}"
    return faults


def _kind(shot: PlannedShot) -> str:
    """The options of a shot, whatever its files are called."""
    named = {name: True for name in (PERSON, SCENE) if shot.options.get(name) is not None}
    return json.dumps({**shot.options, **named}, sort_keys=True)


def _wrong_file(shot: PlannedShot) -> str | None:
    """Why the person or the scene cannot be read: what is named is no text, or is not there."""
    for name in (PERSON, SCENE):
        path = shot.options.get(name)
        try:
            if not isinstance(path, str | None):
                raise InputError(f"`{name}` {json.dumps(path)}: give the name of a file in quotes")
            check_is_there(name, None if path is None else Path(path))
        except InputError as error:
            return spell_options(str(error))
    return None


def _reason(shot: PlannedShot, out: Path, checked: set[tuple[object, ...]]) -> str | None:
    """Why a shot cannot be made; None where its options are right.

    Args:
        checked: generators and weights that were looked at; a new one is added.
    """
    try:
        with restored_choice():
            command = parse(shot.arguments(out))
            request = plan_clip(*command.args, **command.keywords).request
            check_request(request)
            is_filmed = request.person is not None
            weights = (is_filmed, *_weights(request.options))
            if weights not in checked:
                check_generator(request.options, is_filmed=is_filmed)
                checked.add(weights)
    except InputError as error:
        return spell_options(str(error))
    except Exception as error:  # a defect shows again when the shot is made, and is logged there
        return reason_of(error, "generate")
    return None


def _weights(options: GenerationOptions) -> tuple[object, ...]:
    """What decides whether a generator can work, here and now."""
    prompts = (options.prompt, options.negative_prompt)
    storage = (options.preset, options.four_bits, chosen_device())
    return (options.generator, options.weights, *storage, options.null_camera, *prompts)
