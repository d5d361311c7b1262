"""Captures: what the API answered about one scalable target, as JSON, with each call and its time.

A file is what `scaleproof audit --capture` writes:

    {"endpoint": "endpoint-1", "variant": "variant-1", "start": TIME, "end": TIME, "instances": null,
     "source": "...", "answers": [{"asked": TIME, "operation": "DescribeAlarms",
                                   "request": {...}, "answer": {...}}, ...]}

Requests and answers are those of boto3, with times in ISO 8601. `start` and `end`: what is audited.
`instances`: how many there were at the start, null where the answers say so. Where an operation was asked
several times, its answers tell what changed in between.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec

from scaleproof.errors import ScaleproofError
from scaleproof.service_models import Shape, service_model

SERVICES = {
    "DescribeEndpoint": "sagemaker",
    "DescribeEndpointConfig": "sagemaker",
    "DescribeScalableTargets": "application-autoscaling",
    "DescribeScalingPolicies": "application-autoscaling",
    "DescribeScheduledActions": "application-autoscaling",
    "DescribeScalingActivities": "application-autoscaling",
    "DescribeAlarms": "cloudwatch",
    "DescribeAlarmHistory": "cloudwatch",
    "GetMetricData": "cloudwatch",
}
"""The service of each operation that a capture may hold."""
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


@dataclass(frozen=True)
class _Asked:
    asked: Instant
    operation: str
    request: dict[str, Any]
    answer: dict[str, Any]


@dataclass(frozen=True)
class _File:
    endpoint: str
    variant: str
    start: Instant
    end: Instant
    answers: list[_Asked]
    instances: int | None = None


_ADVICE = "Read the endpoint again with --capture; docs/auditing.md describes the file."


@dataclass(frozen=True)
class Answer:
    """One answer of the API. `requested_at`: epoch seconds. `place`: what names it in errors.

    `request` and `content` have only members that botocore's model knows. Times of `content` are datetimes,
    those of `request` are left out.
    """

    operation: str
    requested_at: float
    request: Mapping[str, Any]
    content: Mapping[str, Any]
    place: str


@dataclass(frozen=True)
class Capture:
    """All answers about one variant, in the order of time, and what was asked for (epoch seconds).

    `origin`: the file, or the endpoint that was read. `document`: as it was read, for `text`.
    """

    endpoint: str
    variant: str
    start: float
    end: float
    instances: int | None
    answers: tuple[Answer, ...]
    origin: str
    document: Mapping[str, Any]

    def answers_to(self, operation: str) -> list[Answer]:
        """The answers of an operation. Raises ScaleproofError if there is none."""
        answers = [answer for answer in self.answers if answer.operation == operation]
        if not answers:
            raise ScaleproofError(f"{self.origin} has no answer of {operation}.", advice=_ADVICE)
        return answers


def load(path: Path) -> Capture:
    """The capture of a file. Raises ScaleproofError that names what is wrong in it."""
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise ScaleproofError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ScaleproofError(f"{path} cannot be read: it is not text in UTF-8.") from error
    except ValueError as error:
        raise ScaleproofError(
            f"{path} is not a capture: it is not JSON ({error}).",
            advice="Captures are JSON. Read the endpoint again with --capture.",
        ) from error
    return parse(document, str(path))


def parse(document: Any, origin: str) -> Capture:
    """The capture in a JSON document, with answers as botocore's models have them.

    Raises ScaleproofError that names the member that is wrong.
    """
    try:
        file = msgspec.convert(document, _File)
    except msgspec.ValidationError as error:
        raise ScaleproofError(f"{origin} is not a capture: {error}.", advice=_ADVICE) from error
    if file.end < file.start:
        raise ScaleproofError(f"{origin} ends before it starts.", advice=_ADVICE)
    answers = [_answer(asked, number, origin) for number, asked in enumerate(file.answers, 1)]
    return Capture(
        file.endpoint,
        file.variant,
        file.start.timestamp(),
        file.end.timestamp(),
        file.instances,
        tuple(sorted(answers, key=lambda answer: answer.requested_at)),
        origin,
        document,
    )


def text(capture: Capture) -> str:
    """A capture as a file."""
    return json.dumps(capture.document, indent=1, ensure_ascii=False) + "\n"


def clock(time: float) -> str:
    """A time (epoch seconds) as files have it."""
    return datetime.fromtimestamp(round(time, 3), UTC).isoformat(timespec="milliseconds")


def _answer(element: _Asked, number: int, origin: str) -> Answer:
    operation = element.operation
    if operation not in SERVICES:
        raise ScaleproofError(
            f"{origin}, answer {number}: there is no operation {operation!r}; expected is one of {', '.join(SERVICES)}."
        )
    place = f"{origin}, answer {number} ({operation})"
    model = service_model(SERVICES[operation]).operation_model(operation)
    # Boto3 takes times of many forms, and nothing reads those of a request.
    parameters = {name: value for name, value in element.request.items() if not name.endswith("Time")}
    request, answer = _timed(model.input_shape, parameters), _timed(model.output_shape, element.answer)
    return Answer(operation, element.asked.timestamp(), request, answer, place)


def _timed(shape: Shape, value: Any) -> Any:
    """A value without members that its shape does not have, and with its times as datetimes."""
    match shape.type_name:
        case "structure":
            members = shape.members
            return {
                name: _timed(members[name], element)
                for name, element in value.items()
                if name in members and element is not None
            }
        case "list":
            return [_timed(shape.member, element) for element in value if element is not None]
        case "timestamp":
            return datetime.fromisoformat(value)
    return value


def items(answers: list[Answer], member: str) -> Iterator[Mapping[str, Any]]:
    """The elements of the lists in answers, in order."""
    for answer in answers:
        yield from answer.content.get(member, ())
