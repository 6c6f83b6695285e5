from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase

import numpy as np
import pyarrow as pa
import pytest

from dynascene.curation.clip import Clip, Source
from dynascene.curation.output.clip_folders import clip_path
from dynascene.curation.output.manifest import manifest_table
from dynascene.curation.reports.card import card_text, write_card
from dynascene.curation.reports.funnel import draw_funnel, funnel_of, hours_of, reasons_of
from dynascene.curation.reports.tagger import (
    SENTENCE,
    ClipTagger,
    frequent_elements,
    tagger_at_hand,
)
from dynascene.errors import InputError
from dynascene.io.images import read_image, write_png

SHARES = {"train": 1.0}


def clip(number: int, seconds: float, ended: tuple[str, str] | None = None) -> Clip:
    """``seconds`` at 10 frames a second; dropped by a stage for a reason, or kept."""
    values = {"probe.fps": 10.0, "probe.width": 640, "probe.height": 1080}
    made = Clip(Source(f"{number}.mp4"), Path("v"), 0, round(10 * seconds), values)
    made = made.with_values("motion", similarity=0.5 + 0.01 * number)
    if ended:
        return made.rejected(*ended, "why")
    made = made.with_values("camera", kind="travelling", turn=12.0, travel=0.5)
    return made.with_files(matte="matte.mp4", cameras="cameras.txt")


CLIPS = [
    clip(0, 3600), clip(1, 1800), clip(2, 900),
    clip(3, 1800, ("probe", "short")), clip(4, 3600, ("motion", "static")),
    clip(5, 3600, ("motion", "static")), clip(6, 900, ("motion", "little-motion")),
    Clip(Source("gone.mp4"), Path()).rejected("source", "unreadable", "no such file"),
]  # fmt: skip
TABLE = manifest_table(CLIPS, SHARES)


class Grass:
    name = "a stand-in"

    def __call__(self, picture: np.ndarray) -> list[str]:
        return ["grass", "grass"] if picture.mean() > 50 else ["grass", "a wall"]


def test_clips_and_hours_get_past_stages() -> None:
    passed = funnel_of(TABLE, ("source", "probe", "motion", "camera"))
    assert [(step.stage, step.clips) for step in passed] == [
        ("found", 8), ("source", 7), ("probe", 6), ("motion", 3), ("camera", 3),
    ]  # fmt: skip
    for step in passed[1:]:
        assert step.hours <= passed[0].hours
    assert passed[0].hours == pytest.approx(4.5)  # of what is known
    assert passed[-1].hours == pytest.approx(1.75)
    assert hours_of(TABLE).sum() == pytest.approx(4.5)


def test_a_stage_that_is_not_told_of_is_shown_too() -> None:
    passed = funnel_of(TABLE, ("source", "motion", "camera"))
    assert [step.stage for step in passed] == ["found", "probe", "source", "motion", "camera"]
    assert passed[-1].clips == 3


def test_reasons_are_counted_most_frequent_first() -> None:
    found = reasons_of(TABLE)
    assert [(r.stage, r.code, r.clips) for r in found] == [
        ("motion", "static", 2), ("motion", "little-motion", 1), ("probe", "short", 1),
        ("source", "unreadable", 1),
    ]  # fmt: skip
    assert found[0].hours == pytest.approx(2.0)
    assert sum(reason.clips for reason in found) == 5


def test_the_card_says_what_is_there() -> None:
    text = card_text(TABLE, "walks", None, None)
    assert "3 clips, 1.8 h, from 3 of 8 videos" in text
    assert "| walks | 3 | ≥ 1080p | per-frame pose | filmed | 0.51 |" in text
    assert "| DynaScene (paper) | 204,957 |" in text
    assert "| travelling | 3 | 12° | 0.50 |" in text
    assert "no tagger was at hand" in text
    assert "People were not counted" in text
    assert "| motion | static | 2 | 2.0 h |" in text


def test_a_licence_cannot_break_the_table() -> None:
    source = Source("x.mp4", "CC | BY\n# four")
    table = manifest_table([Clip(source, Path("v"), 0, 9)], SHARES)
    assert "| CC \\| BY # four | 1 |" in card_text(table, "x", None, None)


def test_elements_are_counted_once_a_picture() -> None:
    dark, light = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 99, np.uint8)
    assert frequent_elements([dark, light, dark], Grass()) == [("grass", 3), ("a wall", 2)]
    assert frequent_elements([dark, light], Grass(), most=1) == [("grass", 2)]
    assert frequent_elements([], Grass()) == []


def test_the_card_and_its_picture_are_the_same_each_time(tmp_path: Path) -> None:
    for kept in CLIPS[:3]:
        (tmp_path / clip_path(kept)).mkdir(parents=True)
        write_png(tmp_path / clip_path(kept) / "scene.png", np.zeros((4, 4, 3), np.uint8))
    files = ("README.md", "funnel.png")
    write_card(TABLE, tmp_path, Grass())
    first = [(tmp_path / name).read_bytes() for name in files]
    write_card(TABLE, tmp_path, Grass())
    assert [(tmp_path / name).read_bytes() for name in files] == first
    assert "| grass | 3 |" in first[0].decode()
    assert read_image(tmp_path / "funnel.png").std() > 10


@pytest.mark.parametrize("clips", [[], CLIPS[3:]])
def test_there_may_be_nothing_to_draw(tmp_path: Path, clips: Sequence[Clip]) -> None:
    table = manifest_table(clips, SHARES)
    assert isinstance(table, pa.Table)
    draw_funnel(table, tmp_path / "funnel.png")
    assert "# empty" in card_text(table, "empty", None, None)


def test_a_folder_without_clip_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no CLIP network") as told:
        tagger_at_hand(tmp_path)
    assert "\n" not in str(told.value)


def test_a_clip_network_of_a_folder_names_elements(tmp_path: Path) -> None:
    import torch
    from transformers import CLIPConfig, CLIPModel, CLIPTokenizer
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    marks = ["<|startoftext|>", "<|endoftext|>", *ascii_lowercase]
    marks += [f"{letter}</w>" for letter in ascii_lowercase]
    words = CLIPTokenizer(vocab={mark: n for n, mark in enumerate(marks)}, merges=[])
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 2}
    text = {"vocab_size": len(marks), "bos_token_id": 0, "eos_token_id": 1, **small, **heads}
    view = {"image_size": 32, "patch_size": 16, **small, **heads}
    torch.manual_seed(0)
    network = CLIPModel(CLIPConfig(text_config=text, vision_config=view)).eval()
    network.save_pretrained(tmp_path)
    words.save_pretrained(tmp_path)
    prepare = CLIPImageProcessorPil(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    )
    prepare.save_pretrained(tmp_path)
    elements = ("grass", "a wall", "the sea at night")
    picture = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    pixels = prepare(images=picture, return_tensors="pt")["pixel_values"]
    alone = [  # each sentence by itself: none is padded to the length of the others
        network(pixel_values=pixels, **words(SENTENCE.format(e), return_tensors="pt"))
        for e in elements
    ]
    likeness = [answer.logits_per_image.item() for answer in alone]
    expected = [elements[n] for n in np.argsort(likeness)[::-1]]
    assert ClipTagger(tmp_path, elements)(picture) == expected
