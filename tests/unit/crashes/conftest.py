"""Runs commands that tests interrupt, in an isolated place, and finds what they leave."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
TIMEOUT = 60.0
"""Seconds until everything that was started must be gone."""

NEXT_RUN = """
import sys
from pathlib import Path
from scaleproof.processes import scratch
from scaleproof.processes.cache import work_directory

scratch.remove(scratch.make())
for place in (work_directory(), *map(Path, sys.argv[1:])):
    scratch.remove(scratch.make(base=place))
"""


def repetitions():
    """How often each command is interrupted, from SCALEPROOF_CRASHES."""
    return int(os.environ.get("SCALEPROOF_CRASHES", "1"))


@dataclass
class Command:
    """A running command, and the file with its output."""

    process: subprocess.Popen[str]
    printed: Path

    def wait_for(self, word):
        """Waits until the command prints `word`. It must not end before."""
        while word not in (text := self.printed.read_text()):
            assert self.process.poll() is None, text
            time.sleep(0.02)

    def end(self, number):
        """Sends a signal, SIGINT to the whole group as a terminal does. Returns the exit code."""
        if self.process.poll() is None:
            if number == signal.SIGINT:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)
        return self.process.wait(TIMEOUT)


@dataclass
class Surroundings:
    """A temporary directory and a cache for the commands of one test.

    `mark` is in the environment of every process. `drawn` draws the moments of the test.
    """

    temporary: Path
    cache: Path
    mark: str
    drawn: random.Random

    def moments(self, latest):
        """Seconds after which to interrupt a command, one for each repetition."""
        for _ in range(repetitions()):
            yield self.drawn.uniform(0.1, latest)

    def start(self, *arguments, **variables):
        """Starts Python with these arguments, as the leader of a process group."""
        printed = self.cache.parent / f"printed-{time.monotonic_ns()}"
        (self.cache.parent / "here").mkdir(exist_ok=True)
        with printed.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, *map(str, arguments)],
                cwd=self.cache.parent / "here",
                env=self.environment() | variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        return Command(process, printed)

    def environment(self):
        dropped = ("AWS_", "SCALEPROOF_", "TF_", "PYTEST_", "LOCALSTACK_", "TERRAFORM")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        own = {"TMPDIR": str(self.temporary), "SCALEPROOF_CACHE": str(self.cache), "CRASH_MARK": self.mark}
        return inherited | own | {"PYTHONUNBUFFERED": "1"}

    def left(self, end=signal.SIGINT):
        """What should not be there: processes, directories, sockets, states."""
        if end == signal.SIGKILL:
            places = [path for path in (self.cache, self.cache.parent / "here") if path.exists()]
            command = [sys.executable, "-c", NEXT_RUN, *map(str, places)]
            subprocess.run(command, cwd=REPOSITORY, env=self.environment(), check=True)
        leftovers = [f"process {pid}: {words}" for pid, words in self.processes()]
        leftovers += [f"file {path}" for path in self.temporary.iterdir()]
        leftovers += [f"file {path}" for path in self.cache.parent.glob("here/scaleproof-*")]
        for pattern in ("scaleproof-*", "work/*", "states/scaleproof-*", "demo/*", "background.json"):
            leftovers += [f"file {path}" for path in self.cache.glob(pattern)]
        return leftovers

    def processes(self):
        """The processes of the test: by the mark in their environment, or by a path in their arguments."""
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                variables = (entry / "environ").read_bytes()
                status = (entry / "status").read_text()
            except OSError:
                continue  # it has ended, or belongs to another user
            ours = f"CRASH_MARK={self.mark}\0".encode() in variables or str(self.temporary) in words
            if ours and "State:\tZ" not in status:
                yield int(entry.name), words

    def left_in_the_end(self, end=signal.SIGINT):
        """What is left after everything had time to end; after SIGKILL, what the next run does not remove."""
        deadline = time.monotonic() + TIMEOUT
        while (leftovers := self.left(end)) and time.monotonic() < deadline:
            time.sleep(0.1)
        return leftovers


@pytest.fixture
def surroundings(tmp_path, request, new_cache):
    """The place of the test. Its cache has LocalStack's environment."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("this test needs /proc")
    # A short path, so that sockets can be in it.
    temporary = Path(tempfile.mkdtemp(prefix="sp-", dir="/tmp"))
    drawn = random.Random(f"{os.environ.get('SCALEPROOF_CRASHES_SEED', '1')} {request.node.name}")
    made = Surroundings(temporary, new_cache(tmp_path / "cache"), temporary.name, drawn)
    yield made
    for pid, _ in made.processes():  # if the test has failed
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(made.temporary, ignore_errors=True)
