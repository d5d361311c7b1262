"""The form of an entry in the type table, which describes one resource type.

A template is a JSON-like value in which "{name}" stands for an attribute. In calls after a read it may also
stand for a member of the response. "{name:text}" is the same as a string. Parameters that are null are left
out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scaleproof.providers.standin import Problem
from scaleproof.translation.aws_requests import Request
from scaleproof.translation.mapping import Names

Hook = Callable[[Any, dict[str, Any]], None]
"""A function that gets the boto3 client and the resource's values."""


@dataclass(frozen=True)
class Call:
    """One API call.

    `result`: JMESPath on the response. `absent`: the error codes that mean "does not exist". `retry`: those
    that may go away. A code may be limited to messages that contain a text:
    "ValidationException:Could not find model".
    """

    operation: str
    params: Mapping[str, Any]
    result: str = "@"
    absent: tuple[str, ...] = ()
    retry: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """How to change attributes that the update operation does not take.

    `clear` is called instead of `set` if the first attribute has no value (or is false). A create makes the
    change only with `on_create`, and only if the value differs from the schema's default.
    """

    attributes: tuple[str, ...]
    set: Call
    clear: Call | None = None
    on_create: bool = False


@dataclass(frozen=True)
class Tagging:
    """How to read and change a type's tags. {tags} are those to set, {keys} those to remove.

    `read`: a call, or JMESPath on the response of the type's own read. `pair`: the members of one tag, None
    if tags are a map. `on_create`: the member of the create request, None if tags need a separate call.
    `whole`: `add` replaces all tags.
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

    - `request` creates the resource. It also updates it, unless its operation is a Create or an Attach; then
      `update` is the operation, if there is one.
    - `noun` and `label` (by default the `id`) make error texts.
    - `id` is a template. `identify` is JMESPath on the create response, if the template cannot give the id.
    - `read_names` are the mapping's exceptions for what is read. `pick` reads more values from the response,
      by JMESPath. `more` makes further calls. `derived` are templates over all values and {partition},
      {dns_suffix}, {account} and {region}.
    - Attributes in `local` are never sent. Those in `unsupported` are refused. Those in `sticky` keep their
      value if the API returns none.
    - `check` is the type's CustomizeDiff. `settle` waits until a create, an update or a delete is over.
    - `retry` are error codes of a create or an update that may go away, in the form of `Call.retry`.
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
    unsupported: frozenset[str] = frozenset()
    sticky: frozenset[str] = frozenset()
    check: Callable[[dict[str, Any]], list[Problem]] | None = None
    after_read: Hook | None = None
    before_delete: Hook | None = None
    settle: Hook | None = None
    retry: tuple[str, ...] = ()

    @property
    def update_operation(self) -> str:
        """The operation that updates the resource, "" if only `changes` can change it."""
        makes = self.request.operation.startswith(("Attach", "Create"))
        return self.update or ("" if makes else self.request.operation)
