"""Numbers as messages and sheets say them."""


def count_of(number: int, noun: str) -> str:
    """A number of things whose plural ends in s: "1 frame", "3 frames"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def degrees_towards(degrees: float, positive: str, negative: str) -> str:
    """An angle by its direction, rounded to tenths: "6.9° down", never "-6.9° up" or "-0.0° up".

    Args:
        degrees: of a turn.
        positive: where it goes to above zero, "up".
        negative: where it goes to below, "down".
    """
    tenths = round(degrees, 1)
    return f"{abs(tenths):.1f}° {negative if tenths < 0 else positive}"
