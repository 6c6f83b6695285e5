"""Where each picture of a contact sheet lies."""

import numpy as np
import pytest
import torch
from PIL import ImageFont

from dynascene.imaging.sheet import (
    CAPTION_HEIGHT,
    GAP,
    LABEL_WIDTH,
    MARGIN,
    MOST_CELL,
    MOST_DOUBT_LINES,
    PAPER,
    TITLE_SIZE,
    TITLE_WIDTH,
    SheetHeader,
    SheetRow,
    clip_grid,
    contact_sheet,
    doubt_lines,
    hatch_unseen,
    spread_frames,
    stack_sheets,
    thumbnail,
    title_lines,
    wrapped_lines,
)
from dynascene.types import Size


def plain(value: int, height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def part(sheet: np.ndarray, top: int, left: int, height: int, width: int) -> np.ndarray:
    return sheet[top : top + height, left : left + width]


def test_frames_are_spread_from_the_first_to_the_last() -> None:
    assert spread_frames(24, 6) == [0, 5, 9, 14, 18, 23]
    assert spread_frames(3, 6) == [0, 1, 2]
    assert spread_frames(1, 6) == spread_frames(1, 1) == [0]


@pytest.mark.parametrize("shape", [(100, 50, 3), (1080, 1920, 1), (2000, 90, 3), (1, 5000, 3)])
def test_a_thumbnail_fits_a_cell_and_keeps_its_form(shape: tuple[int, ...]) -> None:
    height, width, _ = shape
    small = thumbnail(np.full(shape, 7, np.uint8))
    assert small.shape[0] <= MOST_CELL.height
    assert small.shape[1] <= MOST_CELL.width
    assert small.shape[2] == 3
    assert (small == 7).all()
    scale = min(1, MOST_CELL.height / height, MOST_CELL.width / width)
    assert small.shape[0] == pytest.approx(height * scale, abs=1)
    assert small.shape[1] == pytest.approx(width * scale, abs=1)


def test_rows_lie_below_each_other_and_moments_side_by_side() -> None:
    rows = [
        SheetRow("first", [plain(1, 20, 30), plain(2, 14, 30)]),
        SheetRow("second", [plain(3, 10, 24), plain(4, 10, 24)]),
    ]
    sheet = contact_sheet(rows, ["a", "b"])
    left, top, step = MARGIN + LABEL_WIDTH, MARGIN + CAPTION_HEIGHT, 30 + GAP
    assert sheet.shape == (top + 20 + GAP + 10 + GAP + MARGIN, left + 2 * step + MARGIN, 3)
    assert (part(sheet, top, left, 20, 30) == 1).all()
    assert (part(sheet, top, left + step, 14, 30) == 2).all()
    assert (part(sheet, top + 20 + GAP, left, 10, 24) == 3).all()
    assert (part(sheet, top + 20 + GAP, left + step, 10, 24) == 4).all()
    between = part(sheet, top, left + 30, 20, GAP)
    assert (between == PAPER).all()
    label = part(sheet, top, MARGIN, 20, LABEL_WIDTH - GAP)
    assert (label != PAPER).any()  # the name stands there


def test_the_header_moves_the_rows_down_and_may_widen_the_sheet() -> None:
    rows = [SheetRow("row", [plain(1, 20, 30)])]
    header = SheetHeader(plain(5, 40, 60), "a line", plain(6, 50, 70))
    sheet = contact_sheet(rows, ["a"], header)
    left = MARGIN + LABEL_WIDTH
    beside = left + 60 + TITLE_WIDTH
    assert sheet.shape[1] == beside + 70 + MARGIN
    assert (part(sheet, MARGIN, left, 40, 60) == 5).all()
    assert (part(sheet, MARGIN, beside, 50, 70) == 6).all()
    assert (part(sheet, MARGIN + 50 + 2 * GAP + CAPTION_HEIGHT, left, 20, 30) == 1).all()
    alone = contact_sheet(rows, ["a"], SheetHeader(plain(5, 40, 60), "a line"))
    assert alone.shape == (sheet.shape[0] - 10, beside + MARGIN, 3)


def test_the_picture_of_the_place_can_be_larger() -> None:
    rows, left = [SheetRow("row", [plain(1, 20, 30)])], MARGIN + LABEL_WIDTH
    place = plain(5, 300, 500)
    for largest, width in ((MOST_CELL, 300), (Size(400, 400), 400), (Size(900, 900), 500)):
        sheet = contact_sheet(rows, ["a"], SheetHeader(place, "a line", None, largest))
        assert sheet.shape[1] == left + width + TITLE_WIDTH + MARGIN
        assert (part(sheet, MARGIN, left, width * 3 // 5, width) == 5).all()


def test_a_long_title_does_not_run_into_the_rows() -> None:
    rows = [SheetRow("row", [plain(1, 20, 30)])]
    left = MARGIN + LABEL_WIDTH
    title = "\n".join(f"line {k}" for k in range(8))
    sheet = contact_sheet(rows, ["a"], SheetHeader(plain(5, 40, 60), title))
    top = int(np.argmax((sheet[:, left] == 1).all(axis=1)))
    text = sheet[:top, left + 60 + MARGIN :]
    rows_with_ink = np.flatnonzero((text != PAPER).any(axis=(1, 2)))
    assert rows_with_ink[-1] < top - CAPTION_HEIGHT
    gaps = np.diff(rows_with_ink)
    assert (gaps > 1).sum() == 7  # eight lines


def test_a_row_may_end_early() -> None:
    sheet = contact_sheet([SheetRow("row", [plain(1, 9, 9)])], ["a", "b"])
    place = MARGIN + CAPTION_HEIGHT, MARGIN + LABEL_WIDTH + 9 + GAP, 9, 9
    assert (part(sheet, *place) == PAPER).all()


def test_sheets_of_several_widths_are_stacked_on_continued_paper() -> None:
    stacked = stack_sheets([plain(1, 4, 5), plain(2, 3, 8)])
    assert stacked.shape == (7, 8, 3)
    assert (stacked[:4] == 1).all()
    assert (stacked[4:] == 2).all()


def test_only_what_is_unseen_is_hatched() -> None:
    colour = plain(9, 36, 40)
    visibility = np.zeros((36, 40, 1), np.uint8)
    visibility[:, 20:] = 255
    marked = hatch_unseen(colour, visibility)
    assert (marked[:, 20:] == 9).all()
    assert set(np.unique(marked[:, :20])) == {205, 225}


def test_a_grid_has_clips_and_rows_below_each_other_and_frames_side_by_side() -> None:
    B, R, F, H, W = 2, 3, 5, 2, 2
    rows = [
        (100 * torch.arange(B)[:, None] + 10 * r + torch.arange(F))
        .float()[:, :, None, None, None].expand(B, F, 3, H, W)
        for r in range(R)
    ]  # fmt: skip
    sheet = clip_grid(rows)
    assert sheet.shape == (3, B * R * H, 4 * W)
    assert sheet[0, ::H, ::W].tolist() == [
        [0, 1, 3, 4], [10, 11, 13, 14], [20, 21, 23, 24],
        [100, 101, 103, 104], [110, 111, 113, 114], [120, 121, 123, 124],
    ]  # fmt: skip


def test_a_long_line_of_a_title_does_not_run_into_what_is_beside_it() -> None:
    words = "feet hang before one; the picture shows no ground where they are " * 3
    font = ImageFont.load_default(TITLE_SIZE)
    lines = title_lines(f"short\n\n   {words}\nlast")
    assert [lines[0], lines[1], lines[-1]] == ["short", "", "last"]
    assert " ".join(line.strip() for line in lines[2:-1]) == words.strip()
    assert all(line.startswith("   ") for line in lines[2:-1])
    assert max(map(font.getlength, lines)) <= TITLE_WIDTH - 2 * MARGIN


def test_doubts_stand_below_the_header_across_the_sheet() -> None:
    rows, left = [SheetRow("row", [plain(1, 20, 30)])], MARGIN + LABEL_WIDTH
    header = SheetHeader(plain(5, 40, 60), "a line")
    plainly = contact_sheet(rows, ["a"], header)
    doubted = contact_sheet(rows, ["a"], header._replace(doubts=("the feet slide", "a cut")))
    more = len(doubted) - len(plainly)
    assert more > 2 * TITLE_SIZE
    np.testing.assert_array_equal(doubted[: MARGIN + 40], plainly[: MARGIN + 40])
    captions = len(plainly) - MARGIN - GAP - 20 - CAPTION_HEIGHT
    np.testing.assert_array_equal(doubted[captions + more :], plainly[captions:])
    between = doubted[captions : captions + more]
    inked = np.flatnonzero((between[:, left:] != PAPER).any(axis=(1, 2)))
    assert (np.diff(inked) > 1).sum() == 1  # two lines
    assert (between[:, MARGIN:left] != PAPER).any()  # their name


def test_as_many_doubts_as_there_is_room_for() -> None:
    font = ImageFont.load_default(TITLE_SIZE)
    long = "the person's feet are above the horizon, where no ground is; stand puts them on it"
    assert doubt_lines([], 400) == []
    assert doubt_lines(["a", "b", "c", "d"], 400) == ["· a", "· b", "· c", "· d"]
    assert doubt_lines(list("abcde"), 400)[2:] == [
        "· c", "… and 2 more, among the notices of the run",
    ]  # fmt: skip
    lines = doubt_lines([long, "b", long], 400)
    assert len(lines) == MOST_DOUBT_LINES
    assert " ".join(lines[:2]) == f"· {long}"
    assert lines[2:] == ["· b", "… and 1 more, among the notices of the run"]
    assert max(map(font.getlength, lines)) <= 400


@pytest.mark.parametrize("width", [300, 420, 600])
@pytest.mark.parametrize(
    ("others", "last"),
    [
        ([], []),
        (["a"], ["· a"]),
        (["a", "b"], ["… and 2 more, among the notices of the run"]),
    ],
)
def test_doubts_have_four_lines_at_most_however_long_they_are(
    width: int, others: list[str], last: list[str]
) -> None:
    font = ImageFont.load_default(TITLE_SIZE)
    long = " ".join(f"word{number}" for number in range(90))
    lines = doubt_lines([long, *others], width)
    assert len(lines) == MOST_DOUBT_LINES == 4
    assert max(map(font.getlength, lines)) <= width
    shown = lines[: 4 - len(last)]
    assert lines[4 - len(last) :] == last
    assert shown[-1].endswith(" …")
    assert f"· {long}".startswith(" ".join(shown).removesuffix(" …"))
    exact = " ".join(wrapped_lines(f"· {long}", width)[:4])  # four whole lines of one doubt
    assert " ".join(doubt_lines([exact.removeprefix("· ")], width)) == exact


def test_a_word_that_is_too_long_stays_whole() -> None:
    assert title_lines("x" * 300) == ["x" * 300]
