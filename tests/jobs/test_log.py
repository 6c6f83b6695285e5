"""The notices of a job, among them what readers of files warn of."""

import logging

from dynascene.display import Quiet
from dynascene.jobs.log import Log, notices_of_reading


def test_warnings_of_readers_are_notices_once_and_only_meanwhile() -> None:
    log, reader = Log(), logging.getLogger("dynascene.io.video")
    reader.warning("before")
    with notices_of_reading(log):
        for _ in range(2):  # a file is opened several times
            reader.warning("%s: interlaced video is deinterlaced", "a.mp4")
        logging.getLogger("dynascene.curation").warning("another's")
    reader.warning("after")
    assert log.notices == ["a.mp4: interlaced video is deinterlaced"]


def test_a_notice_is_given_once() -> None:
    shown: list[str] = []

    class Recorder(Quiet):
        def notice(self, text: str) -> None:
            shown.append(text)

    log = Log(Recorder())
    for text in ("field of view unknown", "no ground", "field of view unknown"):
        log.notice(text)
    assert log.notices == shown == ["field of view unknown", "no ground"]


def test_a_doubt_is_a_notice_that_is_kept_apart() -> None:
    shown: list[str] = []

    class Recorder(Quiet):
        def notice(self, text: str) -> None:
            shown.append(text)

    log = Log(Recorder())
    log.notice("the camera stands still")
    for text in ("standing feet slide", "standing feet slide", "the camera stands still"):
        log.doubt(text)
    assert log.doubts == ["standing feet slide"]
    assert log.notices == shown == ["the camera stands still", "standing feet slide"]
