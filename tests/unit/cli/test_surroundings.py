"""Commands where ctrl-C comes while they load, or a file is there already."""

import subprocess
import sys
from pathlib import Path

import pytest

import scaleproof
from scaleproof.errors import ScaleproofError
from scaleproof.report.files import write

from .conftest import LIMITS

PACKAGE = Path(scaleproof.__file__).parent


# Counts what is imported, and interrupts itself at a moment.
_EARLY = """
import os, signal, sys

left = int(sys.argv[1])

def count(event, _arguments):
    global left
    if event == "import":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGINT)

sys.addaudithook(count)
from scaleproof.cli import main
main(sys.argv[2:])
"""


@pytest.mark.parametrize("moment", [250, 400, 550])
def test_an_interrupt_while_a_command_loads_is_said(moment):
    line = [sys.executable, "-c", _EARLY, str(moment), "simulate", "--help"]
    ended = subprocess.run(line, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr.strip()) == (130, "", "Interrupted.")


@pytest.mark.parametrize("option", ["--report", "--markdown"])
def test_only_a_report_is_replaced_by_a_report(option, planned, run, tmp_path):
    file = tmp_path / "file"
    mine = "mine, of scaleproof\n<!-- Made by scaleproof. -->"
    file.write_text(mine)
    line = ("simulate", planned, *LIMITS, option, file, "--traffic")
    says = f"{file} exists already and is not a report. Name another file."
    run(*line, "constant:level=1,days=0.01", code=2, says=says)
    assert file.read_text() == mine
    file.write_text("")
    for level in (1, 2):  # over an empty file, and over a report
        run(*line, f"constant:level={level},days=0.01")
        assert f"level={level}" in file.read_text()


def test_a_file_that_came_meanwhile_stays(tmp_path):
    file, report = tmp_path / "block.tf", "<!doctype html><!-- Made by scaleproof. -->"
    for mine, text in (("mine", "a block"), ("mine", report), (report, "a block")):
        file.write_text(mine)
        with pytest.raises(ScaleproofError, match="exists already"):
            write(text, file)
        assert file.read_text() == mine
