"""Command lines whose inputs are damaged, and values that options are given."""

from dataclasses import dataclass

from fuzz_real import REAL_CAMERAS, REAL_CLIPS, REAL_PICTURES, REAL_SKELETONS
from fuzz_samples import CAMERA_SUFFIX, PICTURES, VIDEOS

from dynascene.io.cameras import FORMATS

CAMERA_FILES = tuple(f"cameras-{name}{CAMERA_SUFFIX.get(name, '.txt')}" for name in FORMATS)
SCENES = ("deep.png", *(f"place.{suffix}" for suffix in PICTURES))
WEIGHTS_FILE = "diffusion_pytorch_model.safetensors"
CLIPS = ("sound.mp4", *(f"clip.{suffix}" for suffix in VIDEOS))
CHOICES = {
    "camera": CAMERA_FILES, "picture": SCENES, "clip": (*CLIPS, "person"),
    "matte": ("matte.mp4", "mattes"), "depth": ("depth.npy", "depth.png", "depth.tif"),
    "poses": ("openpose.json", "alphapose.json", "coco.json"),
    "pickle": ("code.pt", "plain.pt", "objects.npy"),
    "motion": ("openpose.json", "coco.json", "skeleton.mp4"),
    "network": tuple(f"weights/{part}/{WEIGHTS_FILE}" for part in ("denoiser", "vae")),
    "real_camera": REAL_CAMERAS, "real_picture": REAL_PICTURES, "real_clip": REAL_CLIPS,
    "real_skeleton": REAL_SKELETONS,
}  # fmt: skip
CHAN = ("--rotation-order", "ZXY", "--sensor", "24.6x18.7")
PROJECTED = "generate --generator projection --framing centre --size 64x36 --out out --quiet"
TWO = f"{PROJECTED} --frames 0:2 --scene place.png"
FOUR = f"{PROJECTED} --frames 0:4 --scene place.png"
ALONE = f"{PROJECTED} --move static --frames 0:1"
TRAINED = "train autoencoder.small --batch 2 --workers 0 --out run"
CURATED = (
    "curate --in-process --person-detector none --min-height 8 --matte-backend motion "
    "--shortest 0.05"
)
JUDGED = "evaluate still --size 64x36 --frames 2 --clips 1 --out out --quiet"


@dataclass(frozen=True)
class Target:
    """A command that works, and what of its input is to be damaged.

    Attributes:
        name: in reports.
        command: its arguments; {kind} stands for one of ``CHOICES``.
        damage: files or folders among the samples, or {kind} again.
        beside: further samples that it reads, which stay whole.
        weight: how often it is drawn.
        leaves: names that it may leave behind when it fails: what it found out, or what a rerun
            goes on from.
        program: whether it runs in a process of its own as well as in a forked one.
    """

    name: str
    command: str
    damage: tuple[str, ...]
    beside: tuple[str, ...] = ()
    weight: int = 1
    leaves: tuple[str, ...] = ()
    program: bool = True


WEIGHTED = (
    "generate --framing centre --move static --frames 0:1 --scene place.png --steps 1 "
    "--size 64x36 --out out"
)
MOVED = "generate --framing centre --frames 0:3 --scene place.png --steps 1 --size 64x36 --out out"
TARGETS = (
    Target("cameras", "cameras convert {camera} out.json", ("{camera}",), weight=8),
    Target("drawing", "cameras show {camera} --out out.png", ("{camera}",)),
    Target("keyframes", "cameras make keyframes.json out.txt", ("keyframes.json",), weight=3),
    Target("scene", f"{ALONE} --scene {{picture}}", ("{picture}",), weight=7),
    Target("depth", f"{ALONE} --scene place.png --scene-depth {{depth}}", ("{depth}",),
           ("place.png",), weight=2),
    Target("pickle", f"{ALONE} --scene place.png --scene-depth {{pickle}}", ("{pickle}",),
           ("place.png",)),
    Target("person", f"{TWO} {{clip}} --matte {{matte}} --move static",
           ("{clip}", "{matte}"), ("place.png",), weight=6),
    Target("clip and cameras", f"{TWO} person --cameras {{camera}}",
           ("{camera}",), ("place.png", "person"), weight=3),
    Target("clip and keyframes", f"{FOUR} person --move keyframes.json",
           ("keyframes.json", "person"), ("place.png",)),
    Target("outpaint", "outpaint {picture} --generator projection --size 72x40 --out out.png",
           ("{picture}",), weight=2),
    Target("matte", "matte {clip} --matte-backend motion --subject 28,28 --out out --quiet",
           ("{clip}",), weight=2),
    Target("track", "track {clip} --out out.txt --quiet", ("{clip}",), weight=2,
           leaves=("out.track.json",)),
    Target("points", "points {clip} --count 5 --out out.json", ("{clip}",), weight=2),
    Target("poses", "pose {poses} --size 160x120 --out out", ("{poses}",), weight=4),
    Target("batch", "generate --batch shots.jsonl --workers 1 --out out", ("shots.jsonl",),
           ("place.png", "person"), weight=3, leaves=("out",)),
    Target("weights", f"{WEIGHTED} --weights weights", ("weights",), ("place.png",), weight=3),
    Target("safetensors", f"{WEIGHTED} --weights weights", ("{network}",),
           ("weights", "place.png"), weight=2),
    Target("flow", "flow {motion} --weights flowing --out out", ("{motion}", "flowing"), weight=3),
    Target("moved person", f"{MOVED} --pose {{motion}} --person-image cut.png --weights flowing",
           ("{motion}", "cut.png"), ("place.png", "flowing"), weight=2),
    Target("given points", f"{MOVED} --pose {{motion}} --points points.json --person-image cut.png "
           "--weights pointed", ("points.json", "{motion}"), ("place.png", "cut.png", "pointed"),
           weight=3),
    Target("torch weights", f"{WEIGHTED} --weights {{pickle}}", ("{pickle}",), ("place.png",)),
    Target("verify", "verify people --apply", ("people",), weight=3, leaves=("votes.sqlite",)),
    Target("votes", "verify voted --apply", ("voted/votes.sqlite",), ("voted",), weight=2),
    Target("manifest", "verify people --apply", ("people/manifest.parquet",), ("people",),
           weight=2, leaves=("votes.sqlite",)),
    Target("people", f"{JUDGED} --data people:people --obedience 0", ("people",), weight=2),
    Target("shards", f"{JUDGED} --data re10k:shards --obedience 0", ("shards",), weight=2),
    Target("batch again", "generate --batch shots.jsonl --workers 1 --out batch",
           ("batch",), ("shots.jsonl", "place.png", "person"), weight=2, leaves=("batch",)),
    Target("train", f"{TRAINED} --steps 3", ("run",), weight=3, leaves=("run",), program=False),
    Target("train on clips", "train dynascene.small.stage1 --dry-run --batch 1 --workers 0 "
           "--out run --clips people", ("people",), program=False),
    Target("export", "export run --out out", ("run",), weight=3),
    Target("evaluate", f"{JUDGED} --data re10k:places --obedience 0", ("places",), weight=2),
    Target("benchmark", "evaluate still --benchmark judged/benchmark.json --data re10k:places "
           "--out out --quiet", ("judged",), ("places",), weight=2),
    Target("curate", f"{CURATED} videos.csv --out out", ("videos.csv", "clip.mp4"),
           leaves=("out",), program=False),
    Target("curate again", f"{CURATED} clip.mp4 --out curated", ("curated",), ("clip.mp4",),
           program=False),
    Target("real cameras", "cameras convert {real_camera} out.json", ("{real_camera}",), weight=4),
    Target("real picture", f"{ALONE} --scene {{real_picture}}", ("{real_picture}",), weight=3),
    Target("real clip", "points {real_clip} --count 5 --frames 0:4 --out out.json",
           ("{real_clip}",), weight=2),
    Target("real folders", f"{TWO} real/frames --matte real/masks --move static",
           ("real/frames", "real/masks"), ("place.png",)),
    Target("real skeletons", "flow {real_skeleton} --frames 0:3 --weights flowing --out out",
           ("{real_skeleton}",), ("flowing",)),
)  # fmt: skip

# commands that are given further options of absurd values; their inputs stay whole
COMMANDS = (
    (f"{ALONE} --scene place.png", ("place.png",)),
    (f"{TWO} person --cameras cameras-re10k.txt",
     ("place.png", "person", "cameras-re10k.txt")),
    ("matte person --matte-backend motion --subject 28,28 --out out --quiet", ("person",)),
    ("track person --out out.txt --quiet", ("person",)),
    ("pose openpose.json --out out", ("openpose.json",)),
    ("points person --count 5 --out out.json", ("person",)),
    ("outpaint place.png --generator projection --size 72x40 --out out.png", ("place.png",)),
    ("cameras convert cameras-re10k.txt out.json", ("cameras-re10k.txt",)),
    ("cameras make pan-right:5 out.txt --frames 3", ()),
    (f"{JUDGED} --data re10k:places --obedience 0", ("places",)),
    ("export run --out out", ("run",)),
    (f"{TRAINED} --dry-run", ()),
    ("verify people --apply", ("people",)),
    ("tables --status --out out", ()),
    (f"{CURATED} clip.mp4 --out out", ("clip.mp4",)),
    ("flow openpose.json --weights flowing --out out", ("openpose.json", "flowing")),
    (f"{WEIGHTED} --weights weights", ("place.png", "weights")),
    (f"{MOVED} --pose openpose.json --points points.json --person-image cut.png --weights pointed",
     ("openpose.json", "points.json", "cut.png", "place.png", "pointed")),
)  # fmt: skip
OF_CAMERAS = (
    "--to", "--from", "--frames", "--size", "--fov", "--rotation-order", "--sensor", "--frame-rate",
    "--out",
)  # fmt: skip
# extremes that ask for nothing long: 10^12 frames are refused, 10^5 of them are made
VALUES = (
    "", " ", "0", "-1", "1", "2", "0.5", "-0", "1e308", "-1e308", "1e-308", "nan", "inf", "9" * 400,
    "x", "é", "\udcff", "٣", "1_0", "0x10", "true", "auto", "none", "null", "a,b", "1,2", "-5,7",
    "nan,1", "1e308,1", "1,2,3,4", "4,4,30,20", "1:2", "0:1", "3:1", "-2:-1", ":", "1:2,3", "0x0",
    "1x1", "64x36", "64x", "9999999999x1", "ZXY", "XXX", "1/0", "30000/1001", "2/3", "small",
    "nobody/nothing", "x=y", "turn=1", "turn=nan", "=", "0:30,20", "0:30,20,out", "9:1e9,nan",
    "../x", ".", "~", "/dev/null", "/proc/self/mem", "no/such/place",
    "place.png", "clip.mp4", "person", "keyframes.json", "pan-right", "pan-right:1e9+tilt-up:x",
    "%s%n", "{}", "[]", "$(id)", "a\nb", "x" * 300, "--out", "-",
)  # fmt: skip
