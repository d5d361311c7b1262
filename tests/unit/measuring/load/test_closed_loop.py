"""Users who send one request after the other, and audio that is spoken into a stream, without a network."""

import asyncio
import itertools
import time

import pytest

from scaleproof.measuring.levels import Reply
from scaleproof.measuring.load import closed_loop
from scaleproof.measuring.load.bodies import paced
from scaleproof.measuring.load.closed_loop import hold, p99
from scaleproof.measuring.load.speech import LOST, PATIENCE, Speech
from tests.unit import event_loop


class Sender:
    """Sends requests that take so many seconds, by user."""

    def __init__(self, *seconds, drains=True, error=None, cut=False, late=()):
        self.seconds, self.drains, self.error, self.is_cut, self.late = seconds, drains, error, cut, list(late)
        self.sent = [[] for _ in seconds]
        self.cut, self.stopped = None, False

    async def send(self, user, number, origin):
        began = time.monotonic()
        self.sent[user].append(number)
        try:
            await asyncio.sleep(self.seconds[user])
        except asyncio.CancelledError:
            self.cut = time.monotonic() - origin
            raise
        if self.error == "raise":
            raise ValueError("no")
        return None if self.is_cut else Reply(began - origin, time.monotonic() - began, error=self.error)

    def stop(self):
        self.stopped = True

    def hold(self, seconds):
        async def run():
            await asyncio.sleep(5)  # no level begins at 0
            return await hold(self, len(self.seconds), seconds, itertools.count())

        return event_loop.run(run())


def test_each_sends_the_next_when_the_last_has_ended():
    sender = Sender(0.1, 0.04)
    replies, late = sender.hold(0.55)
    assert [len(sent) for sent in sender.sent] == [6, 14]
    assert sorted(itertools.chain(*sender.sent)) == list(range(20))
    assert (len(replies), late) == (20, 0.0)
    assert sum(reply.ended > 0.55 for reply in replies) == 2  # the last one of each
    assert (sender.stopped, sender.cut) == (True, None)


def test_a_stream_is_cut_at_the_end():
    sender = Sender(30, drains=False)
    assert sender.hold(0.2)[0] == []
    assert sender.cut == pytest.approx(0.2)


def test_a_request_that_hangs_is_given_up_after_the_drain():
    sender = Sender(1000, 60)
    replies, _ = sender.hold(0.2)
    assert [reply.latency for reply in replies] == [pytest.approx(60)]
    assert sender.cut == pytest.approx(0.2 + closed_loop.DRAIN)


def test_nobody_sends_after_one_was_cut_short():
    sender = Sender(0.1, cut=True)
    assert sender.hold(0.5)[0] == []
    assert sender.sent == [[0]]


def test_a_user_takes_a_breath_after_an_error(monkeypatch):
    monkeypatch.setattr(closed_loop, "BREATH", 0.2)
    replies, _ = Sender(0.0, error="ModelError").hold(0.5)
    assert [reply.error for reply in replies] == ["ModelError"] * 3


def test_what_a_sender_raises_ends_the_level():
    """Nobody else sends another one."""

    class First(Sender):
        async def send(self, user, number, origin):
            reply = await super().send(user, number, origin)
            if not user:
                raise ValueError("no")
            return reply

    sender = First(0.05, 0.1)
    with pytest.raises(ValueError, match="no"):
        sender.hold(30)
    assert sender.sent == [[0], [1]]


def test_a_process_that_does_not_run_or_sends_late_is_late():
    class Blocking(Sender):
        async def send(self, user, number, origin):
            time.sleep(0.15)
            return await super().send(user, number, origin)

    assert Blocking(0.01).hold(0.5)[1] == pytest.approx(0.15)
    assert Sender(0.1, late=[0.0, 0.3]).hold(0.5)[1] == pytest.approx(0.3)


def test_the_99th_percentile_of_lateness():
    """By nearest rank: of a hundred the ninety-ninth. What is early is not late."""
    assert p99([]) == p99([-0.1]) == 0
    assert p99([number / 100 for number in range(1, 101)]) == pytest.approx(0.99)
    assert p99([number / 100 for number in range(1, 102)]) == pytest.approx(1.00)
    assert p99([number / 100 for number in range(1, 100)]) == 0.99
    assert p99([0.3]) == 0.3


class Line:
    """A stream whose answers a test gives by the parts that were said."""

    def __init__(self, answer, *, end_after=None):
        self.said = []
        self.answers = asyncio.Queue()
        self.answer, self.end_after = answer, end_after
        self.began = time.monotonic()

    async def say(self, part, *, text):
        self.said.append((time.monotonic() - self.began, part, text))
        if (made := self.answer(len(self.said))) is not None:
            self.answers.put_nowait(made)
        if len(self.said) == self.end_after:
            self.answers.put_nowait(None)

    async def close(self):
        asyncio.get_running_loop().call_later(0.2, self.answers.put_nowait, None)

    async def hear(self):
        return await self.answers.get()


PARTS = paced(bytes(400), 1000, 0.1)


def spoken(answer, last="", line=Line, **members):
    async def run():
        await asyncio.sleep(5)  # no stream opens at 0
        opened, late = line(answer, **members), list[float]()
        speech = Speech(PARTS, last, late)
        await speech.through(opened)
        await asyncio.sleep(1)  # nothing more is said
        return speech, opened, late

    return event_loop.run(run())


def test_parts_are_said_when_they_are_due_and_the_text_at_the_end():
    speech, line, late = spoken(lambda _: b"x", '{"type": "CloseStream"}')
    assert [at for at, _, text in line.said if not text] == pytest.approx([due for due, _ in PARTS])
    assert [part for _, part, text in line.said if not text] == [part for _, part in PARTS]
    assert line.said[-1][1:] == (b'{"type": "CloseStream"}', True)
    assert speech.error is None
    assert p99(late) == pytest.approx(0)
    assert speech.lag == pytest.approx(0.2)  # the stream ended 0.2 s after the last part


def test_a_transcript_says_how_far_it_is_behind():
    def answer(count):
        return b'{"start": 0.0, "duration": -0.7}' if count == 3 else b'{"type": "Metadata"}'

    speech, _, _ = spoken(answer)
    assert speech.lag == pytest.approx(0.9)  # 0.2 s had been said


def test_a_transcript_after_the_last_part_is_behind_what_was_spoken():
    class Late(Line):
        async def close(self):
            loop = asyncio.get_running_loop()
            for seconds, answer in ((0.1, b'{"start": 0.1, "duration": 0.05}'), (0.12, None)):
                loop.call_later(seconds, self.answers.put_nowait, answer)

    speech, _, _ = spoken(lambda count: b"x" if count == 1 else None, line=Late)
    assert speech.lag == pytest.approx(0.3 - 0.15)  # 0.3 s had been said, the last part then


@pytest.mark.parametrize("answer", [b"{", b'{"start": 1}', b'{"start": null, "duration": 9}', b"[1]", b""])
def test_what_says_no_time_is_an_answer_like_any(answer):
    speech, _, _ = spoken(lambda _: answer)
    assert speech.lag == pytest.approx(0.2)
    assert speech.first == pytest.approx(5.0)


def test_a_stream_that_does_not_end_is_lost():
    class Endless(Line):
        async def close(self):
            pass

    with pytest.raises(TimeoutError):
        spoken(lambda _: b"x", line=Endless)


def test_parts_that_are_sent_late_are_told():
    class Slow(Line):
        async def say(self, part, *, text):
            await super().say(part, text=text)
            time.sleep(0.15)

    _, line, late = spoken(lambda _: b"x", line=Slow)
    assert [at for at, _, _ in line.said] == [pytest.approx(n * 0.15) for n in range(4)]
    assert p99(late) == pytest.approx(0.15)  # 0, 0.05, 0.1 and 0.15 s


def test_without_an_answer_there_is_no_lag():
    speech, _, _ = spoken(lambda _: None)
    assert (speech.lag, speech.first, speech.error) == (None, None, None)


def test_a_stream_that_does_not_end_is_given_up():
    class Endless(Line):
        async def close(self):
            pass

    async def run():
        line = Endless(lambda _: b"x")
        with pytest.raises(TimeoutError):
            await Speech(PARTS, "", []).through(line)
        return time.monotonic() - line.began

    assert event_loop.run(run()) == pytest.approx(PARTS[-1][0] + PATIENCE)


def test_a_stream_that_ends_before_its_audio_was_lost():
    speech, line, _ = spoken(lambda _: b"x", end_after=2)
    assert (speech.error, len(line.said)) == (LOST, 2)
