"""`benchmarks/run.py` as a script, from any directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "benchmarks" / "run.py"


@pytest.mark.parametrize(
    ("arguments", "variables", "code", "message"),
    [
        (["--help"], {}, 0, "--quick"),
        (["--slow"], {}, 2, "No such option"),
        ([], {"SCALEPROOF_PROVIDERS": "registry"}, 1, "Unset SCALEPROOF_PROVIDERS."),
        ([], {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, 1, "127.0.0.1:9"),
    ],
)
def test_it_says_what_is_wrong_before_it_does_anything(tmp_path, arguments, variables, code, message):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        cwd=tmp_path,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code, done.stderr
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
