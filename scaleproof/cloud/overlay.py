"""Puts scaleproof's plugin on LocalStack's path without installing anything into its environment."""

from __future__ import annotations

from pathlib import Path

import scaleproof
from scaleproof.cloud.plugin import ENTRY_POINTS

GROUP = "localstack.aws.provider"
"""The entry-point group in which LocalStack looks for providers of services."""


def write_overlay(directory: Path) -> Path:
    """Makes `directory` an import path with this package and the plugin's entry points; returns it.

    It holds a symbolic link to the package and a `.dist-info` of its own: LocalStack's environment
    lacks the package's dependencies, so the package cannot be installed there.
    """
    version = scaleproof.__version__
    directory.mkdir(parents=True)
    package = Path(scaleproof.__file__).resolve().parent
    (directory / package.name).symlink_to(package, target_is_directory=True)
    metadata = directory / f"scaleproof_localstack-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: scaleproof-localstack\nVersion: {version}\n", encoding="utf-8"
    )
    entries = "".join(f"{name} = {target}\n" for name, target in sorted(ENTRY_POINTS.items()))
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{entries}", encoding="utf-8")
    return directory
