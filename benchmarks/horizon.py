"""How far off is the estimated horizon? Views into panoramas, whose horizon is known.

    python benchmarks/horizon.py [PANORAMAS]         table over the test places
    python benchmarks/horizon.py [PANORAMAS] --fit   weights of the cues, from the other places

PANORAMAS: a folder whose MANIFEST.tsv lists level equirectangular pictures (columns path,
category, split); by default shared/training beside or in the repository. The views: horizontal
field of view 50–75°, any azimuth, pitch −20…+15°, 480–800 pixels wide, no roll
(for the fit, a roll of 1° spread).
"""

import csv
import math
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image
from scipy.optimize import minimize

from dynascene.estimators.horizon import (
    CANDIDATES,
    WEIGHTS,
    candidate_pitches,
    estimate_horizon,
    gather_cues,
    median,
    probability,
)

VIEWS_PER_PLACE = 16
ASPECTS = (4 / 3, 3 / 2, 16 / 9, 3 / 4)
BOOTSTRAPS = 2000
FIT_ROLL = 1.0  # degrees; hands are not quite level


class View(NamedTuple):
    place: str
    picture: np.ndarray  # uint8 [H, W, 3] sRGB
    focal: float
    pitch: float  # degrees

    @property
    def height(self) -> int:
        return len(self.picture)

    @property
    def share(self) -> float:
        """The horizon's row as a share of the height."""
        return 0.5 + self.focal * math.tan(math.radians(self.pitch)) / self.height


def render_view(
    panorama: np.ndarray,
    focal: float,
    size: tuple[int, int],
    angles: tuple[float, float, float],
) -> np.ndarray:
    """What a level panorama, uint8 [H, W, 3], shows a camera of the given yaw, pitch and roll.

    focal: in pixels of the view; size: its width and height. angles: in degrees.
    """
    yaw, pitch, roll = angles
    full = round(2 * math.pi * focal)  # width of a panorama as fine as the view's middle
    if full < panorama.shape[1]:
        panorama = cv2.resize(panorama, (full, full // 2), interpolation=cv2.INTER_AREA)
    height, width = panorama.shape[:2]
    u, v = np.meshgrid(*(np.arange(n) + 0.5 - n / 2 for n in size))
    sine, cosine = math.sin(math.radians(roll)), math.cos(math.radians(roll))
    x, v = cosine * u - sine * v, sine * u + cosine * v
    sine, cosine = math.sin(math.radians(pitch)), math.cos(math.radians(pitch))
    y, z = cosine * v - sine * focal, sine * v + cosine * focal
    azimuth = np.arctan2(x, z) / (2 * math.pi) + yaw / 360
    depression = np.arctan2(y, np.hypot(x, z)) / math.pi + 0.5
    border = 2  # columns repeated, so that the seam interpolates like any other place
    wrapped = np.concatenate([panorama[:, -border:], panorama, panorama[:, :border]], axis=1)
    columns = (azimuth % 1 * width - 0.5 + border).astype(np.float32)
    return cv2.remap(
        wrapped, columns, (depression * height - 0.5).astype(np.float32), cv2.INTER_CUBIC
    )


def views(root: Path, splits: set[str], roll: float = 0.0) -> Iterator[View]:
    """The same random views of each place every time; roll: standard deviation in degrees."""
    with (root / "MANIFEST.tsv").open(newline="") as manifest:
        rows = list(csv.DictReader(manifest, delimiter="\t"))
    for row in rows:
        if row["category"] != "panorama" or row["split"] not in splits:
            continue
        panorama = np.asarray(Image.open(root / row["path"]).convert("RGB"))
        random = np.random.default_rng(zlib.crc32(row["path"].encode()))
        for _ in range(VIEWS_PER_PLACE):
            width = int(random.integers(480, 801))
            size = width, round(width / random.choice(ASPECTS))
            focal = width / 2 / math.tan(math.radians(random.uniform(50, 75)) / 2)
            yaw, pitch = random.uniform(0, 360), random.uniform(-20, 15)
            tilt = roll * random.normal()
            picture = render_view(panorama, focal, size, (yaw, pitch, tilt))
            yield View(row["path"], picture, focal, pitch)


def estimated_share(view: View, cues: np.ndarray, weights: np.ndarray) -> float:
    pitch = median(candidate_pitches(view.height, view.focal), probability(weights[:, None] * cues))
    return view._replace(pitch=pitch).share


def best_constant(random: np.random.Generator) -> float:
    """The share of the height with the smallest mean error over the distribution of views."""
    n = 100_000
    aspect, pitch = random.choice(ASPECTS, n), np.radians(random.uniform(-20, 15, n))
    focal = aspect / 2 / np.tan(np.radians(random.uniform(50, 75, n)) / 2)
    return float(np.median(0.5 + focal * np.tan(pitch)))


def print_table(root: Path) -> None:
    test = list(views(root, {"test"}))
    cues = [gather_cues(v.picture, v.focal, candidate_pitches(v.height, v.focal)) for v in test]
    weights = np.array(list(WEIGHTS.values()))
    truth, places = np.array([v.share for v in test]), np.array([v.place for v in test])
    constant = best_constant(np.random.default_rng(0))

    def ours(weights: np.ndarray) -> np.ndarray:
        return np.array([estimated_share(v, c, weights) for v, c in zip(test, cues, strict=True)])

    rows = {"constant 0.5": np.full_like(truth, 0.5)}
    rows[f"best constant {constant:.3f}"] = np.full_like(truth, constant)
    rows["best constant pitch (prior)"] = ours(0 * weights)
    rows["estimate_horizon"] = ours(weights)
    for index, name in enumerate(WEIGHTS):
        rows[f"  without {name}"] = ours(np.where(np.arange(len(weights)) == index, 0, weights))
        rows[f"  {name} only"] = ours(np.where(np.arange(len(weights)) == index, weights, 0))

    print(f"|error| in % of the height, {len(test)} views of {len(set(places))} test places")
    print(f"{'':30}{'mean (95 %)':>22}{'median (95 %)':>22}{'worst tenth':>13}")
    for name, row in rows.items():
        error = 100 * np.abs(row - truth)
        cells = [f"{f(error):5.1f} ({_interval(error, places, f)})" for f in (np.mean, np.median)]
        print(f"{name:30}{cells[0]:>22}{cells[1]:>22}{np.quantile(error, 0.9):>12.1f}+")
    print_by_confidence(test)
    for roll in (1.0, 2.0):
        rolled = views(root, {"test"}, roll)
        error = [abs(estimate_horizon(*v[1:3]).row / v.height - v.share) for v in rolled]
        print(f"views rolled by {roll:g}° (spread): mean error {100 * np.mean(error):.1f} %")


def print_by_confidence(test: list[View]) -> None:
    """Does the confidence tell good estimates from bad ones?"""
    found = [estimate_horizon(v.picture, v.focal) for v in test]
    confidence = np.array([h.confidence for h in found])
    error = np.array([abs(h.row / v.height - v.share) for h, v in zip(found, test, strict=True)])
    for low, high in ((0, 0.5), (0.5, 0.8), (0.8, 1.01)):
        chosen = error[(confidence >= low) & (confidence < high)]
        mean = f"{100 * chosen.mean():.1f} %" if len(chosen) else "none"
        print(f"confidence {low:.1f}–{min(high, 1):.1f}: {len(chosen)} views, mean error {mean}")


def _interval(error: np.ndarray, places: np.ndarray, statistic: Callable) -> str:
    """95 % bootstrap interval: whole places are drawn, as views of one place are alike."""
    random = np.random.default_rng(0)
    groups = [error[places == place] for place in sorted(set(places))]
    draws = random.integers(len(groups), size=(BOOTSTRAPS, len(groups)))
    values = [statistic(np.concatenate([groups[i] for i in draw])) for draw in draws]
    return "{:.1f}–{:.1f}".format(*np.quantile(values, [0.025, 0.975]))


def fit(root: Path) -> np.ndarray:
    """Weights [cues] for the smallest sum of − log-likelihood and expected |error| in degrees.

    The likelihood alone keeps the doubt honest but follows outliers; the error alone gives a
    posterior that is far too sure of itself.
    """
    known = list(views(root, {"train", "val"}, FIT_ROLL))
    pitches = np.stack([candidate_pitches(v.height, v.focal) for v in known])
    cues = np.stack(
        [gather_cues(v.picture, v.focal, p) for v, p in zip(known, pitches, strict=True)]
    )
    scale = cues.std(axis=(0, 2))
    cues = cues / scale[:, None]
    distance = np.abs(pitches - np.array([v.pitch for v in known])[:, None])
    target = np.exp(-0.5 * distance**2)  # one degree of tolerance
    target /= target.sum(axis=1, keepdims=True)

    def objective(weights: np.ndarray) -> tuple[float, np.ndarray]:
        score = np.einsum("k,nkp->np", weights, cues) - 0.5 * CANDIDATES**2
        log = score - np.logaddexp.reduce(score, axis=1, keepdims=True)
        p = np.exp(log)
        expected = (p * distance).sum(axis=1, keepdims=True)
        slope = p - target + p * (distance - expected)
        loss = (-(target * log).sum(axis=1) + expected[:, 0]).mean()
        return loss, np.einsum("np,nkp->k", slope, cues) / len(known)

    return minimize(objective, np.ones(len(scale)), jac=True, method="L-BFGS-B").x / scale


def find_panoramas() -> Path | None:
    roots = [parent / "shared" / "training" for parent in Path(__file__).resolve().parents[1:3]]
    return next((root for root in roots if (root / "MANIFEST.tsv").is_file()), None)


def main() -> None:
    paths = [argument for argument in sys.argv[1:] if argument != "--fit"]
    root = Path(paths[0]) if paths else find_panoramas()
    if root is None or not (root / "MANIFEST.tsv").is_file():
        print("horizon: skipped, no panoramas (give a folder with MANIFEST.tsv)")
    elif "--fit" in sys.argv:
        print({name: round(float(w), 2) for name, w in zip(WEIGHTS, fit(root), strict=True)})
    else:
        print_table(root)


if __name__ == "__main__":
    main()
