"""Types of options, and options gathered into one parameter; imports nothing that a command may not need."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, fields
from pathlib import Path
from typing import Any

import click

from scaleproof.report.files import check_new, check_ours

Add = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Adds a parameter to a command."""


class _Written(click.Path):
    """A file that is written; what would stop that is said before any work."""

    def __init__(self, check: Callable[[Path], None]) -> None:
        super().__init__(dir_okay=False, path_type=Path)
        self._check = check

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """See click.ParamType. Raises ScaleproofError as the check does, or for what is named twice."""
        path = super().convert(value, param, ctx)
        assert isinstance(path, Path)
        self._check(path)
        written = ctx.meta.setdefault("scaleproof.written", {}) if ctx else {}
        if written.setdefault(path.resolve(), param) is not param:
            self.fail(f"{path} is what {written[path.resolve()].opts[0]} writes.", param, ctx)
        return path


class _WithExample:
    """Shows an example of a value where a required one is missing."""

    example: str

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """See click.ParamType."""
        return f"Write it as in {param.opts[0]} {self.example}."


class _Text(_WithExample, click.types.StringParamType):
    def __init__(self, example: str) -> None:
        self.example = example


class _Body(_WithExample, click.Path):
    example = "request.json"


DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SOURCE = click.Path(exists=True, path_type=Path)
"""A directory, a file, and either of them, which are there."""
TRAFFIC, OBJECTIVE = _Text("diurnal:peak=200,days=7"), _Text("latency:p95=0.4")
BODY = _Body(exists=True, path_type=Path)
WRITTEN, NEW_FILE = _Written(check_ours), _Written(check_new)
"""A report, in place of one that is there; a file that must not be there."""


def readable(parse: Callable[[str], object]) -> Callable[..., tuple[str, ...]]:
    """A callback that gives words as they are, and before any work refuses those that `parse` cannot read."""

    def checked(_context: click.Context, _option: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
        for word in words:
            parse(word)
        return words

    return checked


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout, even for an error.")
port = click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port on 127.0.0.1 for a LocalStack that the command starts.",
)


def option(*declarations: str, **settings: Any) -> Any:
    """A field of options that a command takes together: an option of its name, see `click.option`.

    Without the command, it has what the command gets where the option is left out.
    """
    absent = () if settings.get("multiple") else settings.get("default", False if settings.get("is_flag") else None)
    return field(default=absent, metadata={"option": (declarations, settings)})


def _options_of(kind: type[Any]) -> list[Add]:
    """The `option` of each field of a dataclass."""
    options = [(*field.metadata["option"], field.name) for field in fields(kind)]
    return [click.option(*declared, name, **settings) for declared, settings, name in options]


def gather(kind: type[Any], name: str, parameters: Sequence[Add] | None = None) -> Add:
    """Adds parameters to a command, which gets their values as one dataclass `kind`, called `name`.

    `parameters`: by default the `option` of each field. Fields that have a default need no parameter.
    """
    if parameters is None:
        parameters = _options_of(kind)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def gathered(**kwargs: Any) -> Any:
            values = {field.name: kwargs.pop(field.name) for field in fields(kind) if field.name in kwargs}
            return function(**{name: kind(**values)}, **kwargs)

        command: Callable[..., Any] = gathered
        for add in reversed(parameters):
            command = add(command)
        return command

    return decorate


HEADINGS: Mapping[str, Sequence[str]] = {
    "Traffic": ("traffic", "seed", "start", "shortage"),
    "Endpoints": ("names", "max_concurrency", "live", "account"),
    "Root configuration": ("values", "files", "sources"),
    "Assumptions and prices": ("assume", "price", "max_cut"),
    "Workers": ("workers",),
    "Output": ("report_path", "markdown_path", "target", "as_json"),
}
"""The names of the options that several commands have, by their heading in --help."""


class GroupedCommand(click.Command):
    """A command whose --help shows options under headings, what only this command has first."""

    def __init__(self, *values: Any, groups: Mapping[str, Sequence[str]] = HEADINGS, **options: Any) -> None:
        """`groups`: names of options by heading. `values` and `options` are click's."""
        super().__init__(*values, **options)
        self._groups = groups

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """See click.Command."""
        shown = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        lines = {param.name: param.get_help_record(ctx) for param in shown}
        grouped = {name for names in self._groups.values() for name in names}
        own = [name for name in lines if name not in grouped]
        for heading, names in {"Options": own, **self._groups}.items():
            if records := [line for name in names if (line := lines.get(name)) is not None]:
                with formatter.section(heading):
                    formatter.write_dl(records)
