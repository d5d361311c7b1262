"""What a user reads of a module's interface: inputs, outputs and the messages that turn bad input away."""

import re

import pytest

from tests.static.directories import ROOT, examples, modules, read
from tools.terraform_module import inputs_read, message, walk

# A message that tells what to change begins with the change.
IMPERATIVES = {
    "Add", "Check", "Configure", "Correct", "Lower", "Omit", "Put", "Raise", "Reduce", "Remove", "Rename", "Request",
    "Run", "Send", "Set", "Shorten", "Sort", "Track", "Turn", "Use", "Write",
}  # fmt: skip
WITHOUT_ELEMENT_TYPE = {"list", "map", "set", "object", "tuple"}
INNER = ROOT / "modules/endpoint"
"""Called by two modules only, which declare the types of what they hand on whole (docs/decisions/0021)."""
LONGEST = 400
"""Lines of a file of inputs; one that grows longer is split by subject, into variables_SUBJECT.tf."""


def none_of(problems):
    found = list(problems)
    assert not found, "\n" + "\n".join(found)


def type_words(variable):
    """The words of a type expression, without its comments and strings."""
    code = re.sub(r'"(?:\\.|[^"\\])*"|#.*|//.*|/\*[\s\S]*?\*/', " ", variable.type)
    return set(re.findall(r"[A-Za-z_]\w*", code))


def described_words(variable):
    """The words of a description, also in the singular: `security_group_ids` are security groups there."""
    words = set(re.findall(r"[a-z0-9]+", variable.description.lower().replace("_", " ")))
    return words | {word.removesuffix("s") for word in words}


def test_every_input_has_a_type_and_takes_not_any(directory):
    none_of(
        f"{v.location}: spell the type of {v.name} out"
        for v in directory.variables.values()
        if not v.type
        or (v.type == "any" and directory.directory != INNER)
        or (v.type != "any" and "any" in type_words(v))
        or v.type in WITHOUT_ELEMENT_TYPE
    )


def test_what_has_no_types_of_its_own_is_called_by_those_who_declare_them():
    callers = {
        path
        for path in [*modules(), *examples()]
        for call in read(path).calls.values()
        if (path / call.source).resolve() == INNER
    }
    assert callers == {ROOT / "modules/async", ROOT / "modules/realtime"}


@pytest.mark.parametrize("kind", ["variables", "outputs"])
def test_inputs_and_outputs_are_described_in_sentences_and_in_order(directory, kind):
    found = getattr(directory, kind)
    for file in {one.file for one in found.values()}:
        there = [name for name, one in found.items() if one.file == file]
        assert there == sorted(there)
    none_of(
        f"{one.location}: {one.name} has no description of at least one sentence"
        for one in found.values()
        if len(one.description.split()) < 3 or not one.description.endswith((".", "`"))
    )
    none_of(
        f"{one.location}: move {one.name} to {kind}.tf"
        for one in found.values()
        if not re.fullmatch(rf"{kind}(_[a-z]+)?\.tf", one.file.name)
    )


def test_no_file_of_inputs_is_long(directory):
    none_of(
        f"{file}: {lines} lines: move the inputs of one subject to variables_SUBJECT.tf"
        for file in sorted({one.file for one in directory.variables.values()})
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > LONGEST
    )


def test_every_attribute_of_an_input_is_described(directory):
    """An object type is read attribute by attribute, so each is in the description or has a comment."""
    none_of(
        f"{v.location}: {v.name} does not describe its attribute {attribute}"
        for v in directory.variables.values()
        for attribute in re.findall(r"^\s+(\w+)\s*=(?!.*#)", v.type, re.MULTILINE)
        if not set(attribute.split("_")) - {"id", "ids"} <= described_words(v)
    )


def test_an_input_takes_null_only_where_null_means_something(directory):
    """Where null is not the default it needs a meaning of its own, which the description then gives."""
    none_of(
        f"{v.location}: set nullable = false on {v.name}, or say in its description what null means"
        for v in directory.variables.values()
        if v.nullable
        and (v.default is None or v.default.value is not None)
        and not re.search(r"\bnull\b", v.description, re.IGNORECASE)
    )


def test_the_description_says_what_leaving_an_input_out_means(module):
    none_of(
        f"{v.location}: say in the description of {v.name} what null means"
        for v in module.variables.values()
        if v.default is not None
        and v.default.value is None
        and not re.search(r"\b(null|exactly one|with(out)?|leave|needs?)\b", v.description, re.IGNORECASE)
    )


def test_every_input_is_used(directory):
    used = {
        name
        for block in directory.blocks
        for name in inputs_read(block)
        if block.type != "variable" or block.labels != (name,)
    }
    none_of(f"{v.location}: nothing reads {v.name}" for v in directory.variables.values() if v.name not in used)


def messages(module):
    """All messages of validations, preconditions, postconditions and checks, with where they stand."""
    kinds = {"validation", "precondition", "postcondition", "assert"}
    for top in module.blocks:
        for block in walk(top):
            if block.type in kinds:
                written = block.attributes["error_message"]
                yield f"{block.file}:{written.line}", message(written)


def test_every_message_is_a_sentence_that_says_what_to_change(directory):
    none_of(
        f"{where}: begin with the change ({', '.join(sorted(IMPERATIVES))}): {text}"
        for where, text in messages(directory)
        if re.split(r"\W", text)[0] not in IMPERATIVES
    )
    none_of(
        f"{where}: end with a full stop: {text}"
        for where, text in messages(directory)
        if not text.endswith(".") or "\n" in text
    )


def named(variable, condition):
    """What a message may name: the input, or a word of its type or, without one, of what is read of it."""
    read_of_it = re.findall(r"\.(\w+)", condition) if variable.type == "any" else type_words(variable)
    return {variable.name, *read_of_it}


def test_a_validation_names_and_reads_the_input_it_is_about(directory):
    none_of(
        f"{v.file}:{rule.line}: name {v.name} or the attribute to change: {rule.error_message}"
        for v in directory.variables.values()
        for rule in v.validations
        if not named(v, rule.condition) & set(re.findall(r"\w+", rule.error_message))
    )
    none_of(
        f"{v.file}:{rule.line}: the condition does not read var.{v.name}"
        for v in directory.variables.values()
        for rule in v.validations
        if not re.search(rf"\bvar\.{v.name}\b", rule.condition)
    )
