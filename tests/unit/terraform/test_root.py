"""A root that Terraform plans, applies, changes and destroys, without writing to its directory.

With stand-ins, Terraform stays loaded. Tests without them start one process for each command, as with the
registry's providers.
"""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import nullcontext
from unittest.mock import Mock

import pytest

from scaleproof.errors import ExitCode, FailedError, ScaleproofError
from scaleproof.terraform import runner
from scaleproof.terraform.diagnostics import ApplyFailed, InitFailed, PlanFailed
from scaleproof.terraform.executable import Executable
from scaleproof.terraform.root import Root

from .conftest import COUNTED, script

VALUES = ["plain", "", "${var.amount} %{ if }", 'quo"te', 0, 1.5, True, False, None, [1, "a"], {"k": [None, True]}]

HOLDER = """
import fcntl, sys
with open(sys.argv[1], "r+b") as state:
    fcntl.lockf(state, fcntl.LOCK_EX)
    print(flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize("stays_loaded", [True, False])
@pytest.mark.usefixtures("usual_umask")
def test_only_the_user_can_read_the_working_directory(counted, standins, stays_loaded):
    """States, plans and variables contain every value in plain text."""
    chosen = standins if stays_loaded else None
    with Root(counted, standins=chosen, variables={"amount": 1}) as root:
        root.apply()
        root.apply(amount=2)
        work = root._work.path
        made = [path for path in [work, *work.rglob("*")] if not path.is_symlink()]
        assert {"terraform.tfstate", "terraform.tfstate.backup"} <= {path.name for path in made}
        assert [path for path in made if path.stat().st_mode & 0o077] == []


def test_plan_to_destroy(counted, write, standins):
    """It touches neither a remote backend nor a state file beside the configuration."""
    write(root__backend='terraform {\n  backend "s3" {\n    bucket = "real"\n    key = "k"\n  }\n}\n')
    real = counted / "terraform.tfstate"
    real.write_text("the real state")
    with Root(counted, standins=standins, variables={"amount": 2}) as root:
        plan = root.plan()
        assert [change.address for change in plan.changes] == ["terraform_data.item[0]", "terraform_data.item[1]"]
        assert root.state().resources == {}

        root.apply()
        state = root.state()
        assert state.resource("terraform_data.item[1]").values["output"] == "a"
        assert state.outputs == {"labels": ["a", "a"]}
        assert root.plan().empty

        assert [change.actions for change in root.plan(label="b").changes] == [("update",), ("update",)]
        root.apply(amount=1)
        assert root.state().outputs == {"labels": ["a"]}

        root.destroy()
        assert root.state().resources == {}
        assert root.state().outputs == {}
        work = root._work.path
    assert not work.exists()
    assert sorted(path.name for path in counted.iterdir()) == ["backend.tf", "main.tf", "terraform.tfstate"]
    assert real.read_text() == "the real state"


def test_who_holds_the_state_is_said_with_its_own_path(counted, tmp_path, standins):
    state = tmp_path / "it.tfstate"
    with Root(counted, state=state, standins=standins, variables={"amount": 1}) as root:
        root.apply()
        # Another process: whoever reads a file gives up the locks of its own process.
        holder = [sys.executable, "-c", HOLDER, state]
        with subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as held:
            assert held.stdout.read(1)
            with pytest.raises(ScaleproofError, match="Error acquiring the state lock") as raised:
                root.apply(amount=2)
            held.stdin.close()
        (error,) = raised.value.diagnostics
        assert f"{tmp_path}/.it.tfstate.lock.info" in error.detail
        root.destroy()


def test_variables_of_any_type_arrive(write, planned):
    variables = {f"v{place}": value for place, value in enumerate(VALUES)}
    text = "".join(
        f'variable "{name}" {{\n  type = any\n}}\nresource "terraform_data" "{name}" {{\n  input = var.{name}\n}}\n'
        for name in variables
    )
    plan = planned(write(root__main=text), variables=variables)
    for name, value in variables.items():
        assert plan.resource(f"terraform_data.{name}").values.get("input") == value


@pytest.fixture(scope="module")
def planned_only(tmp_path_factory, standins):
    """A root that is never applied."""
    directory = tmp_path_factory.mktemp("root")
    (directory / "main.tf").write_text(COUNTED)
    with Root(directory, standins=standins) as root:
        yield root


def test_a_failed_validation_gives_its_own_message(planned_only):
    with pytest.raises(PlanFailed) as raised:
        planned_only.plan(amount=-1)
    (found,) = raised.value.diagnostics
    assert found.severity == "error"
    assert "Set amount to 0 or more." in found.detail
    # The value is not in the configuration. OpenTofu names the variable's own place.
    assert found.location in (None, "main.tf:2")
    where = f" ({found.location})" if found.location else ""
    message = f"Invalid value for variable: Set amount to 0 or more.{where}"
    assert str(raised.value) == f"Terraform could not plan {planned_only.directory}. {message}"
    with pytest.raises(PlanFailed, match="Set amount to 0 or more"):
        planned_only.apply(amount=-1)
    assert planned_only.state().resources == {}


def test_a_misspelt_variable_is_refused(planned_only):
    for act in (planned_only.plan, planned_only.apply):
        with pytest.raises(PlanFailed, match="declares no variable named amuont"):
            act(amuont=1)
    assert planned_only.state().resources == {}


def test_a_failing_check_is_a_warning(planned_only):
    plan = planned_only.plan(amount=5)
    assert [(warning.severity, warning.detail) for warning in plan.warnings] == [("warning", "More than four.")]


def test_relative_sources_work(write, planned):
    """Up two levels, with spaces in the path, and from module to module."""
    file = 'resource "terraform_data" "b" {\n  input = file("${path.module}/../../main.tf")\n}\n'
    texts = {
        "examples__one__main": 'module "a" {\n  source = "../../"\n}\n',
        "main": 'module "b" {\n  source = "./modules/b"\n}\n',
        "modules__b__main": f'module "c" {{\n  source = "../c"\n}}\n{file}',
        "modules__c__main": 'resource "terraform_data" "c" {}\n',
    }
    root = write("my project/examples/one", **{f"my project__{name}": text for name, text in texts.items()})
    inner = "module.a.module.b"
    assert set(planned(root).resources) == {f"{inner}.terraform_data.b", f"{inner}.module.c.terraform_data.c"}


def test_new_and_removed_files_count(counted, standins):
    with Root(counted, standins=standins) as root:
        assert len(root.plan().changes) == 1
        more = counted / "more.tf"
        more.write_text('resource "terraform_data" "more" {}\n')
        assert len(root.plan().changes) == 2
        more.unlink()
        assert len(root.plan().changes) == 1


def test_what_an_apply_works_on_is_shown_as_its_progress(counted, standins, monkeypatch):
    shown = []
    monkeypatch.setattr("scaleproof.terraform.root.step", lambda text: nullcontext(shown.append))
    with Root(counted, standins=standins) as root:
        root.apply()
    assert shown == [f"{counted}: create terraform_data.item[0]"]


def test_a_state_file_is_kept_and_made_private(counted, tmp_path):
    state = tmp_path / "it.tfstate"
    with Root(counted, state=state) as root:
        root.apply()
    state.chmod(0o644)
    with Root(counted, state=state) as root:
        assert state.stat().st_mode & 0o777 == 0o600
        assert root.plan().empty
        root.destroy()
        assert root.state().resources == {}


def test_more_arguments(counted, tmp_path, planned):
    file = tmp_path / "my.tfvars"
    file.write_text("amount = 3\n")
    plan = planned(counted, arguments=[f"-var-file={file}", "-var", 'label="z"'])
    assert [found.values["input"] for found in plan.changes] == ["z", "z", "z"]


def test_a_file_of_variables_that_cannot_be_read(write, planned, tmp_path):
    """Terraform 1.15 says so, plans with the defaults and ends well."""
    root = write(root__main='variable "size" {\n  default = 1\n}\n\noutput "size" {\n  value = var.size\n}\n')
    (broken := tmp_path / "broken.tfvars").write_text("size = 7 8\n")
    with pytest.raises(PlanFailed, match="Missing newline after argument"):
        planned(root, files=[broken])


SECOND = """
resource "terraform_data" "first" {{}}
resource "terraform_data" "second" {{
  depends_on = [terraform_data.first]
  provisioner "local-exec" {{
    command = {}
  }}
}}
"""


def test_a_failed_apply_keeps_what_was_created(write, standins):
    text = 'variable "command" {\n  type = string\n}\n' + SECOND.format("var.command")
    given = {"command": "exit 7"}
    with Root(write(root__main=text), standins=standins, variables=given) as root:
        with pytest.raises(ApplyFailed, match="exit status 7") as raised:
            root.apply()
        assert raised.value.diagnostics[0].address == "terraform_data.second"
        assert "terraform_data.first" in root.state().resources
        root.apply(command="true")
        assert root.plan(command="true").empty


@pytest.fixture
def interruptible():
    """A shell starts background commands, and so their children, with interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_terraform_and_keeps_the_state(write, tmp_path):
    under_way = tmp_path / "under_way"
    interrupted = []

    def interrupt():
        while not under_way.exists():
            time.sleep(0.05)
        interrupted.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    text = SECOND.format(f'"touch {under_way}; sleep 30"')
    with Root(write(root__main=text)) as root:
        root.init()
        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            root.apply()
        assert time.monotonic() - interrupted[0] < 20
        assert "terraform_data.first" in root.state().resources
        root.destroy()


@pytest.mark.parametrize("ends", ["kill -9 $$", "exit 137"])
def test_a_terraform_that_a_signal_ends(tmp_path, ends):
    """The exit code is that of a program between, or of the system."""
    killed = runner.Runner(Executable(script(tmp_path / "terraform", ends)), tmp_path, {"PATH": os.defpath})
    with pytest.raises(FailedError, match=r"^terraform plan was ended by Killed \(signal 9\)\."):
        killed.execute_command("plan")


def interrupted_at_the_first_line(program, directory):
    """What runs a program and gets ctrl-C at its first line."""
    started = runner.Runner(Executable(program), directory, {"PATH": os.defpath})
    started.on_line = Mock(side_effect=itertools.chain([KeyboardInterrupt], itertools.repeat(None)))
    return started


def test_an_interrupt_reaches_terraform_though_nobody_can_be_told(tmp_path, monkeypatch):
    monkeypatch.setattr(runner.console, "print", Mock(side_effect=OSError))
    interrupted = script(
        tmp_path / "terraform", "trap 'touch saved; exit 1' INT\necho ready\nwhile :; do sleep 0.1; done"
    )
    with pytest.raises(KeyboardInterrupt):
        interrupted_at_the_first_line(interrupted, tmp_path).execute_command("apply")
    assert (tmp_path / "saved").exists()


def test_an_interrupted_terraform_that_says_what_it_does_is_waited_for(tmp_path, monkeypatch):
    """Longer than the grace."""
    monkeypatch.setattr(runner, "INTERRUPT_GRACE", 2)
    creating = "for second in 1 2 3; do sleep 1; echo creating; done; touch saved; exit 1"
    busy = script(tmp_path / "terraform", f"trap '{creating}' INT\necho ready\nwhile :; do sleep 0.1; done")
    with pytest.raises(KeyboardInterrupt):
        interrupted_at_the_first_line(busy, tmp_path).execute_command("apply")
    assert (tmp_path / "saved").exists()


@pytest.mark.parametrize(
    ("command", "says"), [("plan", "refreshing"), ("apply", '{"type": "apply_progress", "hook": {"action": "read"}}')]
)
def test_an_interrupted_terraform_that_only_reads_is_not_waited_for(tmp_path, monkeypatch, command, says):
    """It reads data that may never come, and says so."""
    monkeypatch.setattr(runner, "INTERRUPT_GRACE", 1)
    (tmp_path / "says").write_text(f"{says}\n")
    reading = "for second in 1 2 3 4 5 6; do sleep 0.5; cat says; done; touch saved; exit 1"
    busy = script(tmp_path / "terraform", f"trap '{reading}' INT\necho ready\nwhile :; do sleep 0.1; done")
    with pytest.raises(KeyboardInterrupt):
        interrupted_at_the_first_line(busy, tmp_path).execute_command(command)
    assert not (tmp_path / "saved").exists()


def test_a_terraform_that_no_interrupt_ends_is_killed_after_the_grace(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "INTERRUPT_GRACE", 0.2)
    deaf = script(tmp_path / "terraform", "trap '' INT\necho ready\nsleep 15")
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interrupted_at_the_first_line(deaf, tmp_path).execute_command("plan")
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('module "x" {\n  source = "./missing"\n}\n', r"Unreadable module directory.*missing"),
        # Each release has its own message.
        ('module "x" {\n  source = ".."\n}\n', r" \(main\.tf:2\)"),
        ('resource "x', "configuration must be valid"),
    ],
)
def test_a_configuration_that_cannot_be_initialized(write, text, reason, planned):
    with pytest.raises(InitFailed, match=reason) as raised:
        planned(write(root__main=text))
    assert raised.value.exit_code is ExitCode.WRONG


NESTED = pytest.param(
    "[" * 1200 + "]" * 1200, marks=pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 can read it")
)


def test_a_variable_may_be_called_self(write, planned):
    root = write(root__main='variable "self" {}\noutput "it" { value = var.self }\n')
    assert planned(root, variables={"self": 1}).raw["planned_values"]["outputs"]["it"]["value"] == 1


def test_a_directory_without_a_configuration(tmp_path):
    with pytest.raises(ScaleproofError, match="has no Terraform configuration"):
        Root(tmp_path)
    with pytest.raises(ScaleproofError, match="cannot be read as a directory: No such file"):
        Root(tmp_path / "missing")
