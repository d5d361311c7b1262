"""Terraform that stays loaded: commands do not affect each other, and no process is left."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scaleproof.processes import resident, terraform_shim
from scaleproof.processes.resident import Resident
from scaleproof.terraform.diagnostics import PlanFailed
from scaleproof.terraform.environment import REATTACH
from scaleproof.terraform.executable import Executable
from scaleproof.terraform.root import Root
from scaleproof.terraform.runner import Runner

LIBRARY = (sys.executable, "-I", terraform_shim.__file__)


@pytest.fixture
def residents(monkeypatch):
    """The processes that are started during a test."""
    started = []
    begin = Resident.__init__

    def noted(one, *arguments):
        begin(one, *arguments)
        started.append(one)

    monkeypatch.setattr(resident, "_idle", [])
    monkeypatch.setattr(Resident, "__init__", noted)
    yield started
    resident.close()
    assert [one for one in started if one.process.poll() is None or not one.process.stdin.closed] == []


@pytest.fixture
def root(counted, standins):
    if standins is None:
        pytest.skip("with the registry's providers, Terraform does not stay loaded")
    with Root(counted, standins=standins) as made:
        if not made.executable.stays:
            pytest.skip("a Terraform on PATH does not stay loaded")
        yield made


def test_commands_run_in_one_process(root, residents):
    assert [len(root.plan(amount=count).changes) for count in (1, 2, 3)] == [1, 2, 3]
    with pytest.raises(PlanFailed, match="Set amount to 0 or more"):
        root.plan(amount=-1)
    root.apply(amount=2, label="b")
    assert root.state().outputs == {"labels": ["b", "b"]}
    assert root.plan(amount=2, label="b").empty
    assert len(residents) == 1


def test_none_stays_loaded_with_the_registrys_providers(counted, residents):
    """Providers that Terraform starts itself end with it."""
    with Root(counted) as root:
        root.plan()
    assert residents == []


def test_each_works_in_its_own_directory(root, write, standins, residents):
    other = write("other", other__main='output "here" {\n  value = path.cwd\n}\n')
    with Root(other, standins=standins) as second:
        assert len(root.plan(amount=2).changes) == 2
        assert second.plan().outputs["here"].endswith("/other")
        assert len(root.plan(amount=3).changes) == 3
    assert len(residents) == 1


def test_arguments_may_be_long(root, residents):
    texts = [f"{number} " + "a" * 50_000 for number in range(5)]
    root.arguments = tuple(f'-var=label="{text}"' for text in texts)
    (item,) = root.plan().of_type("terraform_data")
    assert item.values["input"] == texts[-1]
    assert len(residents) == 1


def test_a_killed_process_is_replaced(root, residents):
    root.plan()
    os.kill(residents[0].process.pid, signal.SIGKILL)
    residents[0].process.wait()
    assert len(root.plan(amount=2).changes) == 2
    assert len(residents) == 2


@pytest.mark.filterwarnings("error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning")
def test_a_process_is_replaced_after_some_commands(tmp_path, residents, monkeypatch):
    """It grows with each."""
    monkeypatch.setattr(resident, "MAX_RUNS", 2)
    for _ in range(5):
        with resident.start(LIBRARY, {"PATH": os.defpath}, tmp_path, ("version",)) as command:
            assert "Terraform" in command.stdout.read()
            assert command.wait() == 0
    assert len(residents) == 3


def test_the_processes_of_the_last_commands_stay(tmp_path, residents):
    for number in range(resident.MAX_IDLE + 1):
        with resident.start(LIBRARY, {"NUMBER": str(number)}, tmp_path, ("version",)) as command:
            assert command.wait(20) == 0
    assert [one.process.poll() for one in residents] == [0] + [None] * resident.MAX_IDLE


def test_an_order_that_the_system_takes_in_parts_arrives(tmp_path, residents, monkeypatch):
    """As where a signal comes while it is sent."""
    send = socket.send_fds
    monkeypatch.setattr(socket, "send_fds", lambda channel, pieces, passed: send(channel, [pieces[0][:9]], passed))
    with resident.start(LIBRARY, {"PATH": os.defpath}, tmp_path, ("version",)) as command:
        assert command.wait(20) == 0


def test_a_lock_is_free_when_the_command_has_ended(tmp_path, residents):
    with (tmp_path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with resident.start(LIBRARY, {"PATH": os.defpath}, tmp_path, ("version",), [file.fileno()]) as command:
            assert command.wait(20) == 0
    with (tmp_path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert residents[0].process.poll() is None


APPLY = ("apply", "-no-color", "-auto-approve", "-input=false")


def slow(directory):
    """Writes a root whose apply takes twenty seconds, unless it is interrupted."""
    wait = 'provisioner "local-exec" {\n    command = "exec sleep 20"\n  }'
    (directory / "main.tf").write_text(f'resource "terraform_data" "slow" {{\n  {wait}\n}}\n')


BREAKS_DOWN = """
import os, socket, sys
from scaleproof.processes import terraform_shim

def run(arguments, *outputs):
    for own, descriptor in zip((1, 2), outputs):
        os.write(own, b"panic %d" % own)
        os.close(descriptor)
    return 2

terraform_shim._serve(run, socket.socket(fileno=int(sys.argv[-1])), lambda interrupt: None)
"""


def test_a_panic_is_read_as_what_terraform_writes_itself(tmp_path, residents):
    """Go writes it to the descriptors of the process."""
    with resident.start((sys.executable, "-c", BREAKS_DOWN), {}, tmp_path, ()) as command:
        assert [command.stdout.read(), command.stderr.read()] == ["panic 1", "panic 2"]
        assert command.wait(20) == 2


HEARS = """
import os, signal, socket, sys
from scaleproof.processes import terraform_shim

def run(arguments, *outputs):
    os.kill(os.getpid(), signal.SIGINT)
    return 2

terraform_shim._serve(run, socket.socket(fileno=int(sys.argv[-1])), lambda interrupt: None)
"""


def test_an_interrupt_that_terraform_does_not_hear_does_not_end_the_process(tmp_path, residents):
    """Its own handler is there a moment after it starts."""
    with resident.start((sys.executable, "-c", HEARS), {}, tmp_path, ()) as command:
        assert command.wait(20) == 2


OUTLIVES = """
import socket, sys
from scaleproof.processes import terraform_shim

def run(arguments, *outputs):
    sys.stdin.read()
    return 2

terraform_shim._serve(run, socket.socket(fileno=int(sys.argv[-1])), lambda interrupt: None)
"""


def test_a_process_whose_parent_is_gone_ends_after_its_command(tmp_path, residents):
    with resident.start((sys.executable, "-c", OUTLIVES), {}, tmp_path, ()):
        (one,) = residents
        one.channel.close()
        one.process.stdin.close()
        assert one.process.wait(20) == 0


def test_ctrl_c_reaches_a_running_command(tmp_path, residents):
    slow(tmp_path)
    lines = []

    def interrupted(line):
        lines.append(line)
        if "Executing" in line:
            raise KeyboardInterrupt

    runner = Runner(Executable(Path(terraform_shim.__file__)), tmp_path, {"PATH": os.defpath, REATTACH: "{}"})
    runner.on_line = interrupted
    with pytest.raises(KeyboardInterrupt):
        runner.execute_command(*APPLY)
    assert "Interrupt received." in "".join(lines)
    (one,) = residents
    assert one.process.poll() == 0  # it is not used again


def test_a_running_command_is_interrupted_when_its_parent_is_gone(tmp_path, residents):
    """The system then closes the pipe on its standard input, as this test does."""
    slow(tmp_path)
    with resident.start(LIBRARY, {"PATH": os.defpath}, tmp_path, APPLY) as command:
        for line in command.stdout:
            if "Executing" in line:
                break
        assert residents[0].process.stdin
        residents[0].process.stdin.close()
        assert "Interrupt received." in command.stdout.read()
        assert command.wait() == 1


def test_a_command_that_fails_while_its_errors_are_read_ends(tmp_path, residents, monkeypatch):
    """Terraform reads a pipe, and is deaf to all but a kill."""
    monkeypatch.setattr(resident, "_GRACE", 0.2)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "main.tf").write_text('output "text" {\n  value = file("pipe")\n}\n')
    command = resident.start(LIBRARY, {"PATH": os.defpath}, tmp_path, ("plan", "-no-color"))
    threading.Thread(target=command.stderr.read, daemon=True).start()

    def give_up():
        try:
            command.wait(0.1)
        except subprocess.TimeoutExpired as error:
            command.__exit__(type(error), error, None)

    ending = threading.Thread(target=give_up, daemon=True)
    ending.start()
    ending.join(20)
    assert not ending.is_alive()
    assert residents[0].process.poll() == -signal.SIGKILL
