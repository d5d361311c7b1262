"""The argument DIR, and the options of every command that runs Terraform on a root configuration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from scaleproof.cli.parameters import DIRECTORY, gather, option
from scaleproof.terraform.registry import parse_source
from scaleproof.terraform.sources import parse


def _check(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not value.partition("=")[0].strip() or "=" not in value:
            raise click.BadParameter(f"{value!r} is not of the form NAME=VALUE.")
    return values


@dataclass(frozen=True)
class RootOptions:
    """What a user says of a root: --var and --var-file, and what Terraform may use from outside."""

    values: tuple[str, ...] = option(
        "--var",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_check,
        help="Set a variable of the root.",
    )
    files: tuple[str, ...] = option(
        "--var-file",
        multiple=True,
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, resolve_path=True),
        help="Set variables from a .tfvars file; --var overrides it.",
    )
    sources: tuple[tuple[str, Path], ...] = option(
        "--source",
        multiple=True,
        metavar="SOURCE=DIR",
        callback=lambda _context, _option, words: tuple(parse(word, Path()) for word in words),
        help="Use a local directory for module blocks with this source. Can be repeated.",
    )
    allow_network: bool = option(
        "--allow-network",
        is_flag=True,
        help="Let Terraform fetch modules and providers, read remote states and run provisioners, with your "
        "settings except those for AWS. By default the command refuses them and names file and line.",
    )
    allow_providers: tuple[str, ...] = option(
        "--allow-provider",
        multiple=True,
        metavar="SOURCE",
        callback=lambda _context, _option, words: tuple(map(parse_source, words)),
        help="With SCALEPROOF_PROVIDERS=registry: another provider that may run, such as hashicorp/random; "
        "hashicorp/aws and hashicorp/awscc always may. Can be repeated.",
    )

    @property
    def arguments(self) -> dict[str, Any]:
        """The keyword arguments for a `Root` with these options."""
        files = [f"-var-file={file}" for file in self.files]
        return {
            "arguments": [*files, *(word for value in self.values for word in ("-var", value))],
            "sources": dict(self.sources),
            "allow_network": self.allow_network,
            "allow_providers": self.allow_providers,
        }


directory = click.argument("directory", metavar="[DIR]", default=".", type=DIRECTORY)
root_options = gather(RootOptions, "root")
"""The command gets RootOptions as `root`."""
