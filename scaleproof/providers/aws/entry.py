"""What the type table says about one resource type: data only, no behaviour.

A template is any JSON-like value in which "{name}" stands for an attribute (or, in calls that follow a read,
a member of what was read); "{name:text}" is the same as a string. A parameter that is null is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scaleproof.providers.standin import Problem
from scaleproof.translation.aws_requests import Request
from scaleproof.translation.mapping import Names

Hook = Callable[[Any, dict[str, Any]], None]
"""Called with the boto3 client and the resource's values."""


@dataclass(frozen=True)
class Call:
    """One API call. `result` is JMESPath on the response; `absent` are the error codes that mean "not there".

    A code may be narrowed to a part of its message: "ValidationException:Could not find model".
    """

    operation: str
    params: Mapping[str, Any]
    result: str = "@"
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """How attributes are changed after creation, where no operation takes them all.

    `clear` is called instead of `set` while the first attribute has no value (or is false). On create the
    change is made only with `on_create`, and only where the value is not the schema's default.
    """

    attributes: tuple[str, ...]
    set: Call
    clear: Call | None = None
    on_create: bool = False
    before: Hook | None = None


@dataclass(frozen=True)
class Tagging:
    """Where a type's tags live. In `add` and `remove`, {tags} are those to set and {keys} those to remove.

    `read` is a call of their own, or JMESPath on what the type's own read returned, where they come with it.
    `pair` names the members of one tag, None where tags are a map; `on_create` is the member of the create
    request, None where tags need a call of their own; `whole` says that `add` replaces the whole set.
    """

    read: Call | str
    add: Call
    remove: Call
    pair: tuple[str, str] | None = ("Key", "Value")
    on_create: str | None = "Tags"
    whole: bool = False


@dataclass(frozen=True)
class Entry:
    """One resource type.

    `request` creates it, and updates it unless its operation is a Create; `update` is the operation for that
    then, if there is one. `noun` and `label`, which is the `id` by default, make error texts; `identify` is
    JMESPath for the id on the create response, where the template `id` does not give it. `read_names` are the
    mapping's exceptions for what is read, `pick` adds JMESPath on it, `more` further reads, `derived`
    templates over all values plus {partition}, {dns_suffix}, {account} and {region}. `local` attributes never
    reach the API; `unserved` ones are refused. `sticky` ones keep their value when the API returns none,
    `volatile` ones may change with any update. `check` is the type's CustomizeDiff. `retry` are errors of a
    create that may pass by themselves, in the form of `Call.absent`.
    """

    request: Request
    noun: str
    read: Call
    delete: Call
    id: str = "{name}"
    label: str = ""
    import_id: str = r"(?P<id>.+)"
    identify: str = ""
    update: str = ""
    verbs: tuple[str, str] = ("creating", "updating")
    fixed: Mapping[str, Any] = field(default_factory=dict)
    read_names: Names = field(default_factory=dict)
    read_shape: str = ""
    pick: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Call] = field(default_factory=dict)
    derived: Mapping[str, str] = field(default_factory=dict)
    generate: tuple[str, str] = ("", "")
    generate_prefix: str = "terraform-"
    changes: tuple[Change, ...] = ()
    tags: Tagging | None = None
    local: frozenset[str] = frozenset()
    unserved: frozenset[str] = frozenset()
    sticky: frozenset[str] = frozenset()
    volatile: frozenset[str] = frozenset()
    check: Callable[[dict[str, Any]], list[Problem]] | None = None
    after_read: Hook | None = None
    before_delete: Hook | None = None
    retry: tuple[str, ...] = ()

    @property
    def update_operation(self) -> str:
        """The operation that updates the resource, "" where `changes` are all that can be changed."""
        return self.update or ("" if self.request.operation.startswith("Create") else self.request.operation)
