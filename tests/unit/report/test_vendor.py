"""The library that draws plots is as its authors published it, and every report carries its licence."""

import hashlib
import re
from importlib.resources import files

import pytest

from scaleproof.report.html import page as rendered
from scaleproof.report.simulation import simulation_blocks

from .made import outcome

VENDOR = files("scaleproof.report") / "vendor"
HASHES = {
    "uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
}
"""SHA-256 of the files of npm's package uplot 1.6.32."""


@pytest.mark.parametrize("name", HASHES)
def test_a_file_is_as_published(name):
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == HASHES[name]


def test_all_files_are_pinned_and_the_version_is_named():
    assert {file.name for file in VENDOR.iterdir()} == {*HASHES, "README.md"}
    (version,) = re.findall(r"uPlot \(v([\d.]+)\)", (VENDOR / "uPlot.iife.min.js").read_text())
    assert f"# uPlot {version}" in (VENDOR / "README.md").read_text()


def test_a_report_carries_the_licence():
    page = rendered(simulation_blocks([outcome()]))
    assert (VENDOR / "LICENSE").read_text() in page
