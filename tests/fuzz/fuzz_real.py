"""Real files among the samples, where they lie beside the repository: ``../shared/data``."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "shared/data", ROOT.parent / "shared/data")
FRAMES = 4  # of each folder of frames
FILES = {
    "bench.jpg": "scenes/bench.jpg",
    "house.jpg": "scenes/01_HouseIndoor.jpg",
    "room.png": "scenes/real2_livingroom.png",
    "cut.png": "posevid/anyone-1.png",
    "man.mp4": "people/man-skiing.mp4",
    "woman.mp4": "people/woman-running.mp4",
    "place.mp4": "re10k/videos/3f79dc32d575bcdc.mp4",
    "skeleton.mp4": "posevid/anyone-video-2_kps.mp4",
    "shapes.mp4": "posevid/densepose/running.mp4",
    "re10k.txt": "re10k/poses/3f79dc32d575bcdc.txt",
    "named.txt": "traj/named/zoom in.txt",
    "info.json": "re10k_long/018f7907401f2fef.camera_info.json",
    "motionctrl.json": "traj/motionctrl/test_camera_L.json",
    "humanvid.txt": "traj/humanvid/3704446.txt",
}
REAL_PICTURES = tuple(f"real/{name}" for name in ("bench.jpg", "house.jpg", "room.png", "cut.png"))
REAL_CLIPS = tuple(f"real/{name}" for name in ("man.mp4", "woman.mp4", "place.mp4"))
REAL_SKELETONS = ("real/skeleton.mp4", "real/shapes.mp4")
REAL_CAMERAS = tuple(
    f"real/{name}"
    for name in ("re10k.txt", "named.txt", "info.json", "motionctrl.json", "humanvid.txt")
)


def write_real_files(folder: Path, source: Path | None) -> None:
    """Copy those that are there to ``folder``/real; ``source``: what has them, None: nothing does.

    Cases that need one which is absent are not drawn.
    """
    if source is None:
        return
    real = folder / "real"
    real.mkdir()
    for name, path in FILES.items():
        if (source / path).is_file():
            shutil.copyfile(source / path, real / name)
    for name in ("frames", "masks"):
        for picture in sorted((source / "people/bmx-trees" / name).glob("*"))[:FRAMES]:
            (real / name).mkdir(exist_ok=True)
            shutil.copyfile(picture, real / name / picture.name)


def real_folder() -> Path | None:
    return next((folder for folder in FOLDERS if folder.is_dir()), None)
