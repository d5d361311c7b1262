"""Bodies from files, and the pace of audio."""

import io
import wave

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.measuring.load.bodies import paced, read_bodies, wav_rate
from scaleproof.measuring.load.job import CallKind, Calls


def test_files_take_turns_and_a_directory_stands_for_its_files(tmp_path):
    (more := tmp_path / "more").mkdir()
    (more / "nested").mkdir()
    for name in ("c", "b"):
        (more / name).write_text(name)
    (tmp_path / "a").write_bytes(b"a")
    bodies = read_bodies([tmp_path / "a", more])
    assert [(body.content, body.path) for body in bodies] == [
        (b"a", tmp_path / "a"),
        (b"b", more / "b"),
        (b"c", more / "c"),
    ]
    calls = Calls(CallKind.REQUESTS, "speech", bodies)
    assert [calls.body(number).content for number in range(5)] == [b"a", b"b", b"c", b"a", b"b"]


def test_what_is_not_there(tmp_path):
    with pytest.raises(ScaleproofError, match="cannot be read: No such file"):
        read_bodies([tmp_path / "none.json"])
    with pytest.raises(ScaleproofError, match="There is no file in"):
        read_bodies([tmp_path])


def wav(channels=1, width=2, rate=16_000, seconds=1):
    """Silence."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(bytes(channels * width * rate * seconds))
    return made.getvalue()


def test_the_rate_of_a_wav_file_is_its_own():
    assert wav_rate(wav()) == 32_000
    assert wav_rate(wav(channels=2, width=1, rate=8_000)) == 16_000


def changed(place, *values):
    audio = bytearray(wav())
    audio[place : place + len(values)] = bytes(values)
    return bytes(audio)


@pytest.mark.parametrize("places", [[4], [40], [4, 40]], ids=["file", "audio", "both"])
@pytest.mark.parametrize("size", [bytes(4), b"\xff" * 4])
def test_a_header_need_not_know_sizes(places, size):
    audio = bytearray(wav())
    for place in places:
        audio[place : place + 4] = size
    assert wav_rate(bytes(audio)) == 32_000


NOT_PCM = r"not of plain PCM samples: .+\. Convert it"
NO_RATE = r"has [\d,]+ bytes per second; expected is 1,000 to 100,000,000\."


@pytest.mark.parametrize(
    ("audio", "said"),
    [
        (bytes(100), r"is not a WAV file.*--rate"),
        (changed(0, *b"FORM"), "is not a WAV file"),
        (changed(8, *b"AVI "), "is not a WAV file"),
        (changed(20, 7), "not of plain PCM samples: unknown format: 7"),
        (wav()[:20], NOT_PCM),
        (changed(17, 2), NOT_PCM),  # a chunk beyond the end
        (wav(seconds=0), "contains no audio"),
        (changed(24, 0, 0, 0, 0), NO_RATE),
        (changed(24, 1, 0, 0, 0), NO_RATE),
        (changed(24, 255, 255, 255, 255), NO_RATE),
    ],
)
def test_what_is_no_audio(audio, said):
    with pytest.raises(ScaleproofError, match=said):
        wav_rate(audio)


def test_parts_are_due_when_a_microphone_would_have_them():
    audio = bytes(range(250)) * 4
    parts = paced(audio, 1000, 0.3)
    assert b"".join(part for _, part in parts) == audio
    assert [(due, len(part)) for due, part in parts] == [(0.0, 300), (0.3, 300), (0.6, 300), (0.9, 100)]
    # No sample of 16 bits is cut, and each part has one.
    assert [len(part) for _, part in paced(bytes(5), 10, 0.1)] == [2, 2, 1]
    assert [len(part) for _, part in paced(audio, 1003, 0.5)] == [500, 500]
