"""`python -m scaleproof`."""

import subprocess
import sys


def test_no_module_of_the_current_directory_runs(tmp_path):
    """It may be the root of somebody else."""
    for name in ("random", "click", "tftest", "logging", "runpy", "pkgutil"):
        (tmp_path / f"{name}.py").write_text(f"print({name!r}, 'has run')\n")
    words = [sys.executable, "-m", "scaleproof", "--version"]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "has run" not in ran.stdout
    assert ran.stdout.startswith("scaleproof")
