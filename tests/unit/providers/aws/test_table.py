"""Compares the type table with the real schemas and botocore's models."""

import re

import pytest

from scaleproof.providers.aws.provider import resource_type
from scaleproof.providers.aws.table import RESOURCES
from scaleproof.service_models import service_model
from scaleproof.translation import mapping


def calls(entry):
    """The templated calls of an entry."""
    yield entry.read
    yield entry.delete
    yield from entry.more.values()
    for change in entry.changes:
        yield change.set
        if change.clear:
            yield change.clear
    if entry.tags:
        yield from (entry.tags.add, entry.tags.remove)
        if not isinstance(entry.tags.read, str):
            yield entry.tags.read


def all_paths(block, prefix=""):
    for member in block.members():
        yield prefix + member.name
        inner = getattr(member, "block", None) or getattr(member, "nested", None)
        if inner is not None:
            yield from all_paths(inner, f"{prefix}{member.name}.")


def field_paths(found):
    for field in found:
        yield field.path
        yield from field_paths(field.children)


@pytest.mark.parametrize("name", RESOURCES)
def test_every_attribute_is_sent_or_read(name):
    """Every attribute of the real schema is sent, read or derived, unless the entry lists it.

    Optional and required ones are sent by the create request or a call after it.
    """
    kind = resource_type(name)
    entry = kind.entry
    sent = set(field_paths(kind.create_fields))
    read = set(field_paths(kind.read_fields)) | set(entry.pick) | set(entry.more) | set(entry.derived)
    changed = {attribute for change in entry.changes for attribute in change.attributes}
    listed = {"id", "region", "tags", "tags_all", *entry.generate} | entry.local | entry.unsupported
    below = tuple(f"{path}." for path in entry.unsupported | entry.local)
    found = sent | read | changed | listed
    missing = {path for path in all_paths(kind.block) if path not in found and not path.startswith(below)}
    assert missing == set(), f"{name}: no member, call or reason for these attributes"
    settable = {one.name for one in kind.block.attributes.values() if one.required or one.optional}
    assert settable - sent - changed - listed == set()


@pytest.mark.parametrize("name", RESOURCES)
def test_every_name_in_an_entry_exists(name):
    """Attributes in an entry are in the schema. Operations and their members are in botocore."""
    kind = resource_type(name)
    entry = kind.entry
    known = set(all_paths(kind.block))
    request = entry.request
    named = (
        set(request.names) | set(entry.read_names) | set(entry.pick) | set(entry.more) | set(entry.derived)
        | entry.local | entry.unsupported | entry.sticky | set(request.zeros.unset) | request.zeros.omitted
        | {attribute for change in entry.changes for attribute in change.attributes}
    )  # fmt: skip
    assert named <= known
    model = service_model(entry.request.service)
    for call in calls(entry):
        shape = model.operation_model(call.operation).input_shape
        assert set(call.params) <= set(shape.members), call.operation
        assert set(shape.required_members) <= set(call.params) | {"AttributeValue"}, call.operation
    for operation in filter(None, (entry.request.operation, entry.update_operation)):
        assert set(entry.fixed) <= set(model.operation_model(operation).input_shape.members)


@pytest.mark.parametrize("name", RESOURCES)
def test_templates_name_attributes(name):
    """A placeholder is an attribute of the type, or one of the few that calls add."""
    kind = resource_type(name)
    known = set(kind.block.attributes) | set(kind.block.blocks) | {"keys", "tags"}
    known |= set(kind.read_shape.members) if kind.read_shape.type_name == "structure" else set()
    known |= {"partition", "dns_suffix", "account", "region", "arn_resource"}
    texts = [str(dict(call.params)) + call.result for call in calls(kind.entry)]
    texts += [kind.entry.id, kind.entry.label, *kind.entry.derived.values()]
    used = {match for text in texts for match in re.findall(r"\{(\w+)(?::text)?\}", text)}
    assert used <= known


def test_a_wrong_member_is_refused():
    block, shape = resource_type("aws_sagemaker_model").block, resource_type("aws_sagemaker_model").read_shape
    with pytest.raises(LookupError, match="has no member Picture"):
        mapping.fields(block, shape, {"name": "Picture"})
