"""Creates, reads, updates and deletes resources, by table entry, schema and botocore's model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property, partial
from itertools import count
from typing import Any

import jmespath  # type: ignore[import-untyped]

from scaleproof.providers.aws.client import Client, fill, tag_members
from scaleproof.providers.aws.entry import Change, Entry
from scaleproof.providers.aws.settings import Settings
from scaleproof.providers.equivalence import reconcile
from scaleproof.providers.standin import Problem, ProviderError
from scaleproof.providers.validation import shape_problems
from scaleproof.service_models import Shape, input_shape, member, service_model
from scaleproof.times import attempts
from scaleproof.translation import mapping
from scaleproof.translation.aws_requests import fields
from scaleproof.translation.schema import Attribute, Block, NestedBlock
from scaleproof.translation.values import UNKNOWN, Values, equal, known

_READ_SECONDS, _READ_PAUSE = 2.0, 0.2
_TAGS = {"tags", "tags_all"}
_SUFFIX = re.compile(r"(?P<prefix>.*?)[0-9a-f]{26}")
_counter = count(1)


class ResourceType:
    """One resource type.

    The real provider retries for minutes while a change may still propagate. This one retries calls for three
    seconds if the table says so, and the first read after a create for two.
    """

    def __init__(self, entry: Entry, block: Block) -> None:
        """`block` is the type's schema."""
        self.entry = entry
        self.block = block

    @cached_property
    def create_fields(self) -> tuple[mapping.Field, ...]:
        """The attributes in the create request."""
        return self._fields(self.entry.request.shape, self.entry.request.names)

    @cached_property
    def update_fields(self) -> tuple[mapping.Field, ...]:
        """The attributes in the update request."""
        request = self.entry.request
        return self._fields(input_shape(request.service, self.entry.update_operation), request.names)

    @cached_property
    def read_fields(self) -> tuple[mapping.Field, ...]:
        """The attributes in the response to a read."""
        elsewhere = dict.fromkeys([*self.entry.pick, *self.entry.more, *self.entry.derived])
        return self._fields(self.read_shape, {**self.entry.request.names, **elsewhere, **self.entry.read_names})

    @property
    def read_shape(self) -> Shape:
        """The shape of the read's `result`."""
        shape: Shape = service_model(self.entry.request.service).operation_model(self.entry.read.operation).output_shape
        path = re.sub(r"\[\w*\]", "", self.entry.read_shape or self.entry.read.result)
        for step in [] if path == "@" else path.split("."):
            shape = member(shape, step)
        return shape.member if shape.type_name == "list" else shape

    def _fields(self, shape: Shape, names: mapping.Names) -> tuple[mapping.Field, ...]:
        return fields(self.block, shape, names, self.entry.local | self.entry.unsupported)

    def problems(self, planned: Values) -> list[Problem]:
        """The rules of AWS's service model and of the provider that the create request would break."""
        located = partial(mapping.locate, self.create_fields)
        problems = shape_problems(self.entry.request.shape, self.create_request(planned), located)
        problems += self._tag_problems(planned)
        return problems + (self.entry.check(planned) if self.entry.check is not None else [])

    def create_request(self, planned: Values) -> dict[str, Any]:
        """The create request for planned values, without tags. Unknown values are UNKNOWN."""
        request = self._request(self.entry.request.operation, self.create_fields, planned)
        if self.entry.generate[0]:  # the create generates a name
            request = {**dict.fromkeys(self.entry.request.shape.required_members, UNKNOWN), **request}
        return request

    def _tag_problems(self, planned: Values) -> list[Problem]:
        tagging, tags = self.entry.tags, planned.get("tags")
        if tagging is None or not isinstance(tags, dict) or not tags:
            return []
        request = fill(tagging.add.params, {**planned, "tags": tag_members(tagging, tags)})
        shape = input_shape(self.entry.request.service, tagging.add.operation)
        return shape_problems(shape, request, lambda _: ("tags",))

    def _request(self, operation: str, mapped_fields: tuple[mapping.Field, ...], values: Values) -> dict[str, Any]:
        entry = self.entry
        request = mapping.encode(mapped_fields, values, entry.request.zeros) | dict(entry.fixed)
        if entry.request.adjust is not None and operation == entry.request.operation:
            entry.request.adjust(request, values)
        return request

    def create(self, client: Client, settings: Settings, planned: Values) -> Values:
        """Creates a resource and returns its state. A later failure carries the state so far."""
        entry = self.entry
        values = known(planned)
        self._generate_name(values)
        request = self._request(entry.request.operation, self.create_fields, values)
        tags = settings.merged(values.get("tags")) if entry.tags is not None else {}
        if entry.tags is not None and entry.tags.on_create and tags:
            request[entry.tags.on_create] = tag_members(entry.tags, tags)
        action = f"{entry.verbs[0]} {entry.noun} ({fill(entry.label or entry.id, values)})"
        response = client.send(entry.request.operation, request, action, retry=entry.retry)
        values["id"] = jmespath.search(entry.identify, response) if entry.identify else fill(entry.id, values)
        if "arn" in self.block.attributes and str(values["id"]).startswith("arn:"):
            values["arn"] = values["id"]
        try:
            self._settle(client, values, action)
            for change in entry.changes:
                attribute = self.block.attributes[change.attributes[0]]
                if change.on_create and values.get(attribute.name) not in (None, attribute.default):
                    self._apply_change(change, client, values, action)
            reference = {**planned, **_learned(values, planned), "id": values["id"]}
            state = self._read_new(client, settings, reference)
            if entry.tags is None or entry.tags.on_create or not tags:
                return state
            client.change_tags(entry.tags, state, {}, tags, action)
            return self._read_new(client, settings, reference)
        except ProviderError as error:
            error.state = {**self.block.empty(), **values}
            raise

    def _apply_change(self, change: Change, client: Client, values: Values, action: str) -> None:
        call = change.set if change.clear is None or values.get(change.attributes[0]) else change.clear
        client.call(call, values, action)

    def _read_new(self, client: Client, settings: Settings, planned: Values) -> Values:
        for _ in attempts(_READ_SECONDS, _READ_PAUSE, longest=_READ_PAUSE):
            state = self.read(client, settings, planned, applied=True)
            if state is not None:
                return state
        raise ProviderError(f"reading {self.entry.noun} ({planned['id']}): couldn't find resource")

    def read(self, client: Client, settings: Settings, reference: Values, *, applied: bool = False) -> Values | None:
        """The current state, or None if the resource is gone.

        `reference`: the prior values or, after an apply, the planned ones.
        """
        entry = self.entry
        before = {**self.block.empty(), **known(reference)}
        action = f"reading {entry.noun} ({before['id']})"
        wire = client.call(entry.read, before, action)
        if wire is None:
            return None
        current = {**before, **mapping.decode(self.read_fields, wire)}
        current |= {name: jmespath.search(path, wire) for name, path in entry.pick.items()}
        for name, call in entry.more.items():
            current[name] = client.call(call, {**wire, **current}, action)
        context = self._context(client, settings, current)
        current |= {name: fill(template, {**context, **current}) for name, template in entry.derived.items()}
        if "region" in self.block.attributes:
            current["region"] = context["region"]
        name, prefix = entry.generate
        if prefix and current[prefix] is None:
            match = _SUFFIX.fullmatch(current[name])
            current[prefix] = match["prefix"] if match else ""
        if entry.after_read is not None:
            client.run(entry.after_read, current, action)
        if entry.tags is not None:
            remote = settings.visible(client.read_tags(entry.tags, current, wire, action))
            current |= {"tags_all": remote, "tags": settings.own(remote, reference.get("tags"))}
        unreturned = {name: before[name] for name in entry.sticky if current[name] is None}
        current |= {member.name: mapping.with_zeros(current[member.name], member.cty) for member in self._stored}
        return reconcile(self.block, reference, current | unreturned, applied=applied)

    @cached_property
    def _stored(self) -> list[Attribute | NestedBlock]:
        """The attributes that a read sets, and all nested blocks, which the SDK always rewrites."""
        read = {field.name for field in self.read_fields}.union(self.entry.pick, self.entry.more, self.entry.derived)
        return [
            member
            for member in self.block.members()
            if member.name in read or (isinstance(member, NestedBlock) and member.nesting != "single")
        ]

    def _context(self, client: Client, settings: Settings, values: Values) -> dict[str, Any]:
        arn = values.get("arn") or ""
        return {
            "account": client.account,
            "arn_resource": arn.rpartition(":")[2],
            "dns_suffix": settings.dns_suffix,
            "partition": settings.partition,
            "region": client.region,
        }

    def update(self, client: Client, settings: Settings, prior: Values, planned: Values) -> Values:
        """Updates a resource, tags first, and returns its state."""
        entry = self.entry
        values = known(planned)
        action = f"{entry.verbs[1]} {entry.noun} ({values['id']})"
        if entry.tags is not None:
            old, new = prior.get("tags_all") or {}, settings.merged(values.get("tags"))
            client.change_tags(entry.tags, values, old, new, action)
        changed = {name for name in self._changed(prior, values) if name not in _TAGS | entry.local}
        if changed and entry.update_operation:
            request = self._request(entry.update_operation, self.update_fields, values)
            client.send(entry.update_operation, request, action, retry=entry.retry)
            self._settle(client, values, action)
        for change in entry.changes:
            if changed & set(change.attributes):
                self._apply_change(change, client, values, action)
        return self._read_new(client, settings, planned)

    def _changed(self, prior: Values, values: Values) -> Iterator[str]:
        for part in self.block.members():
            if not equal(prior.get(part.name), values.get(part.name), part.cty):
                yield part.name

    def delete(self, client: Client, state: Values) -> None:
        """Deletes a resource, unless it has skip_destroy. It is no error if the resource is gone already."""
        if state.get("skip_destroy"):
            return
        values = dict(state)
        action = f"deleting {self.entry.noun} ({values['id']})"
        if self.entry.before_delete is not None:
            client.run(self.entry.before_delete, values, action)
        client.call(self.entry.delete, values, action)
        self._settle(client, values, action)

    def _settle(self, client: Client, values: Values, action: str) -> None:
        if self.entry.settle is not None:
            client.run(self.entry.settle, values, action)

    def import_state(self, text: str) -> Values:
        """The values in an import id. Raises ProviderError if it has another form."""
        match = re.fullmatch(self.entry.import_id, text) if self.entry.import_id else None
        if match is None:
            expected = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", self.entry.import_id).replace("_", "-")
            raise ProviderError(f'unexpected format for ID ("{text}"), expected {expected or "no import"}')
        defaults = {name: self.block.attributes[name].default for name in self.entry.local & set(self.block.attributes)}
        values = {**self.block.empty(), **defaults, **match.groupdict()}
        lone = re.fullmatch(r"\{(\w+)\}", self.entry.id)
        if values["id"] is None:
            values["id"] = fill(self.entry.id, values)
        elif lone and not self.entry.identify:
            values[lone[1]] = values["id"]
        return values

    def _generate_name(self, values: Values) -> None:
        name, prefix = self.entry.generate
        if name and not values.get(name):
            values[name] = unique_name((values.get(prefix) if prefix else "") or self.entry.generate_prefix)


def unique_name(prefix: str) -> str:
    """A name as terraform-plugin-sdk's helper/id makes it: prefix, then 26 digits of time and counter."""
    now = datetime.now(UTC)
    return f"{prefix}{now:%Y%m%d%H%M%S}{now.microsecond // 100:04d}{next(_counter):08x}"


def _learned(values: Mapping[str, Any], planned: Values) -> Values:
    """The values that were unknown in the plan and that the create has set."""
    return {key: value for key, value in values.items() if planned.get(key) is UNKNOWN and value is not None}
