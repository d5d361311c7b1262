"""Bodies from files and functions, and the pace of audio."""

import io
import wave

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.measuring.load.bodies import Bodies, paced, rate_of


def test_files_take_turns(tmp_path):
    (tmp_path / "a").write_bytes(b"A")
    (tmp_path / "b").write_bytes(b"B")
    bodies = Bodies([str(tmp_path / "a"), str(tmp_path / "b")])
    assert [bodies(number) for number in range(3)] == [b"A", b"B", b"A"]


def test_a_function_gets_the_number_and_may_return_text(tmp_path):
    file = tmp_path / "bodies.py"
    file.write_text("def one(number):\n    return f'{number}'\n\ndef two(number):\n    return bytes([number])\n")
    bodies = Bodies([f"{file}:one", f"{file}:two"])
    assert [bodies(number) for number in (4, 5)] == [b"4", b"\x05"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def body(number):\n    x = 1\n    return {}['a']", "body failed: KeyError: 'a' (line 3)"),
        ("def body(number):\n    return 7", "body returned int. Return the body as bytes or as a string"),
        ("def other(number):\n    return b''", "has no function body"),
        ("body = 1", "has no function body"),
        ("import nothing_of_this_name", "cannot be loaded: ModuleNotFoundError"),
        ("raise SystemExit(3)", "cannot be loaded: SystemExit: 3 (line 1)"),
        ("def body(:", "cannot be loaded: SyntaxError"),
    ],
)
def test_what_is_wrong_with_a_function(tmp_path, code, said):
    file = tmp_path / "bodies.py"
    file.write_text(code)
    with pytest.raises(ScaleproofError) as caught:
        Bodies([f"{file}:body"])(0)
    assert said in str(caught.value)


def test_what_is_not_there(tmp_path):
    with pytest.raises(ScaleproofError, match=r"there is no file .*none\.py"):
        Bodies([f"{tmp_path}/none.py:body"])
    with pytest.raises(ScaleproofError, match="cannot be read: No such file"):
        Bodies([f"{tmp_path}/none.json"])


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
    assert rate_of(wav(), "a.wav") == 32_000
    assert rate_of(wav(channels=2, width=1, rate=8_000), "a.wav") == 16_000


def test_what_is_no_wav_file_of_pcm():
    with pytest.raises(ScaleproofError, match=r"a\.raw is no WAV file.*--rate"):
        rate_of(bytes(100), "a.raw")
    mu_law = wav().replace(b"fmt \x10\x00\x00\x00\x01\x00", b"fmt \x10\x00\x00\x00\x07\x00")
    with pytest.raises(ScaleproofError, match=r"not of plain PCM samples: unknown format: 7.*Convert"):
        rate_of(mu_law, "a.wav")
    with pytest.raises(ScaleproofError, match="not of plain PCM samples"):
        rate_of(wav()[:20], "a.wav")


def test_empty_audio_is_refused():
    with pytest.raises(ScaleproofError, match=r"a\.wav holds no audio"):
        rate_of(wav(seconds=0), "a.wav")
    with pytest.raises(ScaleproofError, match="A body is empty"):
        paced(b"", 32_000, 0.2)


@pytest.mark.parametrize("frames_a_second", [0, 1, 2**32 - 1])
def test_audio_of_no_true_rate_is_refused(frames_a_second):
    audio = bytearray(wav())
    audio[24:28] = frames_a_second.to_bytes(4, "little")
    with pytest.raises(ScaleproofError, match=r"bytes in a second; expected is 1,000 to 100,000,000\."):
        rate_of(bytes(audio), "a.wav")


def test_a_chunk_beyond_the_end_is_refused():
    audio = bytearray(wav())
    audio[17] = 2
    with pytest.raises(ScaleproofError, match="not of plain PCM samples"):
        rate_of(bytes(audio), "a.wav")


def test_parts_are_due_when_a_microphone_would_have_them():
    audio = bytes(range(250)) * 4
    parts = paced(audio, 1000, 0.3)
    assert b"".join(part for _, part in parts) == audio
    assert [(due, len(part)) for due, part in parts] == [(0.0, 300), (0.3, 300), (0.6, 300), (0.9, 100)]
    # No sample of 16 bits is cut, and each part has one.
    assert [len(part) for _, part in paced(bytes(5), 10, 0.1)] == [2, 2, 1]
    assert [len(part) for _, part in paced(audio, 1003, 0.5)] == [500, 500]
