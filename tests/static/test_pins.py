"""What is installed is named by its hash, and everything that is declared is in a list."""

import re
import tomllib
from fnmatch import fnmatch
from itertools import pairwise

from tests.static.test_repository import tracked
from tools import pins


def test_every_pin_of_every_list_has_hashes(root):
    lists = {name for name in tracked(root) if fnmatch(name, "*/pins/*.txt")}
    assert lists | {pins.PROJECT} == set(pins.LISTS)
    for path in map(root.joinpath, pins.LISTS):
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        for line, following in pairwise([*lines, ""]):
            if line.startswith("    "):
                assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line), (path, line)
            else:
                assert re.fullmatch(r"[\w.-]+==\S+( ; .+)? \\", line), (path, line)
                assert following.startswith("    --hash="), (path, line)


def test_everything_that_is_declared_has_a_pin(root):
    """The set-up installs the lists, and this project without its dependencies."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    declared = [
        *project["dependencies"],
        *(one for extra in (*pins.EXTRAS, "cluster", "pytest") for one in extras[extra]),
    ]
    names = {re.match(r"[\w.-]+", one)[0] for one in declared} - {"scaleproof"}
    lists = "".join((root / name).read_text() for name in (pins.PROJECT, pins.SOURCES))
    listed = re.findall(r"^([\w.-]+)==", lists, flags=re.MULTILINE)
    assert {re.sub("[-_.]+", "-", name) for name in names} <= {re.sub("[-_.]+", "-", name) for name in listed}
