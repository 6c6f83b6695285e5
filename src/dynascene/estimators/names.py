"""The names of the backends that users choose from; light, so that ``--help`` can list them."""

from typing import Literal

BackendName = Literal["motion", "selfie", "modnet"]  # of mattes
DetectorName = Literal["fastestdet", "rtdetr"]  # of persons
