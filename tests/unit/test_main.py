"""`python -m scaleproof`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_no_module_of_the_current_directory_runs(tmp_path: Path) -> None:
    """It may be the root of somebody else."""
    for name in ("random", "click", "tftest", "logging", "runpy", "pkgutil"):
        (tmp_path / f"{name}.py").write_text(f"print({name!r}, 'has run')\n")
    words = [sys.executable, "-m", "scaleproof", "--version"]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "has run" not in ran.stdout
    assert ran.stdout.startswith("scaleproof")
