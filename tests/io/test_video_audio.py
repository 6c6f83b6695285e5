"""The person's sound in the finished clip: in step with the picture."""

from pathlib import Path

import av
import numpy as np
import pytest
from clips import heard_onset, numbered_frames, without_first_packets, write_clip, write_tone

from dynascene.errors import InputError
from dynascene.io.audio import copy_audio
from dynascene.io.video import open_video

SOUNDS = {
    "aac": ("a.mp4", 44100, "aac"),
    "mp3": ("a.mkv", 44100, "mp3"),
    "opus": ("a.mkv", 48000, "aac"),
    "pcm": ("a.mov", 44100, "aac"),
    "pcm at a high rate": ("a.mov", 96000, "aac"),
}
CODECS = {"mp3": "libmp3lame", "opus": "libopus", "aac": "aac"}


@pytest.mark.parametrize("kind", SOUNDS)
def test_a_range_of_the_sound_keeps_its_time(tmp_path: Path, kind: str) -> None:
    name, rate, expected = SOUNDS[kind]
    source = write_tone(tmp_path / name, CODECS.get(kind, "pcm_s16le"), rate, onset=1.5)
    video = write_clip(tmp_path / "video.mp4", numbered_frames(31))
    joined = tmp_path / "joined.mp4"
    assert copy_audio(source, video, joined, start=1.0, duration=31 / 24)
    onset = heard_onset(joined)
    assert onset == pytest.approx(0.5, abs=0.02)
    assert _sound_codec(joined) == expected
    np.testing.assert_array_equal(list(open_video(joined).read()), list(open_video(video).read()))


@pytest.mark.parametrize("ending", ["ts", "mkv", "mp4", "mov"])
def test_a_stream_that_begins_between_keyframes_stays_in_step(tmp_path: Path, ending: str) -> None:
    """Frames up to the first keyframe cannot be shown; the clip begins there, its sound too."""
    whole = write_tone(tmp_path / "whole.mp4", "aac", onset=1.5, keyframes=24)
    cut = without_first_packets(whole, tmp_path / f"cut.{ending}", 5)
    shown = open_video(cut)
    assert 72 - 24 <= len(shown) < 72 - 5
    source_onset = 1.5 - (72 - len(shown)) / 24  # after the first frame that is shown
    video = write_clip(tmp_path / "video.mp4", numbered_frames(len(shown)))
    assert copy_audio(cut, video, video, start=0, duration=len(shown) / 24)
    assert heard_onset(video) == pytest.approx(source_onset, abs=0.03)


@pytest.mark.parametrize("rate", [11_127, 37_800, 192_000])
def test_rates_that_aac_does_not_have_are_resampled(tmp_path: Path, rate: int) -> None:
    source = write_tone(tmp_path / "a.mkv", "pcm_s16le", rate, onset=0.5, seconds=1)
    video = write_clip(tmp_path / "video.mp4", numbered_frames(24))
    assert copy_audio(source, video, video, start=0, duration=1)
    assert heard_onset(video) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
@pytest.mark.parametrize("ending", ["avi", "mkv", "mov"])
def test_pcm_becomes_aac_of_one_or_two_channels(tmp_path: Path, ending: str, layout: str) -> None:
    """AVI and Matroska do not store the layout of PCM: FFmpeg then calls it "2 channels"."""
    source = write_tone(tmp_path / f"a.{ending}", "pcm_s16le", onset=0.5, seconds=2, layout=layout)
    video = write_clip(tmp_path / "video.mp4", numbered_frames(24))
    assert copy_audio(source, video, video, start=0, duration=1)
    assert heard_onset(video) == pytest.approx(0.5, abs=0.02)
    with av.open(str(video)) as joined:
        heard = joined.streams.audio[0].codec_context
        assert (heard.codec.name, heard.layout.nb_channels) == ("aac", 1 if layout == "mono" else 2)


def _sound_codec(path: Path) -> str:
    with av.open(str(path)) as container:
        return container.streams.audio[0].codec_context.codec.name.removesuffix("float")


def test_the_clip_itself_can_be_the_destination(tmp_path: Path) -> None:
    source = write_tone(tmp_path / "a.mp4", "aac", onset=0.5)
    times = np.cumsum([0.03, 0.05, 0.2] * 10)
    video = write_clip(tmp_path / "video.mp4", numbered_frames(30), times=times)
    before = open_video(video).times
    assert copy_audio(source, video, video, start=0, duration=2.8)
    assert heard_onset(video) == pytest.approx(0.5, abs=0.02)
    assert open_video(video).times == before  # a varying frame rate is kept
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4", "video.mp4"]


def test_where_there_is_no_sound_nothing_is_written(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "video.mp4", numbered_frames(9))
    silent = write_clip(tmp_path / "silent.mp4", numbered_frames(9))
    over = write_tone(tmp_path / "over.mp4", "aac", seconds=1)
    for source, start in ((silent, 0.0), (over, 5.0)):
        assert not copy_audio(source, video, tmp_path / "none.mp4", start, 1.0)
        assert not (tmp_path / "none.mp4").exists()


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "video.mp4", numbered_frames(9))
    (tmp_path / "bad.mp4").write_bytes(b"no sound" * 99)
    for source in (tmp_path / "none.mp4", tmp_path / "bad.mp4"):
        with pytest.raises(InputError, match=source.name):
            copy_audio(source, video, tmp_path / "joined.mp4", 0, 1)
