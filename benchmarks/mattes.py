"""How good are the mattes, and what do they cost?

    python benchmarks/mattes.py [DATA] [--backends motion,selfie,pose,pose+things]
        [--clips NAME,NAME] [--weights DIR] [--sheets DIR]

DATA: a folder with ``people`` and ``weights`` (by default shared/data beside or in the
repository); the network of ``pose`` is taken from ``weights/pose`` or the cache, and
``pose+things`` is ``pose`` with ``--take-along``. Every folder of ``people`` that holds ``masks``
and ``frames``, as DAVIS has them, or ``clip.mp4``, as composited_people.py writes it, is measured
besides the named clips. Prints markdown: intersection over union with the masks and boundary F
(those of bmx-trees hold the rider **and** the bicycle), the error of soft mattes (the sum of all
differences over that of the mask), flicker (of the masks, too), and CPU seconds per frame; at the
end the means over the clips with masks, with 95 % intervals that draw
clips.
``--sheets`` writes a picture per clip and backend: frames of it over green and over white.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from dynascene.display import Quiet
from dynascene.errors import InputError
from dynascene.estimators.frame_spool import FrameStack
from dynascene.estimators.matte.decontamination import decontaminate
from dynascene.estimators.matte.figures import MatteFigures
from dynascene.estimators.matte.job import finished_mattes
from dynascene.estimators.matte.locating import locate
from dynascene.estimators.matte.modnet import ModnetMatter
from dynascene.estimators.matte.motion import MotionMatter
from dynascene.estimators.matte.pose import PoseMatter
from dynascene.estimators.matte.protocol import Matter
from dynascene.estimators.matte.selfie import SelfieMatter
from dynascene.estimators.matte.things import RiderMatter
from dynascene.estimators.person.fastestdet import FastestDet
from dynascene.estimators.person.protocol import PersonDetector
from dynascene.estimators.working_frames import working_frames
from dynascene.evaluation.bootstrap import mean_estimate
from dynascene.evaluation.table import text_of
from dynascene.io.frames import open_frames
from dynascene.io.mattes import open_matte
from dynascene.types import Size

CLIPS = {
    "bmx-trees": "bmx-trees/frames",
    "woman-running": "woman-running.mp4",
    "man-skiing": "man-skiing.mp4",
    "pexels-walking": "pexels-walking-dynamic-5738706.mp4",
}
TOLERANCE = 0.008  # of the diagonal: how far an outline may be off, as in DAVIS
SHOWN = 4  # frames per sheet
SHEET_HEIGHT = 300
GREEN, WHITE = np.array([0, 177, 64]), np.array([255, 255, 255])


class Result(NamedTuple):
    clip: str
    backend: str
    iou: float | None
    boundary: float | None
    error: float | None
    share: float
    flicker: float
    seconds: float  # of CPU, per frame


class PoseWithThings(PoseMatter):
    """The backend pose with ``--take-along``."""

    name = "pose+things"

    def __call__(
        self,
        frames: FrameStack,
        boxes: np.ndarray | None,
        start: tuple[float, float] | None = None,
    ) -> Iterator[np.ndarray]:
        person = max(self.people.find(frames), key=lambda p: p.prominence)
        size = Size(frames.shape[2], frames.shape[1])
        return RiderMatter(self.people, person.track, size)(frames, boxes, start)


def measure(
    data: Path, clip: str, matter: Matter, detector: PersonDetector | None, sheets: Path | None
) -> Result:
    """Matte one clip and compare it with its masks, where it has any."""
    path = path_of(data, clip)
    source = open_frames(path)
    start = time.process_time()
    frames = working_frames(source, matter.working_pixels)
    place = locate(path, source, frames, detector, None, matter.needs_boxes, Quiet())
    figures, shown, scores = MatteFigures(), [], []
    masks = path.parent / "masks"
    truth = open_matte(masks).read() if masks.is_dir() else None
    chosen = set(np.linspace(0, len(source) - 1, SHOWN).astype(int))
    seconds = 0.0
    for index, (frame, matte) in enumerate(finished_mattes(source, frames, matter, place)):
        seconds += time.process_time() - start
        figures.add(frames[index], matte)
        if truth is not None:
            mask = next(truth)
            scores.append((iou(matte, mask), boundary_f(matte, mask), error(matte, mask)))
        if index in chosen and sheets is not None:
            shown.append(row_of(frame, matte))
        start = time.process_time()
    if sheets is not None:
        sheets.mkdir(parents=True, exist_ok=True)
        picture = np.hstack(shown)
        cv2.imwrite(str(sheets / f"{clip}.{matter.name}.png"), picture[..., ::-1])
    means = np.mean(scores, axis=0).tolist() if scores else (None, None, None)
    return Result(clip, matter.name, *means, *figures.summary(), seconds / len(source))


def measure_masks(data: Path, clip: str) -> Result | None:
    """The clip's own masks taken for a matte: how much flicker is the clip's."""
    path = path_of(data, clip)
    masks = path.parent / "masks"
    if not masks.is_dir():
        return None
    figures = MatteFigures()
    for frame, mask in zip(open_frames(path).read(), open_matte(masks).read(), strict=True):
        figures.add(frame[..., :3], mask)
    return Result(clip, "its masks", 1.0, 1.0, 0.0, *figures.summary(), 0.0)


def iou(matte: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union of two mattes, each cut at one half."""
    ours, theirs = matte[..., 0] > 127, truth[..., 0] > 127
    return float((ours & theirs).sum() / max(1, (ours | theirs).sum()))


def boundary_f(matte: np.ndarray, truth: np.ndarray) -> float:
    """F measure of the outlines of two mattes, each cut at one half, within the tolerance."""
    ours, theirs = (outline(m[..., 0] > 127) for m in (matte, truth))
    reach = max(1, round(TOLERANCE * float(np.hypot(*ours.shape))))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    near_ours, near_theirs = (cv2.dilate(m.astype(np.uint8), disc) > 0 for m in (ours, theirs))
    precision = (ours & near_theirs).sum() / max(1, ours.sum())
    recall = (theirs & near_ours).sum() / max(1, theirs.sum())
    return float(2 * precision * recall / max(1e-9, precision + recall))


def error(matte: np.ndarray, truth: np.ndarray) -> float:
    """The sum of all differences of a matte from the truth over the truth's own."""
    return float(cv2.absdiff(matte, truth).sum() / max(1, truth.sum()))


def outline(mask: np.ndarray) -> np.ndarray:
    """The pixels of a mask that have a neighbour outside it."""
    return mask & (cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)


def path_of(data: Path, clip: str) -> Path:
    """The frames or the video of a clip."""
    video = data / "people" / clip / "clip.mp4"
    return video if video.is_file() else data / "people" / CLIPS.get(clip, f"{clip}/frames")


def clips_with_masks(data: Path) -> list[str]:
    """The clips that have masks."""
    return sorted(masks.parent.name for masks in (data / "people").glob("*/masks"))


def row_of(frame: np.ndarray, matte: np.ndarray) -> np.ndarray:
    """The frame, and the person over green and over white, one above the other."""
    own, alpha = decontaminate(frame, matte), matte / 255
    parts = [frame, *(own * alpha + colour * (1 - alpha) for colour in (GREEN, WHITE))]
    size = round(SHEET_HEIGHT * frame.shape[1] / frame.shape[0]), SHEET_HEIGHT
    return np.vstack(
        [cv2.resize(p.astype(np.uint8), size, interpolation=cv2.INTER_AREA) for p in parts]
    )


def backends(names: list[str], weights: Path) -> list[tuple[Matter, PersonDetector | None]]:
    """Each matter with the detector that it would have; motion without any."""
    found: list[tuple[Matter, PersonDetector | None]] = []
    for name in names:
        try:
            if name == "motion":
                found.append((MotionMatter(), None))
                continue
            if name in ("pose", "pose+things"):
                matter = PoseMatter if name == "pose" else PoseWithThings
                found.append((matter(_at(weights / "pose")), None))
                continue
            detector = FastestDet(_at(weights / "fastestdet/FastestDet.onnx"))
            if name == "motion+boxes":
                found.append((MotionMatter(), detector))
            elif name == "selfie":
                found.append((SelfieMatter(_at(weights / "selfie")), detector))
            else:
                found.append((ModnetMatter(_at(weights / "modnet/model.onnx")), detector))
        except InputError as error:
            print(f"{name}: skipped, {error}")
    return found


def _at(path: Path) -> Path | None:
    return path if path.exists() else None


def find_data() -> Path | None:
    roots = [parent / "shared" / "data" for parent in Path(__file__).resolve().parents[1:3]]
    return next((root for root in roots if (root / "people").is_dir()), None)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="?", type=Path, default=find_data())
    parser.add_argument("--backends", default="motion,selfie,pose")
    parser.add_argument("--clips")
    parser.add_argument("--weights", type=Path, help="default: the folder weights of DATA")
    parser.add_argument("--sheets", type=Path)
    arguments = parser.parse_args()
    if arguments.data is None:
        print("mattes: skipped, no clips (give a folder that holds people/)")
        return
    weights = arguments.weights or arguments.data / "weights"
    named = [clip for clip in CLIPS if path_of(arguments.data, clip).exists()]
    every = dict.fromkeys([*named, *clips_with_masks(arguments.data)])
    clips = arguments.clips.split(",") if arguments.clips else list(every)
    print("| clip | backend | IoU | boundary F | error | share | flicker | CPU s/frame |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    results: list[Result] = []
    for clip in clips:
        for matter, detector in backends(arguments.backends.split(","), weights):
            try:
                r = measure(arguments.data, clip, matter, detector, arguments.sheets)
            except InputError as fault:
                print(f"| {clip} | {matter.name} | {fault} | | | | | |", flush=True)
                continue
            print_row(r)
            results.append(r)
        if (r := measure_masks(arguments.data, clip)) is not None:
            print_row(r)
            results.append(r)
    print_means(results)


def print_means(results: list[Result]) -> None:
    """Print the means of each backend over the clips with masks, where there are two or more."""
    judged = [r for r in results if r.iou is not None and r.boundary is not None]
    by_backend = {r.backend: [o for o in judged if o.backend == r.backend] for r in judged}
    if max(map(len, by_backend.values()), default=0) < 2:
        return
    print("\n| backend | clips | IoU | boundary F | error | flicker | CPU s/frame |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for backend, rows in by_backend.items():
        columns = (
            [r.iou for r in rows], [r.boundary for r in rows], [r.error for r in rows],
            [r.flicker for r in rows], [r.seconds for r in rows],
        )  # fmt: skip
        clips = [r.clip for r in rows]
        shown = [text_of(mean_estimate(np.array(c, float), clips), 3) for c in columns]
        print(f"| {backend} | {len(rows)} | {' | '.join(shown)} |", flush=True)


def print_row(r: Result) -> None:
    shown = " | ".join("" if v is None else f"{v:.3f}" for v in (r.iou, r.boundary, r.error))
    print(
        f"| {r.clip} | {r.backend} | {shown} | {100 * r.share:.1f} % "
        f"| {100 * r.flicker:.1f} % | {r.seconds:.2f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
