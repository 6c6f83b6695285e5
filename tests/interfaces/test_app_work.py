"""The process of one job, with the real library: the end of its input ends it."""

import json
import subprocess
import sys
from pathlib import Path

from app_server import write_person, write_place

from dynascene.interfaces.app.drafts import MOVE, Draft


def events(draft: Draft, kind: str, out: Path, *, server_lives: bool = True) -> list[dict]:
    process = subprocess.Popen(
        [sys.executable, "-m", "dynascene.interfaces.app.work"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdin is not None
    assert process.stdout is not None
    order = {"kind": kind, "draft": json.loads(draft.json()), "out": str(out)}
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    if not server_lives:
        process.stdin.close()
    lines = [json.loads(line) for line in process.stdout]
    process.wait()
    process.stdout.close()
    if server_lives:
        process.stdin.close()
    return lines


def drawn(folder: Path) -> Draft:
    return Draft(
        clip=str(write_person(folder / "walker.mov")),
        scene=str(write_place(folder / "place.png")),
        camera=MOVE,
        move="pan-right:5",
        generator="projection",
    )


def test_a_rendered_clip_tells_its_stages(tmp_path: Path) -> None:
    lines = events(drawn(tmp_path), "render", tmp_path / "out")
    assert {"stage": "frames", "total": 6} in lines
    assert lines[-1] == {"end": "done", "changes": {}}
    assert (tmp_path / "out" / "composite.mp4").is_file()


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    lines = events(Draft(clip=str(tmp_path / "absent.mp4")), "matte", tmp_path / "out")
    assert lines[-1]["end"] == "failed"
    assert "absent.mp4" in lines[-1]["message"]
    assert list(tmp_path.iterdir()) == []


def test_where_the_server_is_gone_nothing_stays(tmp_path: Path) -> None:
    lines = events(drawn(tmp_path), "render", tmp_path / "out", server_lives=False)
    assert not any(event.get("end") == "done" for event in lines)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["place.png", "walker.mov"]
