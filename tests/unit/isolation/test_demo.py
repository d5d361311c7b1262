"""`scaleproof demo` with all settings for AWS: it leaves nothing, and uses no network."""

import re
import subprocess
import sys

import pytest

from scaleproof.cli import demo_streams
from scaleproof.errors import FailedError
from scaleproof.localstack.interpreter import find_interpreter

from .conftest import cage
from .settings import TOGETHER

pytestmark = pytest.mark.nightly
SHOWN = "Opened 24 streams through complete-realtime with AWS's client: 2 instances became 3 ()."
"""What the demonstration says of streams, without the time."""


class Demo:
    """A run of the demo, in the cage if the system can."""

    def __init__(self, directory, user, caged):
        self.temporary, self.page, self.report = (directory / name for name in ("tmp", "page.html", "report"))
        self.temporary.mkdir()
        self.ran = subprocess.run(
            [
                *(cage(self.report) if caged else ()),
                *(sys.executable, "-m", "scaleproof", "demo", "--report", str(self.page)),
            ],
            cwd=directory,
            env=user | (TOGETHER if caged else {}) | {"TMPDIR": str(self.temporary)},
            capture_output=True,
            text=True,
            timeout=300,
        )


@pytest.fixture(scope="module")
def demo(tmp_path_factory, user_at, no_cage):
    directory = tmp_path_factory.mktemp("demo")
    return Demo(directory, user_at(directory), not no_cage)


def test_it_succeeds_and_leaves_nothing(demo):
    assert demo.ran.returncode == 0, demo.ran.stderr
    for words in (
        "ApproximateBacklogSizePerInstance",
        "HasBacklogWithoutCapacity",
        "ml.g6e.2xlarge",
        "Invoked complete-realtime: AllTraffic answered",
        "Queued s3://",
        "A second plan is empty.",
        "A simulated Monday with the applied policies:",
        "real-time endpoint, 1 d of diurnal:peak=144 from Mon 5 Jan 2026 00:00 UTC",
        f"Report: {demo.page}",
        "Destroyed: no endpoint and no resource is left.",
    ):
        assert words in demo.ran.stdout
    timed = r"\([^)]+ (s|min)\)"
    streams = [re.sub(timed, "()", line) for line in demo.ran.stdout.splitlines() if line.startswith("Opened ")]
    try:
        find_interpreter("AWS's client of bidirectional streams", demo_streams.VERSIONS)
        missing = ""
    except FailedError as none:
        missing = f"NO STREAMS ARE SHOWN: {none.message}"
    assert streams == ([] if missing else [SHOWN])
    assert missing in demo.ran.stderr
    assert "Traceback" not in demo.ran.stdout + demo.ran.stderr
    assert list(demo.temporary.iterdir()) == []
    text = demo.page.read_text()
    assert "complete-async" in text
    assert "Does the capacity follow the demand?" in text


def test_it_uses_no_network(demo, no_cage):
    if no_cage:
        pytest.skip(no_cage)
    assert demo.ran.returncode == 0, demo.ran.stderr
    assert demo.report.read_text() == ""
