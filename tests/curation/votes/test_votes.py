"""Votes, agreement, the rule, and what it makes of a manifest."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest
import torch

from dynascene.curation.stages.seen_points import seen_points
from dynascene.curation.votes.agreement import krippendorff_alpha
from dynascene.curation.votes.rating_order import next_clips
from dynascene.curation.votes.store import VoteStore, open_votes, rater_name
from dynascene.curation.votes.tally import VOTES_FILE, Tally
from dynascene.curation.votes.verdict_rule import Rule, with_outcomes
from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.types import ArrayFrames, CameraTrack, Size

# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), C: 4 observers, 12 units
TEXTBOOK = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)


@pytest.fixture
def store(tmp_path: Path) -> VoteStore:
    return open_votes(tmp_path / VOTES_FILE)


def alpha_pair_by_pair(counts: list[list[int]]) -> float:
    """1 − observed / expected disagreement, over written-out pairs of votes."""
    units = [[v for v, c in enumerate(row) for _ in range(c)] for row in counts if sum(row) > 1]
    everything = [value for unit in units for value in unit]
    observed = sum(
        sum(a != b for a, b in itertools.permutations(unit, 2)) / (len(unit) - 1) for unit in units
    ) / len(everything)
    pairs = list(itertools.permutations(everything, 2))
    return 1 - observed / (sum(a != b for a, b in pairs) / len(pairs))


def test_alpha_of_the_textbook() -> None:
    units = zip(*(row.split() for row in TEXTBOOK), strict=True)
    counts = [[unit.count(value) for value in "12345"] for unit in units]
    assert krippendorff_alpha(counts) == pytest.approx(0.743, abs=5e-4)


def test_alpha_is_that_of_all_pairs() -> None:
    rng = np.random.default_rng(0)
    for clips in (3, 7, 20):
        counts = rng.integers(0, 4, (clips, 3)).tolist()
        assert krippendorff_alpha(counts) == pytest.approx(alpha_pair_by_pair(counts))


def test_alpha_at_its_ends() -> None:
    assert krippendorff_alpha([[3, 0, 0], [0, 3, 0]]) == 1
    assert krippendorff_alpha([[1, 1, 0], [1, 1, 0]]) == pytest.approx(-0.5)
    for nothing in ([], [[1, 0, 0], [0, 1, 0]], [[3, 0, 0], [2, 0, 0]]):
        assert krippendorff_alpha(nothing) is None


def test_the_newest_vote_counts_and_all_are_kept(store: VoteStore) -> None:
    for choice in ("bad", "unsure", "good"):
        store.vote("a", "Ada", choice)
    store.vote("a", "Bea", "bad")
    store.vote("b", "Ada", "unsure")
    assert store.tallies() == {"a": Tally(good=1, bad=1), "b": Tally(unsure=1)}
    assert store.votes_of("Ada") == {"a": "good", "b": "unsure"}
    assert len(store) == 5


def test_undo_goes_back_vote_by_vote(store: VoteStore) -> None:
    store.vote("a", "Ada", "bad")
    store.vote("b", "Bea", "bad")
    store.vote("a", "Ada", "good")
    assert store.undo("Ada") == "a"
    assert store.votes_of("Ada") == {"a": "bad"}
    assert store.undo("Ada") == "a"
    assert store.undo("Ada") is None
    assert store.tallies() == {"b": Tally(bad=1)}
    assert len(store) == 5  # three votes, two undos


def test_votes_outlive_the_process_that_took_them(tmp_path: Path) -> None:
    open_votes(tmp_path / "v.sqlite").vote("a", "Ada", "good")
    assert open_votes(f"sqlite:///{tmp_path}/v.sqlite").tallies() == {"a": Tally(good=1)}


def test_undos_at_once_take_back_different_votes(store: VoteStore) -> None:
    for clip in "abcdef":
        store.vote(clip, "Ada", "good")
    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(lambda _: store.undo("Ada"), range(6))) == set("abcdef")
    assert store.tallies() == {}


def test_what_votes_refuse(store: VoteStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="choose one of good, bad, unsure"):
        store.vote("a", "Ada", "undo")  # ty: ignore[invalid-argument-type]
    with pytest.raises(InputError, match="does not exist"):
        open_votes(tmp_path / "no" / "v.sqlite")
    for url in ("nonsense://x", "postgresql://a@127.0.0.1:1/x"):
        with pytest.raises(InputError) as refused:
            open_votes(url)
        assert "\n" not in str(refused.value)
    (tmp_path / "picture.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(InputError, match="not a database"):
        open_votes(tmp_path / "picture.sqlite")


def test_a_password_is_not_shown() -> None:
    with pytest.raises(InputError) as refused:
        open_votes("postgresql://ada:secret@127.0.0.1:1/votes")
    assert "secret" not in str(refused.value)


def test_names() -> None:
    assert rater_name("  Zoë\t de  Boer ") == "Zoë de Boer"
    assert rater_name("<b>李</b>") == "<b>李</b>"  # the page shows it as text
    for wrong in ("", "   ", "x" * 65, "a\x00b", "a\u202eb"):
        with pytest.raises(InputError, match="name: "):
            rater_name(wrong)


@pytest.mark.parametrize(
    ("tally", "expected"),
    [
        (Tally(), "open"),
        (Tally(good=1), "open"),
        (Tally(good=1, bad=1), "open"),
        (Tally(good=2), "accepted"),
        (Tally(good=2, bad=1), "accepted"),
        (Tally(bad=2, unsure=5), "rejected"),
        (Tally(good=1, bad=1, unsure=1), "disputed"),
        (Tally(unsure=3), "disputed"),
        (Tally(good=2, bad=2), "disputed"),
    ],
)
def test_two_of_three(tally: Tally, expected: str) -> None:
    assert Rule.parse(" 2/3 ").outcome(tally) == expected


@pytest.mark.parametrize("text", ["1/2", "0/1", "4/3", "2", "2:3", "-1/1", "two/three", ""])
def test_rules_that_decide_nothing(text: str) -> None:
    with pytest.raises(InputError, match="`rule`"):
        Rule.parse(text)


def manifest(**more: list) -> pa.Table:
    return pa.table(
        {
            "clip": ["good", "bad", "split", "new", "dropped", "no camera"],
            "split": ["train", "val", "test", "train", None, "train"],
            "reason": [None, None, None, None, "too dark", None],
            "has_camera": [True, True, True, True, True, False],
            "share": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            **more,
        }
    )


TALLIES = {
    "good": Tally(good=2), "bad": Tally(bad=2, unsure=1), "split": Tally(1, 1, 1),
    "dropped": Tally(good=3),
}  # fmt: skip


def test_rejected_clips_lose_their_split() -> None:
    found = with_outcomes(manifest(), TALLIES, Rule(2, 3))
    assert found["people_verdict"].to_pylist() == [
        "accepted", "rejected", "disputed", "open", None, None
    ]  # fmt: skip
    assert found["split"].to_pylist() == ["train", None, "test", "train", None, "train"]
    assert found["reason"].to_pylist()[1] == "people: rejected; 0 good, 2 bad, 1 unsure"
    assert found["reason"].to_pylist()[4] == "too dark"
    assert found["votes_bad"].to_pylist() == [0, 2, 1, 0, 0, 0]
    assert found["share"] == manifest()["share"]


def test_only_accepted() -> None:
    found = with_outcomes(manifest(), TALLIES, Rule(2, 3), only_accepted=True)
    assert found["split"].to_pylist() == ["train", None, None, None, None, "train"]


def test_applying_again_is_applying_once() -> None:
    strict = with_outcomes(manifest(), TALLIES, Rule(2, 3), only_accepted=True)
    assert with_outcomes(strict, TALLIES, Rule(2, 3), only_accepted=True) == strict
    later = TALLIES | {"bad": Tally(good=3), "good": Tally(bad=3)}
    again = with_outcomes(strict, later, Rule(2, 3))
    assert again == with_outcomes(manifest(), later, Rule(2, 3))
    assert again["split"].to_pylist() == [None, "val", "test", "train", None, "train"]


def test_who_sees_what_next() -> None:
    tallies = {
        "begun": Tally(good=1), "torn": Tally(good=1, bad=1), "done": Tally(good=2),
        "doubted": Tally(good=1),
    }  # fmt: skip
    clips = ["begun", "fresh", "torn", "done", "doubted", "mine"]

    def order(count: int = 9) -> list[str]:
        return next_clips(clips, {"doubted"}, tallies, {"mine"}, "Ada", Rule(2, 3), count)

    assert order() == ["doubted", "torn", "fresh", "begun"]
    assert order(2) == ["doubted", "torn"]


def test_raters_do_not_all_begin_with_the_same_clip() -> None:
    clips = [f"clip-{k}" for k in range(100)]
    first = {next_clips(clips, (), {}, (), f"rater {k}", Rule(2, 3), 1)[0] for k in range(50)}
    assert len(first) > 25


def moving_wall(frames: int = 9) -> tuple[ArrayFrames, CameraTrack]:
    """A camera that moves right past a wall at two depths, seen in 96 × 72 pixels, f = 90."""
    rng = np.random.default_rng(0)
    far, near = (np.kron(rng.integers(0, 256, (40, 60)), np.ones((4, 4))) for _ in range(2))
    pictures = []
    for k in range(frames):
        picture = np.vstack([far[:40, 20 + k : 116 + k], near[:32, 20 + 3 * k : 116 + 3 * k]])
        pictures.append(np.repeat(picture.astype(np.uint8)[..., None], 3, axis=2))
    poses = torch.eye(4).repeat(frames, 1, 1)
    poses[:, 0, 3] = -torch.arange(frames) / 90  # at depth 1 that is a pixel a frame
    view = intrinsics_matrix(90, 90, 48, 36).expand(frames, 3, 3)
    return ArrayFrames(pictures), CameraTrack(poses, view, Size(96, 72))


def reprojection_errors(frames: ArrayFrames, cameras: CameraTrack) -> np.ndarray:
    found = seen_points(frames, None, cameras)
    assert len(found.frame) == len(found.point) == len(found.seen) > 100
    seen_by = cameras.cam_from_world.numpy()[found.frame, :3] @ found.points[found.point][..., None]
    pixels = (cameras.intrinsics.numpy()[found.frame] @ seen_by)[..., 0]
    return np.linalg.norm(pixels[:, :2] / pixels[:, 2:] - found.seen * cameras.size, axis=1)


def test_points_lie_on_what_is_seen_where_the_camera_is_right() -> None:
    frames, cameras = moving_wall()
    assert np.median(reprojection_errors(frames, cameras)) < 0.3


def test_points_lie_beside_what_is_seen_where_it_is_wrong() -> None:
    frames, cameras = moving_wall()
    poses = cameras.cam_from_world.clone()
    poses[:, 1, 3], poses[:, 0, 3] = poses[:, 0, 3].clone(), 0  # moves down instead
    wrong = CameraTrack(poses, cameras.intrinsics, cameras.size)
    assert np.median(reprojection_errors(frames, wrong)) > 2


def test_points_of_a_zoom_with_an_uncentred_lens() -> None:
    frames, cameras = moving_wall()
    view, pictures = cameras.intrinsics.clone(), []
    for k, picture in enumerate(frames.frames):
        zoom, moved = 1 + 0.03 * k, np.array([4.0, -3.0])  # about the centre, which then moves
        view[k, :2, :2] *= zoom
        view[k, :2, 2] += torch.from_numpy(moved)
        shift = np.array([47.5, 35.5]) * (1 - zoom) + moved  # cv2 counts from pixel centres
        warp = np.column_stack([np.eye(2) * zoom, shift])
        pictures.append(cv2.warpAffine(picture, warp, tuple(cameras.size)))
    zooming = CameraTrack(cameras.cam_from_world, view, cameras.size)
    told = np.median(reprojection_errors(ArrayFrames(pictures), zooming))
    assert told < 0.3
    untold = CameraTrack(cameras.cam_from_world, cameras.intrinsics, cameras.size)
    assert np.median(reprojection_errors(ArrayFrames(pictures), untold)) > 1.7 * told
