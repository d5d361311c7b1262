"""The API's documents of an endpoint, and what stands in them for values that are not known.

A document is what the API takes and describes: the names and nesting of CreateEndpointConfig,
RegisterScalableTarget, PutScalingPolicy, PutScheduledAction, PutMetricAlarm and PutCompositeAlarm. Values
that Terraform knows only after an apply are `UNKNOWN` in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.terraform.sensitive import Hidden
from scaleproof.translation.values import UNKNOWN

_LISTED = 6
"""How many unknown values an error names before it only counts them."""


class EndpointError(ScaleproofError):
    """An endpoint that cannot be read, or that has what is not modelled; names it and the value."""


class NotKnown(float):
    """Stands, in an endpoint that is read to be shown, for a value that is not known or is sensitive.

    Where a number belongs it is none (NaN); as a text it says why. Only `render` takes endpoints with it.
    """

    text: str

    def __new__(cls, text: str) -> NotKnown:
        """`text` is what is shown."""
        number = super().__new__(cls, "nan")
        number.text = text
        return number

    def __str__(self) -> str:
        """Why it is not known."""
        return self.text

    def __mul__(self, _other: float) -> NotKnown:
        """What follows from it is not known either, as the threshold of an alarm from its policy's target."""
        return self

    __rmul__ = __mul__

    def __round__(self, _digits: Any = None) -> Any:
        """Itself."""
        return self


AFTER_APPLY = NotKnown("(known after apply)")


@dataclass(frozen=True)
class Document:
    """One document and where it comes from, for errors: an address in Terraform, or a name of the API's.

    `to_show`: what is not known is `NotKnown` in its parts, and no error.
    """

    origin: str
    content: Mapping[str, Any]
    to_show: bool = False

    def part(self, *path: str) -> Any:
        """The value at a path of members, None where one of them is missing.

        Raises EndpointError where it, or anything in it, is known only after an apply, or sensitive.
        """
        value: Any = self.content  # UNKNOWN, where a part of a document is read as one
        for index, member in enumerate(path):
            if value is UNKNOWN and not self.to_show:
                raise unknown([f"{self.origin}: {'.'.join(path[:index])}"])
            value = value.get(member) if isinstance(value, Mapping) else value if value is UNKNOWN else None
        if self.to_show:
            return _shown(value)
        if found := list(_unknown(value, ".".join(path))):
            raise unknown([f"{self.origin}: {name}" for name in found])
        return value


@dataclass(frozen=True)
class PolicyDocuments:
    """A scaling policy with the alarms that invoke it; target tracking makes its own, which are not here."""

    policy: Document
    alarms: tuple[Document, ...] = ()


@dataclass(frozen=True)
class Documents:
    """All documents of one variant. `count`: instances that it is to have now, None where there are none yet.

    `counts`: instances by type, as far as the API tells. `limits`: what one instance of a type sustains
    (requests in flight), as far as somebody has said so. `alarms`: all on the endpoint but those that target
    tracking makes, to be shown. `states`: of alarms by name, of those of a policy by its name and theirs.
    """

    name: str
    variant: Document
    is_async: bool
    max_concurrent_invocations: int | None = None
    count: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    target: Document | None = None
    policies: tuple[PolicyDocuments, ...] = ()
    schedules: tuple[Document, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
    status: str = ""
    alarms: tuple[Document, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)


def unknown(names: Iterable[str]) -> EndpointError:
    """The error for values that a plan does not know or must not show."""
    listed = list(names)
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return EndpointError(
        f"Known only after an apply, or sensitive: {', '.join(listed[:_LISTED])}{more}.",
        advice="Give it a value that is known at plan time and that nothing marks as sensitive.",
    )


def _unknown(value: Any, path: str) -> Iterator[str]:
    if value is UNKNOWN:
        yield path
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _unknown(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _unknown(item, f"{path}[{index}]")


def _shown(value: Any) -> Any:
    """A value of a document that is shown: what is not known stands for itself, at any depth."""
    if value is UNKNOWN:
        return AFTER_APPLY
    if isinstance(value, Hidden):
        return NotKnown(value)
    if isinstance(value, Mapping):
        return {name: _shown(item) for name, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list | tuple) else value


def not_known_in(value: Any) -> Iterator[NotKnown]:
    """What is not known in a part of a document that is shown, at any depth."""
    if isinstance(value, NotKnown):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from not_known_in(item)
