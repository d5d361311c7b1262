"""A Terraform module as typed objects: what its .tf files declare, with file and line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TypeVar

from scaleproof.errors import ScaleproofError
from scaleproof.hcl.source import Block, Expression, object_items, read_file

_Declared = TypeVar("_Declared")


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
    sensitive: bool
    ephemeral: bool
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
    name: str
    block: Block

    @property
    def address(self) -> str:
        """The address within the module, without instance keys."""
        return f"{'data.' if self.block.type == 'data' else ''}{self.type}.{self.name}"


@dataclass(frozen=True)
class ModuleCall:
    """A `module` block; `source` and `version` are "" where they are not constant or not set."""

    name: str
    source: str
    version: str
    block: Block

    @property
    def address(self) -> str:
        """The address within the module, without instance keys."""
        return f"module.{self.name}"


@dataclass(frozen=True)
class RequiredProvider:
    """An entry of `required_providers`; `source` such as "hashicorp/aws", `version` a constraint or ""."""

    name: str
    source: str
    version: str
    file: Path
    line: int


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

        Raises ScaleproofError if there is none, if one is not HCL, or if a name is declared twice.
        """
        directory = Path(directory)
        files = sorted(directory.glob("*.tf"))
        if not files:
            raise ScaleproofError(f"{directory} holds no .tf file.", advice="Name the directory of a module.")
        module = cls(directory, tuple(block for file in files for block in read_file(file)))
        _ = module.variables, module.outputs, module.resources, module.data, module.calls, module.locals
        return module

    @cached_property
    def variables(self) -> Mapping[str, Variable]:
        """The inputs by name."""
        return _unique(self._of_type("variable", 1), _variable, lambda variable: variable.name)

    @cached_property
    def outputs(self) -> Mapping[str, Output]:
        """The outputs by name."""
        return _unique(self._of_type("output", 1), _output, lambda output: output.name)

    @cached_property
    def resources(self) -> Mapping[str, ResourceBlock]:
        """The managed resources by address."""
        return _unique(self._of_type("resource", 2), _resource, lambda resource: resource.address)

    @cached_property
    def data(self) -> Mapping[str, ResourceBlock]:
        """The data sources by address, those inside a check as well: both share their addresses."""
        scoped = (source for check in self._of_type("check", 1) for source in check.of_type("data"))
        return _unique(chain(self._of_type("data", 2), scoped), _resource, lambda source: source.address)

    @cached_property
    def calls(self) -> Mapping[str, ModuleCall]:
        """The module calls by name."""
        return _unique(self._of_type("module", 1), _call, lambda call: call.name)

    @cached_property
    def locals(self) -> Mapping[str, Expression]:
        """The local values by name."""
        found: dict[str, Expression] = {}
        for block in self._of_type("locals", 0):
            for name, expression in block.attributes.items():
                if name in found:
                    raise _twice(f"local.{name}", block.file, expression.line)
                found[name] = expression
        return found

    @property
    def providers(self) -> tuple[Block, ...]:
        """The provider configurations. A module that is called by others has none."""
        return tuple(self._of_type("provider", 1))

    @cached_property
    def required_version(self) -> str:
        """The constraint on Terraform's own version, "" without one."""
        for block in self._of_type("terraform", 0):
            if "required_version" in block.attributes:
                return str(block.constant("required_version", ""))
        return ""

    @cached_property
    def required_providers(self) -> Mapping[str, RequiredProvider]:
        """The required providers by local name."""
        found: dict[str, RequiredProvider] = {}
        for terraform in self._of_type("terraform", 0):
            for block in terraform.of_type("required_providers"):
                for name, expression in block.attributes.items():
                    found[name] = _required_provider(name, expression, block.file)
        return found

    def _of_type(self, block_type: str, labels: int) -> Iterator[Block]:
        for block in self.blocks:
            if block.type != block_type:
                continue
            if len(block.labels) != labels:
                raise ScaleproofError(
                    f"{block.file}:{block.line}: a {block_type} block has {labels} labels, "
                    f"this one {len(block.labels)}."
                )
            yield block


def _unique(
    blocks: Iterable[Block], make: Callable[[Block], _Declared], key: Callable[[_Declared], str]
) -> Mapping[str, _Declared]:
    found: dict[str, _Declared] = {}
    for block in blocks:
        declared = make(block)
        if key(declared) in found:
            raise _twice(" ".join((block.type, *block.labels)), block.file, block.line)
        found[key(declared)] = declared
    return found


def _twice(what: str, file: Path, line: int) -> ScaleproofError:
    return ScaleproofError(f"{file}:{line}: {what} is declared twice in this module.", advice="Remove one.")


def _variable(block: Block) -> Variable:
    return Variable(
        name=block.labels[0],
        type=block.text("type"),
        description=_description(block),
        default=block.attributes.get("default"),
        # Terraform's default is true.
        nullable=block.constant("nullable", True) is True,
        sensitive=block.constant("sensitive", False) is True,
        ephemeral=block.constant("ephemeral", False) is True,
        validations=tuple(
            Validation(rule.text("condition"), _message(rule), rule.line)
            for rule in block.of_type("validation")
        ),
        file=block.file,
        line=block.line,
    )


def _output(block: Block) -> Output:
    return Output(
        name=block.labels[0],
        description=_description(block),
        value=block.text("value"),
        sensitive=block.constant("sensitive", False) is True,
        file=block.file,
        line=block.line,
    )


def _resource(block: Block) -> ResourceBlock:
    return ResourceBlock(block.labels[0], block.labels[1], block)


def _call(block: Block) -> ModuleCall:
    return ModuleCall(
        name=block.labels[0],
        source=str(block.constant("source", "")),
        version=str(block.constant("version", "")),
        block=block,
    )


def _required_provider(name: str, expression: Expression, file: Path) -> RequiredProvider:
    value = expression.value
    if isinstance(value, str):  # the short form: only a version
        return RequiredProvider(name, f"hashicorp/{name}", value, file, expression.line)
    if not isinstance(value, dict):  # configuration_aliases are references: no constant as a whole
        value = object_items(expression)
    source, version = str(value.get("source", "")), str(value.get("version", ""))
    return RequiredProvider(name, source, version, file, expression.line)


def _description(block: Block) -> str:
    return str(block.constant("description", "")).strip()


def _message(rule: Block) -> str:
    """Return the message without its quotes; interpolations stay as written."""
    expression = rule.attributes.get("error_message")
    if expression is None:
        return ""
    return str(expression.value).strip() if expression.is_constant else expression.text.strip('"')
