"""Write the hashes into the lists of pins: of all wheels of a release, for every platform, or of its source.

    python tools/pins.py [FILE...]

A list has a comment at its head and then one exact release a line, which may be edited by hand: raise a
number, run this, and look at the difference. `constraints.txt` is resolved from pyproject.toml: the releases
in it stay, and what is new gets its newest release. Needs uv on PATH, and a package index in reach.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = "constraints.txt"
EXTRAS = ("offline", "test", "dev", "bench")
"""The parts of the project that .venv has."""
SOURCES = "tools/pins/sources.txt"
LISTS = {
    PROJECT: "3.11",
    SOURCES: "3.11",
    "scaleproof/localstack/pins/localstack-py311.txt": "3.11",
    "scaleproof/localstack/pins/localstack-py313.txt": "3.13",
    "scaleproof/localstack/pins/stream-client.txt": "3.12",
    "tests/static/pins/checkov.txt": "3.11.5",
    "tests/unit/emulator/clients/pins/deepgram.txt": "3.12",
}
"""Each list, and the lowest Python that it is for."""


def write(name: str) -> None:
    """Write one list anew."""
    path = ROOT / name
    lines = path.read_text(encoding="utf-8").splitlines()
    head = "".join(f"{line}\n" for line in lines if line.startswith("#"))
    pins = "\n".join(line.removesuffix(" \\") for line in lines if re.match(r"\w", line))
    if name == PROJECT:
        extras = [word for extra in EXTRAS for word in ("--extra", extra)]
        built = re.findall(r"^([\w.-]+)==", (ROOT / SOURCES).read_text(encoding="utf-8"), re.MULTILINE)
        extras += [word for package in built for word in ("--no-binary", package, "--no-emit-package", package)]
        requirements, stdin = ["pyproject.toml", *extras, "--constraints", "-"], pins
    else:
        requirements, stdin = ["-", "--no-deps"], pins
    only_wheels = [] if name == SOURCES else ["--only-binary", ":all:"]
    compiled = subprocess.run(
        ["uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", *only_wheels, "--no-header",
         "--no-annotate", "--no-config", "--python-version", LISTS[name], *requirements],
        cwd=ROOT, input=stdin, stdout=subprocess.PIPE, text=True, check=True,
    ).stdout  # fmt: skip
    path.write_text(head + compiled, encoding="utf-8")


def main() -> int:
    """Write the lists that are named, or all."""
    for name in sys.argv[1:] or LISTS:
        write(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
