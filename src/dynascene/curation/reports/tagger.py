"""What the places of a data set show, by zero-shot CLIP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import numpy as np

from dynascene.errors import InputError, one_line

HUB_NAME = "openai/clip-vit-large-patch14"
SENTENCE = "a photo of a place with {}"
MOST_EACH = 5  # elements of one picture …
LEAST_SHARE = 0.03  # … that get this part of its probability
# fmt: off
ELEMENTS = (
    "trees", "grass", "sky", "clouds", "a road", "a street", "a sidewalk", "buildings", "a house",
    "a beach", "the sea", "a lake", "a river", "a waterfall", "mountains", "hills", "snow", "sand",
    "rocks", "flowers", "bushes", "a forest", "a field", "a garden", "a park", "a bridge", "stairs",
    "a fence", "a wall", "a gate", "cars", "bicycles", "boats", "a train", "street lamps", "shops",
    "market stalls", "a crowd", "a playground", "a sports field", "a stadium", "a swimming pool",
    "a gym", "a stage", "neon lights", "a dance studio", "a mirror", "an office", "a classroom",
    "a library", "a living room", "a bedroom", "a kitchen", "a bathroom", "a corridor", "a window",
    "a door", "a curtain", "a sofa", "a bed", "a table", "chairs", "a carpet", "a wooden floor",
    "tiles", "bookshelves", "paintings", "lamps", "plants in pots", "a parking lot", "a car park",
    "a subway station", "a balcony", "a roof", "a temple", "a church", "a castle", "ruins",
    "a desert", "a sunset", "the night",
)
# fmt: on


class Tagger(Protocol):
    """Names what a picture shows. ``name``: what the card calls the tagger."""

    @property
    def name(self) -> str: ...

    def __call__(self, picture: np.ndarray) -> list[str]:
        """The elements of a place, uint8 [H, W, 3] sRGB, the most probable first."""
        ...


class ClipTagger:
    """CLIP from a folder that transformers saved, or from the hub's cache; nothing is downloaded.

    Raises:
        InputError: no such network is there.
    """

    def __init__(self, folder: Path | str = HUB_NAME, elements: tuple[str, ...] = ELEMENTS) -> None:
        import torch
        from transformers import CLIPModel, CLIPTokenizer
        from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

        try:
            self._network = CLIPModel.from_pretrained(folder, local_files_only=True).eval()
            words = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
            self._prepare = CLIPImageProcessorPil.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            reason = one_line(error, longest=120)
            raise InputError(f"{folder}: holds no CLIP network ({reason})") from error
        self.name, self.elements = Path(folder).name, elements
        sentences = [SENTENCE.format(element) for element in elements]
        self._sentences = words(sentences, padding=True, return_tensors="pt")
        self._torch = torch

    def __call__(self, picture: np.ndarray) -> list[str]:
        pixels = self._prepare(images=picture, return_tensors="pt")["pixel_values"]
        with self._torch.inference_mode():
            answer = self._network(pixel_values=pixels, **self._sentences)
        shares = answer.logits_per_image[0].softmax(0).numpy()
        clearest = np.argsort(-shares, kind="stable")[:MOST_EACH]
        return [self.elements[n] for n in clearest if shares[n] >= LEAST_SHARE]


def tagger_at_hand(folder: Path | None = None) -> Tagger | None:
    """The network in ``folder``, or the one in the hub's cache; None where none is cached.

    Raises:
        InputError: a folder is given and holds no CLIP network.
    """
    if folder is not None:
        return ClipTagger(folder)
    try:
        return ClipTagger()
    except InputError:
        return None


def frequent_elements(
    pictures: Iterable[np.ndarray], tagger: Tagger, most: int = 20
) -> list[tuple[str, int]]:
    """The elements that most pictures show, each with its number of pictures; ties by name.

    Args:
        pictures: uint8 [H, W, 3] sRGB.
        tagger: names the elements of each.
        most: length of the list, at most.
    """
    counts = Counter(element for picture in pictures for element in set(tagger(picture)))
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]
