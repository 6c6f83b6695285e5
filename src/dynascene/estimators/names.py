"""The names of the backends; light to import, so that ``--help`` lists them fast."""

from typing import Literal

BackendName = Literal["motion", "pose", "selfie", "modnet"]  # of mattes
DetectorName = Literal["fastestdet", "rtdetr"]  # of persons
