"""The API's documents of an endpoint, from which the engine's `Endpoint` and the rows on a screen are made.

A document is what the API takes and describes: the names and nesting of CreateEndpointConfig,
RegisterScalableTarget, PutScalingPolicy, PutScheduledAction, PutMetricAlarm and PutCompositeAlarm. In it,
`UNKNOWN` stands for what Terraform knows only after an apply, and `HIDDEN` for a sensitive number or block.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.terraform.sensitive import Hidden
from scaleproof.translation.values import UNKNOWN, change_leaves, leaves, place

AFTER_APPLY = "(known after apply)"
"""The text that is shown for `UNKNOWN`."""
_LISTED = 6
"""How many unknown values an error names before it only counts them."""


class EndpointError(ScaleproofError):
    """An endpoint that cannot be read, or that has what is not modelled; names it and the value."""


@dataclass(frozen=True)
class Document:
    """One document and where it comes from, for errors: an address in Terraform, or a name in the API."""

    origin: str
    content: Mapping[str, Any]

    def part(self, *path: str) -> Any:
        """The value at a path of members, None where one of them is missing.

        Raises EndpointError where it, or anything in it, is known only after an apply, or sensitive.
        """
        value: Any = self.content  # may be UNKNOWN itself
        for member in path:
            if isinstance(value, Mapping):
                value = value.get(member)
        names = [place((*path, *inner)) for inner, leaf in leaves(value) if not is_known(leaf)]
        if names:
            raise unknown([f"{self.origin}: {name}" for name in names])
        return value


@dataclass(frozen=True)
class PolicyDocuments:
    """A scaling policy with the alarms that invoke it; target tracking makes its own, which are not here."""

    policy: Document
    alarms: tuple[Document, ...] = ()


@dataclass(frozen=True)
class Documents:
    """All documents of one variant.

    `client`: AsyncInferenceConfig's ClientConfig, None for a real-time endpoint. `count`: instances that it
    is to have now, None where there are none yet. `counts`: instances by type, as far as the API tells.
    `limits`: what one instance of a type sustains (requests in flight), as far as somebody has said so.
    `alarms`: all on the endpoint but those that target tracking makes. `states`: those of alarms by name; an
    alarm of target tracking is named after its policy, as in "policy: AlarmHigh". `refusal`: why the engine
    cannot have this endpoint, where its documents do not even show what belongs to it.
    """

    name: str
    variant: Document
    client: Document | None = None
    count: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    target: Document | None = None
    policies: tuple[PolicyDocuments, ...] = ()
    schedules: tuple[Document, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
    status: str = ""
    alarms: tuple[Document, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)
    refusal: EndpointError | None = None


def unknown(names: Iterable[str]) -> EndpointError:
    """The error for values that a plan does not know or must not show."""
    listed = list(names)
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return EndpointError(
        f"Known only after an apply, or sensitive: {', '.join(listed[:_LISTED])}{more}.",
        advice="Give it a value that is known at plan time and that nothing marks as sensitive.",
    )


def is_known(value: Any) -> bool:
    """Whether a value is neither UNKNOWN nor HIDDEN; what is in it may be."""
    return value is not UNKNOWN and not isinstance(value, Hidden)


def shown(value: Any) -> Any:
    """A value with texts for UNKNOWN and HIDDEN, at any depth."""
    return change_leaves(value, lambda leaf: AFTER_APPLY if leaf is UNKNOWN else leaf)
