"""The guard's own inputs: a place, a person, a camera and clips, of noise and simple shapes."""

import math
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

PICTURE, FRAME, FRAMES = (480, 270), (192, 108), 6  # width and height


def panorama(seed: int) -> np.ndarray:
    """Something to see in every direction: noise of several sizes and boxes, uint8 [H, W, 3]."""
    rng = np.random.default_rng(seed)
    image = np.full((512, 1024, 3), 110.0, np.float32)
    for cells in (8, 32, 128):
        noise = rng.normal(size=(cells // 2, cells, 3)).astype(np.float32)
        image += 28 * cv2.resize(noise, (1024, 512), interpolation=cv2.INTER_CUBIC)
    for _ in range(120):
        x, y, w, h = (int(n) for n in rng.integers((0, 0, 6, 6), (1000, 500, 50, 40)))
        cv2.rectangle(image, (x, y), (x + w, y + h), [float(c) for c in rng.uniform(0, 255, 3)], -1)
    return image.clip(0, 255).astype(np.uint8)


def view(world: np.ndarray, yaw: float, size: tuple[int, int]) -> np.ndarray:
    """What a camera sees that is turned by ``yaw`` radians and 60 degrees wide."""
    width, height = size
    focal = width / 2 / math.tan(math.radians(30))
    x, y = np.meshgrid(np.arange(width) + 0.5 - width / 2, np.arange(height) + 0.5 - height / 2)
    longitude, latitude = np.arctan2(x, focal) + yaw, np.arctan2(y, np.hypot(x, focal))
    across = ((longitude / (2 * math.pi) + 0.5) % 1 * world.shape[1]).astype(np.float32)
    down = ((latitude / math.pi + 0.5) * world.shape[0]).astype(np.float32)
    return cv2.remap(world, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def figure(number: int, size: tuple[int, int]) -> np.ndarray:
    """A matte of somebody walking to the right: uint8 [H, W], with soft edges."""
    (width, height), matte = size, np.zeros(size[::-1], np.uint8)
    x, swing = 0.3 * width + 0.01 * width * number, 0.06 * height * math.sin(number)
    head, hip = (round(x), round(0.3 * height)), (round(x), round(0.62 * height))
    cv2.circle(matte, head, round(0.08 * height), 255, -1, cv2.LINE_AA)
    cv2.line(matte, head, hip, 255, round(0.14 * height), cv2.LINE_AA)
    for side in (-1, 1):
        foot = (round(x + side * swing), round(0.92 * height))
        cv2.line(matte, hip, foot, 255, round(0.06 * height), cv2.LINE_AA)
    return matte


def walker(frame: np.ndarray, number: int) -> np.ndarray:
    """A frame with the figure before it, in one colour: BGR uint8 [H, W, 3]."""
    alpha = figure(number, frame.shape[1::-1])[..., None] / 255
    return (alpha * (40, 60, 200) + (1 - alpha) * frame).round().astype(np.uint8)


def write_video(path: Path, frames: list[np.ndarray], rate: int = 24) -> None:
    """BGR or grey uint8 frames as H.264, lossless: with loss, x264 does not repeat itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", Fraction(rate), options={"qp": "0"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.codec_context.thread_count = "yuv420p", 1
        for frame in frames:
            colour = cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) if frame.ndim == 2 else frame
            container.mux(stream.encode(av.VideoFrame.from_ndarray(colour, format="bgr24")))
        container.mux(stream.encode())


def write_cameras(path: Path, yaws: list[float], travel: float = 0.0) -> None:
    """A camera that turns and moves to the right, in RealEstate10K's format."""
    lines = ["https://example.org/guard"]
    for number, yaw in enumerate(yaws):
        c, s = math.cos(yaw), math.sin(yaw)
        rotation = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
        position = np.array([travel * number, 0, 0.3 * travel * number])
        pose = np.column_stack([rotation, -rotation @ position])
        focal = 0.5 / math.tan(math.radians(30))
        numbers = [focal, focal * FRAME[0] / FRAME[1], 0.5, 0.5, 0, 0, *pose.ravel()]
        lines.append(f"{number * 41667} " + " ".join(f"{n:.9f}" for n in numbers))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def make_inputs() -> None:
    """A place, a person in two forms, a camera, filmed clips to train on, raw ones to curate."""
    cv2.imwrite("place.png", view(panorama(1), 0.0, PICTURE))
    world = panorama(2)
    mattes = [figure(k, FRAME) for k in range(FRAMES)]
    people = [view(world, 0.5 + 0.02 * k, FRAME) for k in range(FRAMES)]
    Path("person").mkdir()
    for k, (colour, matte) in enumerate(zip(people, mattes, strict=True)):
        cv2.imwrite(f"person/{k:03d}.png", np.dstack([colour, matte]))
    write_video(Path("person.mp4"), people)
    write_video(Path("person-matte.mp4"), mattes)
    write_cameras(Path("cameras.txt"), [0.03 * k for k in range(FRAMES)], 0.05)
    yaws = [0.02 * k for k in range(26)]
    for number in range(3):
        film = [view(panorama(10 + number), yaw, FRAME) for yaw in yaws]
        write_cameras(Path(f"clips/empty{number}/cameras.txt"), yaws)
        write_video(Path(f"clips/empty{number}/video.mp4"), film)
        figures = [figure(k, FRAME) for k in range(len(film))]
        shown = [
            np.where(m[..., None] > 127, 255 - f, f) for f, m in zip(film, figures, strict=True)
        ]
        write_cameras(Path(f"clips/walk{number}/cameras.txt"), yaws)
        write_video(Path(f"clips/walk{number}/video.mp4"), shown)
        write_video(Path(f"clips/walk{number}/matte.mp4"), figures)
    size = (320, 180)
    still, world = view(panorama(3), 0.0, size), panorama(4)
    pan = [walker(view(world, 0.02 * k, size), k) for k in range(36)]
    write_video(Path("raw/pan.mp4"), pan)
    write_video(Path("raw/still.mp4"), [still] * 36)
    write_video(Path("raw/short.mp4"), [view(world, -0.02 * k, size) for k in range(12)])
