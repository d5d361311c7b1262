"""A state that Terraform cannot write to its file is saved, and the next command continues from it."""

import json
import os
import subprocess
import sys

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.terraform import errored
from scaleproof.terraform.diagnostics import ApplyFailed
from scaleproof.terraform.root import Root
from tests.unit.waiting import until

RESOURCE = """
resource "terraform_data" "{name}" {{
  input = [{input}, "{padding}"]
  provisioner "local-exec" {{
    command = "exec '{python}' -IS '{script}' {name} ${{self.id}}"
  }}
}}
"""
NAMES = ("one", "two", "three")
# Terraform runs it after it has created a resource: it writes down the id, then does what the test wants.
SCRIPT = """
import os, resource, signal, sys, time

name, made = sys.argv[1:]
with open("{made}", "a") as file:
    file.write(made + "\\n")
if name == os.environ.get("THEN"):
    if "FULL" in os.environ:  # a full disk, with EFBIG instead of ENOSPC
        resource.prlimit(os.getppid(), resource.RLIMIT_FSIZE, (0, 0))
    if "FILL" in os.environ:
        with open(os.environ["FILL"], "wb", 0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass
    if "END" in os.environ:
        pid, number = map(int, os.environ["END"].split())
        os.kill(pid, number)
        time.sleep(0.5)
"""


class Story:
    """A root of three resources that are created one after the other. Its state is elsewhere."""

    def __init__(self, place, state=None):
        self.directory, self.made = place / "root", place / "made"
        self.state = state or place / "state" / "it.tfstate"
        self.state.parent.mkdir(exist_ok=True)
        self.directory.mkdir()
        script, padding = place / "script.py", "x" * 3000
        script.write_text(SCRIPT.replace("{made}", str(self.made)))
        inputs = ('"start"', "terraform_data.one.id", "terraform_data.two.id")
        (self.directory / "main.tf").write_text(
            "".join(
                RESOURCE.format(name=name, input=given, padding=padding, python=sys.executable, script=script)
                for name, given in zip(NAMES, inputs, strict=True)
            )
        )

    def apply(self):
        # The resources run a program, which reads the environment.
        with Root(self.directory, state=self.state) as root:
            root.apply()

    def known(self, state=None):
        """The ids in the state, in the order of creation."""
        found = json.loads((state or self.state).read_text())["resources"]
        by_name = {one["name"]: one["instances"][0]["attributes"]["id"] for one in found}
        return [by_name[name] for name in NAMES if name in by_name]

    def ids(self):
        """The ids of the resources that were created."""
        return self.made.read_text().split()

    def save(self, text):
        """The file of the saved state, with this content."""
        saved = errored.saved_file(self.state)
        saved.parent.mkdir()
        saved.write_text(text)
        return saved

    def continues(self):
        """Applies again. Everything was created once, and is in the state."""
        self.apply()
        assert len(self.ids()) == len(NAMES)
        assert self.ids() == self.known()


@pytest.fixture
def story(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path / "cache"))
    return Story(tmp_path)


@pytest.fixture
def full(monkeypatch):
    """After a resource, Terraform can write no file."""

    def after(name):
        monkeypatch.setenv("FULL", "")
        monkeypatch.setenv("THEN", name)

    return after


@pytest.mark.parametrize("moment", ["one", "three"])
def test_it_is_saved_and_the_next_apply_continues(story, full, monkeypatch, tmp_path, moment):
    full(moment)
    with pytest.raises(ApplyFailed) as failed:
        story.apply()
    kept = errored.saved_file(story.state)
    assert kept.parent == tmp_path / "cache" / "states"
    assert f"It is saved in {kept}. The next command continues from it." in str(failed.value)
    assert "terraform state push" not in "".join(map(str, failed.value.diagnostics))
    assert kept.stat().st_mode & 0o777 == 0o600
    monkeypatch.delenv("THEN")
    story.continues()
    assert not kept.exists()


def test_an_interrupt_loses_nothing_either(story, full, monkeypatch, capsys):
    full("two")
    monkeypatch.setenv("END", f"{os.getpid()} 2")
    with pytest.raises(KeyboardInterrupt):
        story.apply()
    assert "It is saved in" in capsys.readouterr().err
    kept = errored.saved_file(story.state)
    assert story.ids() == story.known(kept)
    monkeypatch.delenv("THEN")
    story.apply()  # creates the second again, because its provisioner was interrupted
    assert len(story.known()) == len(NAMES)


def test_if_it_cannot_be_saved_it_is_printed(story, full, monkeypatch, capsys):
    """The next apply continues from the file that the message names."""
    saved = errored.saved_file(story.state)
    saved.mkdir(parents=True)
    full("two")
    with pytest.raises(ApplyFailed, match=f"Neither could {saved}, so it is printed above") as failed:
        story.apply()
    assert f"Save that line, which begins with {{, as {saved}." in str(failed.value)
    (printed,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("{"))
    saved.rmdir()
    saved.write_text(printed)
    monkeypatch.delenv("THEN")
    story.continues()


def test_a_printed_state_is_as_it_is(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path / "cache"))
    dumped = {"address": "https://me:token@host/a?key=1", "steers": "\x1b[2J"}
    errored.saved_file(tmp_path / "x.tfstate").mkdir(parents=True)
    errored.save(tmp_path / "x.tfstate", dumped)
    printed = capsys.readouterr().err
    assert json.loads(printed) == dumped
    assert "\x1b" not in printed


def state(lineage="a", serial=1, **members):
    return json.dumps({"version": 4, "lineage": lineage, "serial": serial, "resources": [], **members})


@pytest.mark.parametrize(
    ("there", "backup", "saved", "says"),
    [
        (state(serial=5), None, state(serial=4), "/states/.*.tfstate, .* older than .*Then remove it, or move it to"),
        (state("b"), None, state("a"), "or of another history"),
        (state(), None, state()[:20], "/states/.*.tfstate, a state that could not be written to .*, is incomplete"),
        (state()[:20], None, None, "it.tfstate is incomplete. .*it.tfstate.backup exists, it is the previous state"),
        ("", state(), None, "it.tfstate is incomplete"),
    ],
    ids=["newer", "another", "saved incompletely", "incomplete", "empty"],
)
def test_a_state_that_would_be_lost_is_an_error_before_any_change(story, there, backup, saved, says):
    story.state.write_text(there)
    if backup is not None:
        story.state.with_name("it.tfstate.backup").write_text(backup)
    if saved is not None:
        story.save(saved)
    with pytest.raises(ScaleproofError, match=says):
        story.apply()
    assert story.state.read_text() == there
    assert not story.made.exists()


def test_a_saved_state_goes_back_as_it_is(story, capsys):
    digits = "28.800000000000000000001"
    exactly = state(serial=2, outputs={"more than a float": {"value": 0}}).replace(": 0}", f": {digits}}}")
    assert digits in exactly
    saved = story.save(exactly)
    story.state.write_text(state(serial=1))
    errored.restore(story.state)
    assert story.state.read_text() == exactly
    assert not saved.exists()
    assert capsys.readouterr().err == f"Continuing from the state saved in {saved}.\n"
    errored.forget(story.state)
    assert list(story.state.parent.iterdir()) == []


def test_a_state_that_another_command_has_written_stays(story):
    story.state.write_text(state(resources=[{"type": "terraform_data"}]))
    errored.forget(story.state)
    assert story.state.exists()


def test_a_state_of_the_same_serial_stays_beside_the_saved_one(story):
    story.save(state(serial=6))
    before = state(serial=6, outputs={"mine": {"value": "written by hand"}})
    story.state.write_text(before)
    errored.restore(story.state)
    assert story.state.read_text() == state(serial=6)
    (beside,) = story.state.parent.glob("it.tfstate.*.backup")
    assert beside.read_text() == before


@pytest.mark.parametrize("serial", ['"5"', "null", "5.0", "true"])
def test_a_serial_that_is_no_whole_number_is_no_state(story, serial):
    story.save(state(serial=6).replace("6", serial))
    story.state.write_text(state(serial=5))
    with pytest.raises(ScaleproofError, match="is incomplete"):
        errored.restore(story.state)


@pytest.mark.parametrize("kind", ["link", "link to nothing", "pipe", "directory"])
@pytest.mark.parametrize("name", ["it.tfstate", "it.tfstate.backup", ".it.tfstate.lock.info"])
def test_what_is_no_regular_file_keeps_no_state(story, tmp_path, kind, name):
    """A link of somebody else's repository would name a file of the user's."""
    users, file = tmp_path / "users", story.state.with_name(name)
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "directory":
        file.mkdir()
    else:
        file.symlink_to(users)
    if kind == "link":
        users.write_text('{"version": 4}')
        users.chmod(0o644)
    why = rf"/{name} cannot be used for a state: it exists and is not a regular file\."
    with pytest.raises(ScaleproofError, match=why):
        Root(story.directory, state=story.state)
    # Nor what appears between two commands.
    file.rename(tmp_path / "away")
    with Root(story.directory, state=story.state) as root:
        (tmp_path / "away").rename(file)
        for command in (root.apply, root.destroy, root.state):
            with pytest.raises(ScaleproofError, match="cannot be used for a state"):
                command()
    assert not story.made.exists()
    assert users.exists() == (kind == "link")
    assert kind != "link" or (users.read_text(), users.stat().st_mode & 0o777) == ('{"version": 4}', 0o644)


# In a mount namespace, where any user may mount.
ON_A_DISK = """
import os, subprocess, sys
from pathlib import Path
from tests.unit.terraform.test_errored import {story}

disk = Path(sys.argv[1]) / "disk"
disk.mkdir()
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], check=True)
{story}(disk, Path(sys.argv[1]))
"""
PAGE = os.sysconf("SC_PAGESIZE")


@pytest.mark.parametrize("story", ["less_and_less_room", "killed_on_a_full_disk"])
def test_a_full_disk(tmp_path, story):
    """A tmpfs that is full before the first write, later, never, or after the command was killed."""
    inside = ["unshare", "--map-root-user", "--mount"]
    tried = subprocess.run([*inside, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"test_a_full_disk[{story}] mounts a tmpfs, which is not allowed: {tried.stderr}")
    ended = subprocess.run(
        [*inside, sys.executable, "-c", ON_A_DISK.format(story=story), tmp_path],
        env=os.environ | {"SCALEPROOF_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def less_and_less_room(disk, place):
    """There is room for a number of pages during the first apply, and for all during the next."""
    ended = []
    for pages in (0, 4, 9):
        (place / str(pages)).mkdir()
        story = Story(place / str(pages), disk / str(pages) / "it.tfstate")
        free = os.statvfs(disk).f_bavail
        with (disk / "filler").open("wb") as filler:
            if free > pages:
                os.posix_fallocate(filler.fileno(), 0, (free - pages) * PAGE)
        try:
            story.apply()
            ended.append("applied")
        except ApplyFailed:
            ended.append("kept" if errored.saved_file(story.state).exists() else "lost")
        except ScaleproofError:
            ended.append("lost" if story.made.exists() else "refused")
        (disk / "filler").unlink()
        story.continues()
        story.state.unlink()
    print(ended)
    assert {*ended} == {"refused", "kept", "applied"}, ended


def killed_on_a_full_disk(disk, place):
    """The command is killed while Terraform runs. Terraform then ends and writes its state."""
    story = Story(place, disk / "it.tfstate")
    if (child := os.fork()) == 0:
        os.environ |= {"THEN": "two", "FILL": str(disk / "filler"), "END": f"{os.getpid()} 9"}
        story.apply()
    os.waitpid(child, 0)
    kept = errored.saved_file(story.state)
    until(lambda: kept.exists() and not list(disk.glob(".*.lock.info")))
    assert story.ids() == story.known(kept)
    (disk / "filler").unlink()
    story.apply()
    assert len(story.known()) == len(NAMES)
