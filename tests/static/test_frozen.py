"""The addresses that the changelog freezes are those that the module has."""

import re

from tests.static.directories import ROOT, modules, name, read

FROZEN = (ROOT / "CHANGELOG.md").read_text().partition("### Frozen\n")[2].partition("\n### ")[0]
BY_MODULE = re.compile(r"^  - ([\w/]+): (.*(?:\n    .*)*)", re.MULTILINE)


def test_addresses():
    frozen = {module: set(re.findall(r"`([\w.]+)`", text)) for module, text in BY_MODULE.findall(FROZEN)}
    found = {name(path): read(path) for path in modules()}
    declared = {
        module: {*content.resources, *(f"module.{call}" for call in content.calls)} for module, content in found.items()
    }
    assert frozen == {module: addresses for module, addresses in declared.items() if addresses}
