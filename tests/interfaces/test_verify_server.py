"""What the verification server answers, refuses and keeps, over HTTP; and the command."""

import random
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import tyro
from verify_server import FRAMES, postgresql, served, write_data_set

from dynascene.curation.votes.store import open_votes
from dynascene.curation.votes.tally import CHOICES
from dynascene.datasets.filmed.manifest import read_manifest
from dynascene.datasets.filmed.storage import Storage
from dynascene.errors import InputError
from dynascene.interfaces.cli.verification import COMMANDS
from dynascene.interfaces.verify.board import Board

TOKEN = "a long shared word"
RATERS, CLIPS, ROUNDS = 50, 3, 2
PATIENCE = 120  # seconds: the machine may be busy


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data_set(tmp_path_factory.mktemp("verify"), CLIPS)


@pytest.fixture(scope="module")
def guarded(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a token, which no test votes at."""
    votes = tmp_path_factory.mktemp("votes") / "v.sqlite"
    with served(data, db=str(votes), token=TOKEN) as (address, _):
        yield address


def visit(address: str) -> httpx.Client:
    # verify: reading certificates takes a while, and nobody needs them here
    return httpx.Client(base_url=address, timeout=PATIENCE, verify=False)


def enter(client: httpx.Client, name: str, token: str = "") -> httpx.Response:
    return client.post("/api/session", json={"name": name, "token": token})


def vote_like_mad(address: str, number: int, clips: list[str]) -> int:
    """One rater: votes on all clips, again and again, with an undo; how many rows that makes."""
    chance = random.Random(number)
    with visit(address) as client:
        assert enter(client, f"rater {number}").status_code == 200
        for _ in range(ROUNDS):
            for clip in chance.sample(clips, len(clips)):
                told = {"clip": clip, "choice": chance.choice(CHOICES)}
                assert client.post("/api/votes", json=told).status_code == 200
        assert client.post("/api/undo", json={}).json()["clip"] in clips
    return ROUNDS * len(clips) + 1


def fifty_vote(address: str, board: Board) -> None:
    clips = list(board.clips.ids.values())
    with ThreadPoolExecutor(RATERS) as pool:
        rows = sum(pool.map(lambda k: vote_like_mad(address, k, clips), range(RATERS)))
    assert len(board.votes) == rows == RATERS * (ROUNDS * CLIPS + 1)
    tallies = board.votes.tallies()
    # an undo uncovers the rater's vote of the round before: everybody's vote stands on every clip
    assert [tallies[clip].total for clip in board.clips.ids] == [RATERS] * CLIPS


def test_fifty_raters_at_once_lose_no_vote_on_sqlite(data: Path, tmp_path: Path) -> None:
    with served(data, db=str(tmp_path / "v.sqlite")) as (address, board):
        fifty_vote(address, board)
    with sqlite3.connect(tmp_path / "v.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_fifty_raters_at_once_lose_no_vote_on_postgresql(data: Path) -> None:
    with postgresql() as url, served(data, db=url) as (address, board):
        fifty_vote(address, board)


def test_everything_but_the_door_wants_a_rater(guarded: str) -> None:
    with visit(guarded) as client:
        assert client.get("/").status_code == 200
        assert client.get("/api/session").json()["rater"] is None
        for path in ("queue", "progress", "clips/x", "clips/x/video", "clips/x/points"):
            assert client.get(f"/api/{path}").status_code == 401
        for path in ("votes", "undo"):
            assert client.post(f"/api/{path}", json={}).status_code == 401


def test_the_token_is_needed_and_cookies_cannot_be_made_up(guarded: str) -> None:
    with visit(guarded) as client:
        for wrong in ("", "a long shared wore", TOKEN + "x"):
            assert enter(client, "Ada", wrong).status_code == 403
        assert not client.cookies
        answer = enter(client, "Ada", TOKEN)
        assert answer.json() == {"rater": "Ada"}
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert client.get("/api/queue").status_code == 200
        (name, value), = client.cookies.items()  # fmt: skip
    _, signature = value.split(".")
    with visit(guarded) as client:
        for made_up in (f"QmVh.{signature}", "QmVh.", "", f"{value}0", "é.é", "." * 50):
            headers = {"cookie": f"{name}={made_up}".encode()}
            assert client.get("/api/queue", headers=headers).status_code == 401


def test_half_a_letter_is_no_token(guarded: str) -> None:
    told = {"content": b'{"name": "Ada", "token": "\\ud800"}'}
    with visit(guarded) as client:
        answer = client.post("/api/session", headers={"content-type": "application/json"}, **told)
    assert answer.status_code == 400
    assert "token" in answer.json()["error"]


def test_names_that_are_none(guarded: str) -> None:
    with visit(guarded) as client:
        for wrong in ("", " ", "x" * 65, "a\x07"):
            answer = enter(client, wrong, TOKEN)
            assert answer.status_code == 422
            assert "name" in answer.json()["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/page/../server.py", "/page/%2e%2e/server.py", "/page/..%2fserver.py",
        "/api/clips/..%2f..%2fetc%2fpasswd/video", "/api/clips/clip-0/video",
        "/page//etc/passwd", "/votes.sqlite", "/page/",
    ],
)  # fmt: skip
def test_no_way_out_of_the_folder(guarded: str, path: str) -> None:
    with visit(guarded) as client:
        enter(client, "Ada", TOKEN)
        assert client.get(path).status_code == 404


def test_bad_requests_are_one_line(guarded: str) -> None:
    json = {"content-type": "application/json"}
    with visit(guarded) as client:
        enter(client, "Ada", TOKEN)
        clip = client.get("/api/queue").json()[0]["id"]
        cases = [
            (415, {"content": b"{}", "headers": {"content-type": "text/plain"}}),
            (400, {"content": b"{", "headers": json}),
            (400, {"content": b"[]", "headers": json}),
            (400, {"json": {"clip": ["x"]}}),
            (404, {"json": {"clip": "clip-0", "choice": "good"}}),
            (413, {"json": {"clip": "x" * 5000}}),
            (422, {"json": {"clip": clip, "choice": "undo"}}),
            (400, {"content": b'{"clip": "\\ud800"}', "headers": json}),  # half a letter
        ]
        for status, request in cases:
            answer = client.post("/api/votes", **request)
            assert answer.status_code == status
            assert "\n" not in answer.json()["error"]
        assert client.get("/api/progress").json()["mine"] == 0


def test_a_clip_and_its_video_in_parts(guarded: str, data: Path) -> None:
    with visit(guarded) as client:
        enter(client, "Ada", TOKEN)
        entry = client.get("/api/queue").json()[0]
        told = client.get(f"/api/clips/{entry['id']}").json()
        assert (told["name"], told["choice"]) == (entry["name"], None)
        assert len(told["times"]) == len(told["cam_from_world"]) == FRAMES
        assert told["cam_from_world"][3][3] == pytest.approx(-6 / 140)
        assert told["view"][0] == pytest.approx([140, 140, 80, 48])
        video = (data / entry["name"] / "video.mp4").read_bytes()
        address = f"/api/clips/{entry['id']}/video"
        part = client.get(address, headers={"range": "bytes=100-299"})
        assert part.status_code == 206
        assert part.content == video[100:300]
        assert client.get(address).content == video


def test_headers_that_keep_browsers_careful(guarded: str) -> None:
    with visit(guarded) as client:
        for path in ("/", "/api/session", "/page/main.js", "/nowhere"):
            headers = client.get(path).headers
            assert "script-src 'self'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"


def test_foreign_names_of_this_machine_are_refused(data: Path, tmp_path: Path) -> None:
    with served(data, db=str(tmp_path / "v.sqlite")) as (address, _), visit(address) as client:
        assert client.get("/", headers={"host": "evil.example"}).status_code == 400
        assert client.get("/", headers={"host": "localhost:1"}).status_code == 200


def test_a_broken_clip_is_named_and_can_be_voted_on(tmp_path: Path) -> None:
    data = write_data_set(tmp_path / "data", 1)
    (data / "clip-0" / "cameras.txt").write_text("https://x\n0 1 1 0 0\n")
    with served(data) as (address, board), visit(address) as client:
        enter(client, "Ada")
        (entry,) = client.get("/api/queue").json()
        answer = client.get(f"/api/clips/{entry['id']}")
        assert answer.status_code == 422
        assert "cameras.txt" in answer.json()["error"]
        client.post("/api/votes", json={"clip": entry["id"], "choice": "bad"})
        assert board.votes.votes_of("Ada") == {"clip-0": "bad"}


def run(*arguments: object) -> None:
    tyro.cli(COMMANDS["verify"], args=[str(argument) for argument in arguments])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--host", "0.0.0.0"), "give `token`"),
        (("--host", "0.0.0.0", "--token", "short"), "at least 8"),
        (("--rule", "1/2"), "majority"),
        (("--port", "70000"), "0 to 65535"),
        (("--host", "192.0.2.1", "--token", TOKEN), "choose another"),
        (("--only-accepted",), "--apply"),
        (("--db", "nonsense://x"), "`database`"),
    ],
)
def test_what_the_command_refuses(
    data: Path, arguments: tuple[str, ...], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DYNASCENE_VERIFY_TOKEN", raising=False)
    with pytest.raises(InputError, match=complaint) as refused:
        run(data, *arguments)
    assert "\n" not in str(refused.value)


def splits_of(data: Path) -> list[str | None]:
    manifest = read_manifest(Storage.at(data))
    return [manifest[number].split for number in range(len(manifest))]


def test_apply_writes_the_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_data_set(tmp_path / "data", 3)
    before = splits_of(data)
    votes = open_votes(data / "votes.sqlite")
    for rater in ("Ada", "Bea"):
        votes.vote("clip-0", rater, "good")
        votes.vote("clip-1", rater, "bad")
        votes.vote("gone", rater, "bad")
    run(data, "--apply")
    said = capsys.readouterr().out
    assert "1 accepted, 1 rejected, 0 disputed, 1 open; votes for 1 other clips" in said
    assert splits_of(data) == [before[0], None, before[2]]
    assert read_manifest(Storage.at(data))[1].reason == "people: rejected; 0 good, 2 bad, 0 unsure"
    assert [votes.undo("Bea") for _ in range(2)] == ["gone", "clip-1"]
    run(data, "--apply")
    assert splits_of(data) == before
