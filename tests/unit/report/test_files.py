"""A report is written whole or not at all."""

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.report.files import MADE, check_ours, write


def test_a_failed_write_leaves_nothing(tmp_path):
    place = tmp_path / "none" / "report.html"
    for call in (lambda: check_ours(place), lambda: write("x", place)):
        with pytest.raises(ScaleproofError, match=r"none/report.html cannot be written: there is no directory"):
            call()
    for text in (f"{MADE}\nx", f"{MADE}\ny"):
        write(text, tmp_path / "report.html")
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text() == f"{MADE}\ny"
