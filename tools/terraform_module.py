"""A Terraform module as typed objects: what its .tf files declare, with file and line.

For the pages that are made of this project's modules, and for the tests of them. Terraform validates the
modules, so little is checked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path

from scaleproof.errors import ScaleproofError
from scaleproof.terraform.hcl import Block, Expression, read_file


@dataclass(frozen=True)
class Validation:
    """One `validation` block: the condition and the message, both as written."""

    condition: str
    error_message: str
    line: int


@dataclass(frozen=True)
class Variable:
    """An input. `type` is the source text, "" where none is declared; `default` is None without one."""

    name: str
    type: str
    description: str
    default: Expression | None
    nullable: bool
    validations: tuple[Validation, ...]
    file: Path
    line: int

    @property
    def has_default(self) -> bool:
        """Whether a caller may leave the input out."""
        return self.default is not None

    @property
    def location(self) -> str:
        """Where it is declared, as `file:line`."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Output:
    """An output; `value` is the source text of its expression."""

    name: str
    description: str
    value: str
    sensitive: bool
    file: Path
    line: int

    @property
    def location(self) -> str:
        """Where it is declared, as `file:line`."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class ResourceBlock:
    """A managed resource or a data source; `block` holds its attributes and nested blocks."""

    type: str
    block: Block


@dataclass(frozen=True)
class ModuleCall:
    """A `module` block; `source` is "" where it is not constant."""

    name: str
    source: str
    block: Block


@dataclass(frozen=True)
class RequiredProvider:
    """An entry of `required_providers`; `source` such as "hashicorp/aws", `version` a constraint or ""."""

    source: str
    version: str


@dataclass(frozen=True)
class Module:
    """A directory of .tf files. Mappings keep the order of files (by name) and of declarations within.

    Override files and the JSON syntax are not read: a module that is published uses neither.
    """

    directory: Path
    blocks: tuple[Block, ...]

    @classmethod
    def read(cls, directory: Path | str) -> Module:
        """Read every .tf file of a directory (not of the directories below it).

        Raises ScaleproofError if there is none, or if one is not HCL.
        """
        directory = Path(directory)
        files = sorted(directory.glob("*.tf"))
        if not files:
            raise ScaleproofError(f"{directory} holds no .tf file.", advice="Name the directory of a module.")
        return cls(directory, tuple(block for file in files for block in read_file(file)))

    @cached_property
    def variables(self) -> Mapping[str, Variable]:
        """The inputs by name."""
        return {block.labels[0]: _variable(block) for block in of_type(self.blocks, "variable")}

    @cached_property
    def outputs(self) -> Mapping[str, Output]:
        """The outputs by name."""
        return {block.labels[0]: _output(block) for block in of_type(self.blocks, "output")}

    @cached_property
    def resources(self) -> Mapping[str, ResourceBlock]:
        """The managed resources by address."""
        return {
            ".".join(block.labels): ResourceBlock(block.labels[0], block) for block in of_type(self.blocks, "resource")
        }

    @cached_property
    def data(self) -> Mapping[str, ResourceBlock]:
        """The data sources by address, those inside a check as well: both share their addresses."""
        checks = of_type(self.blocks, "check")
        scoped = chain.from_iterable(of_type(check.blocks, "data") for check in checks)
        return {
            ".".join(("data", *block.labels)): ResourceBlock(block.labels[0], block)
            for block in chain(of_type(self.blocks, "data"), scoped)
        }

    @cached_property
    def calls(self) -> Mapping[str, ModuleCall]:
        """The module calls by name."""
        return {
            block.labels[0]: ModuleCall(block.labels[0], str(block.constant("source", "")), block)
            for block in of_type(self.blocks, "module")
        }

    @property
    def providers(self) -> list[Block]:
        """The provider configurations. A module that is called by others has none."""
        return of_type(self.blocks, "provider")

    @cached_property
    def required_version(self) -> str:
        """The constraint on Terraform's own version, "" without one."""
        declared = (block.constant("required_version", "") for block in of_type(self.blocks, "terraform"))
        return next(filter(None, declared), "")

    @cached_property
    def required_providers(self) -> Mapping[str, RequiredProvider]:
        """The required providers by local name."""
        return {
            name: RequiredProvider(entry.value.get("source", ""), entry.value.get("version", ""))
            for terraform in of_type(self.blocks, "terraform")
            for block in of_type(terraform.blocks, "required_providers")
            for name, entry in block.attributes.items()
        }


def of_type(blocks: Sequence[Block], block_type: str) -> list[Block]:
    """Those of one type, in order."""
    return [block for block in blocks if block.type == block_type]


def walk(block: Block) -> Iterator[Block]:
    """The block and all blocks below it."""
    yield block
    for nested in block.blocks:
        yield from walk(nested)


def inputs_read(block: Block) -> set[str]:
    """The names of the inputs that a block and the blocks below it read."""
    texts = (expression.text for nested in walk(block) for expression in nested.attributes.values())
    return set(re.findall(r"(?<![\w.])var\.([A-Za-z_][\w-]*)", "\n".join(texts)))


def flush_left(text: str) -> str:
    """An expression without the indentation that its later lines owe to where it stands."""
    first, newline, rest = text.partition("\n")
    if not newline or first.startswith("<<"):
        return text
    indents = [len(line) - len(line.lstrip(" ")) for line in rest.splitlines() if line.strip()]
    # The closing bracket of a formatted expression stands where its line began.
    margin = min(indents, default=0)
    return first + "\n" + "\n".join(line[margin:] if line.strip() else "" for line in rest.splitlines())


def message(expression: Expression) -> str:
    """The text of a message; interpolations stay as written."""
    return str(expression.value).strip() if expression.is_constant else expression.text.strip('"')


def _variable(block: Block) -> Variable:
    default = block.attributes.get("default")
    return Variable(
        name=block.labels[0],
        type=flush_left(block.text("type")),
        description=_description(block),
        default=replace(default, text=flush_left(default.text)) if default else None,
        # Terraform's default is true.
        nullable=block.constant("nullable", True) is True,
        validations=tuple(
            Validation(flush_left(rule.text("condition")), message(rule.attributes["error_message"]), rule.line)
            for rule in of_type(block.blocks, "validation")
        ),
        file=Path(block.file),
        line=block.line,
    )


def _output(block: Block) -> Output:
    return Output(
        name=block.labels[0],
        description=_description(block),
        value=flush_left(block.text("value")),
        sensitive=block.constant("sensitive", False) is True,
        file=Path(block.file),
        line=block.line,
    )


def _description(block: Block) -> str:
    return str(block.constant("description", "")).strip()
