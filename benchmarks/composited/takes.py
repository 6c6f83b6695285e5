"""Who does what with which thing, before which camera."""

from __future__ import annotations

from typing import NamedTuple

STREET = "filmed street"


class Take(NamedTuple):
    """Who does what, before which camera.

    Attributes:
        place: of a panorama, "room" or "street" of solids, or STREET.
        radius: metres to the wall that a panorama stands on; None = infinitely far.
        character, action: a file, and one of its animations.
        start: metres to the right of the first camera and away from it.
        heading: degrees, 0 = away, 90 = to the right.
        travel: metres per second of the camera, to the right and ahead.
        fov: degrees across.
        aim: metres above the ground that the camera looks at.
        shake: degrees by which it is handheld.
        follows: whether it is turned after the person; else it looks at where they are halfway.
        thing: that they have with them.
        glide: metres per second of somebody who rides.
    """

    place: str
    radius: float | None
    character: str
    action: str
    start: tuple[float, float]
    heading: float
    travel: tuple[float, float] = (0.0, 0.0)
    fov: float = 50.0
    aim: float = 1.0
    shake: float = 0.3
    follows: bool = True
    thing: str | None = None
    glide: float = 0.0


TAKES = {
    "walk-park": Take("ballawley_park", None, "valid_Hispanic_F_3_Casual", "Walk", (-1.2, 4.5), 95),
    "run-hills": Take("golden_gate_hills", 25, "valid_White_M_3_Casual", "Run", (-3.2, 6.5), 80),
    "walk-street": Take(
        "street", None, "valid_Black_M_1_Casual", "Walk", (-1.0, 4.2), 60, (1.3, 0.5), aim=0.95
    ),
    "clap-room": Take(
        "room", None, "quaternius_Female_Dress", "Clapping", (0.2, 3.0), 200, (0.25, 0.15), 60
    ),
    "close-market": Take(
        "leadenhall_market", 18, "valid_Asian_F_2_Casual", "Walk", (0.1, 2.0), 190, (0.2, -1.7),
        48, 1.3, 0.5,
    ),
    "jump-forest": Take(
        "phalzer_forest_01", 14, "valid_White_F_3_Casual", "Jump", (-0.4, 7.5), 150, (0.8, 0.0), 45
    ),
    "night-street": Take(
        "cobblestone_street_night", 16, "quaternius_Male_Suit", "Walk", (0.8, 5.0), 250,
        shake=0.6,
    ),
    "run-filmed-street": Take(
        STREET, None, "valid_MENA_M_1_Casual", "Run", (0.6, 6.0), 2, (0.0, 4.2), 60, 0.9, 0.5
    ),
    "suitcase-passage": Take(
        "glass_passage", 16, "valid_Hispanic_F_3_Casual", "Walk", (-1.5, 4.6), 80, (0.9, 0.0),
        thing="suitcase",
    ),
    "carton-room": Take(
        "hotel_room", 5, "valid_Black_M_1_Casual", "Walk", (-0.7, 3.6), 100,
        shake=0.0, follows=False, thing="carton",
    ),
    "umbrella-night": Take(
        "cobblestone_street_night", 16, "valid_White_F_3_Casual", "Walk", (-0.6, 4.4), 120,
        (0.4, 0.2), 55, 1.2, 0.4, thing="umbrella",
    ),
    "backpack-forest": Take(
        "phalzer_forest_01", 14, "valid_White_M_3_Casual", "Walk", (-0.6, 3.4), 40, (0.3, 0.9),
        aim=1.1, shake=0.5, thing="backpack",
    ),
    "ball-park": Take(
        "ballawley_park", 25, "valid_MENA_M_1_Casual", "Run", (-2.0, 6.0), 85, fov=55, shake=0.0,
        follows=False, thing="ball",
    ),
    "skateboard-market": Take(
        "leadenhall_market", 18, "valid_Asian_F_2_Casual", "Idle", (-1.8, 5.0), 75, (1.0, 0.0),
        thing="skateboard", glide=3.0,
    ),
    "scooter-street": Take(
        "street", None, "valid_White_F_3_Casual", "Idle", (-1.3, 5.2), 100, shake=0.0,
        follows=False, thing="scooter", glide=2.6,
    ),
    "bicycle-hills": Take(
        "golden_gate_hills", 30, "valid_White_M_3_Casual", "Idle", (-2.2, 5.6), 75, shake=0.5,
        thing="bicycle", glide=4.5,
    ),
}  # fmt: skip
