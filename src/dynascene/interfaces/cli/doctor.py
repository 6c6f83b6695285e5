"""``dynascene doctor``."""

from dynascene.interfaces.cli.arguments import Switch


def doctor(*, json: Switch = False) -> None:
    """Say what a bug report needs: versions, devices, memory, weights, codecs, extras.

    Nothing is written, fetched or sent.

    Args:
        json: print it as JSON.
    """
    from dynascene.diagnosis import diagnose, text_of
    from dynascene.interfaces.cli.display import say_result

    diagnosis = diagnose()
    say_result(text_of(diagnosis), diagnosis.to_json, json)


COMMANDS = {"doctor": doctor}
