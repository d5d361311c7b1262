"""Decides whether the shape of the work suits real-time or asynchronous, by limits with their sources.

Each limit names its source, so that the answer can be checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scaleproof.errors import ExitCode, ScaleproofError
from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation import Work
from scaleproof.studies.wording import duration

REALTIME = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html"
ASYNC = "https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html"
STREAM = "https://developers.deepgram.com/docs/auto-scaling-sagemaker"
ZERO = "https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html"

STREAM_SECONDS = 1_800.0
SYNC_SECONDS = 60.0
SYNC_MB = 25.0
ASYNC_SECONDS = 3_600.0
ASYNC_MB = 1_000.0


@dataclass(frozen=True)
class Shape:
    """The work. `longest`: seconds that the longest request takes; `largest`: MB of the largest.

    `within`: seconds within which work on a request must begin; 0 means at once, None any time.
    `flaps`: whether the number of instances may go up and down as often as `verdict` calls flapping.
    """

    work: Work
    longest: float
    largest: float | None = None
    within: float | None = None
    flaps: bool = True


@dataclass(frozen=True)
class Reason:
    """One limit and what it means for this work. `rules_out`: the kind that it excludes, if any."""

    limit: str
    yours: str
    meaning: str
    source: str
    rules_out: Kind | None = None


@dataclass(frozen=True)
class Feasible:
    """The kinds of endpoint that take the work, and the limits; those that rule a kind out come first."""

    kinds: tuple[Kind, ...]
    reasons: tuple[Reason, ...]


class NoEndpointError(ScaleproofError):
    """No kind of endpoint takes the work."""

    exit_code = ExitCode.NO


def feasible(shape: Shape) -> Feasible:
    """The kinds that take the work. Raises NoEndpointError with the limits if none does."""
    reasons = tuple(sorted(_reasons(shape), key=lambda reason: reason.rules_out is None))
    out = {reason.rules_out for reason in reasons}
    kinds = tuple(kind for kind in Kind if kind not in out)
    if not kinds:
        limits = " ".join(reason.meaning for reason in reasons if reason.rules_out)
        raise NoEndpointError(f"No endpoint takes this work. {limits}", advice=_way_out(shape))
    return Feasible(kinds, reasons)


def takes(kind: Kind, shape: Shape) -> bool:
    """Whether an endpoint of this kind takes the work."""
    return all(reason.rules_out is not kind for reason in _reasons(shape))


def check_taken(name: str, kind: Kind, shape: Shape) -> None:
    """Raises ScaleproofError with the limits if an endpoint of this kind, called `name`, refuses the work."""
    against = [reason for reason in _reasons(shape) if reason.rules_out is kind]
    if not against:
        return
    other = next((reason for reason in _reasons(shape) if reason.rules_out not in (None, kind)), None)
    other_kind = "a real-time" if kind is Kind.ASYNC else "an asynchronous"
    raise ScaleproofError(
        f"SageMaker refuses this work at {name}. {' '.join(reason.meaning for reason in against)}",
        advice=f"{f'Send it to {other_kind} endpoint' if other is None else _way_out(shape).rstrip('.')}"
        + (", or say what it is, as in work=file." if shape.work is Work.STREAM and kind is Kind.ASYNC else ".")
        + f" Source: {against[0].source}",
    )


def _way_out(shape: Shape) -> str:
    if shape.work is Work.STREAM:
        return "Reopen streams before the limit."
    return "Split files into smaller ones, or take the answer later."


def _reasons(shape: Shape) -> Iterator[Reason]:
    if shape.work is Work.STREAM:
        no_stream = "An asynchronous endpoint does not stream."
        yield Reason("streams are real-time", "streams", no_stream, STREAM, Kind.ASYNC)
        too_long = "Your streams last up to {yours}; SageMaker ends them after {most}."
        yield _limit("a stream lasts", shape.longest, STREAM_SECONDS, too_long, STREAM, Kind.REALTIME)
        yield Reason("a real-time endpoint keeps one instance", "", "It costs money even without requests.", ZERO)
        return
    too_long = "A real-time model has {most} to answer; yours needs up to {yours}."
    yield _limit("a real-time request takes", shape.longest, SYNC_SECONDS, too_long, REALTIME, Kind.REALTIME)
    if shape.largest is not None:
        too_large = "A real-time request has up to {most}, not {yours}."
        yield _limit("a real-time request has", shape.largest, SYNC_MB, too_large, REALTIME, Kind.REALTIME, _size)
        too_large = "An asynchronous request has up to {most}, not {yours}."
        yield _limit("an asynchronous request has", shape.largest, ASYNC_MB, too_large, ASYNC, Kind.ASYNC, _size)
    too_long = "An asynchronous request takes up to {most}; yours takes {yours}."
    yield _limit("an asynchronous request takes", shape.longest, ASYNC_SECONDS, too_long, ASYNC, Kind.ASYNC)
    at_once = shape.within == 0
    yield Reason(
        "an asynchronous answer goes through a queue and S3",
        "at once" if at_once else "whenever" if shape.within is None else f"within {duration(shape.within)}",
        "The answer is needed at once, so a queue does not fit." if at_once else "The answer may come later.",
        ASYNC,
        Kind.ASYNC if at_once else None,
    )
    yield Reason(
        "an asynchronous endpoint can be at zero instances, a real-time one cannot",
        "",
        "Idle hours cost nothing on an asynchronous endpoint, and a real-time one keeps an instance.",
        ZERO,
    )


def _limit(
    subject: str, yours: float, most: float, bad: str, source: str, kind: Kind, words: Callable[[float], str] = duration
) -> Reason:
    """A limit that rules out `kind` where yours is above the most. `bad`: the sentence for that."""
    fits = yours <= most
    meaning = "It fits." if fits else bad.format(yours=words(yours), most=words(most))
    return Reason(f"{subject} up to {words(most)}", f"up to {words(yours)}", meaning, source, None if fits else kind)


def _size(megabytes: float) -> str:
    return "1 GB" if megabytes == ASYNC_MB else f"{megabytes:g} MB"
