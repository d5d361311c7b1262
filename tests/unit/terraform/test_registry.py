"""The registry's providers, from a mirror that the user's CLI configuration names: no registry is in reach.

What the real registry does is not tested here.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scaleproof.errors import ExitCode, ScaleproofError
from scaleproof.processes import terraform_shim
from scaleproof.terraform.diagnostics import InitFailed
from scaleproof.terraform.registry import LOCK_FILE, parse_source
from scaleproof.terraform.root import Root
from tests.unit.provider_program import mirror
from tests.unit.waiting import until

from .conftest import state_of_random

VERSIONS = {"aws": ("6.22.0", "6.40.0", "7.1.0"), "awscc": ("1.101.0",), "random": ("3.1.0",)}
PROVIDERS = """
terraform {
  required_providers {
    aws   = { source = "hashicorp/aws", version = ">= 6.22, < 7.0" }
    awscc = { source = "hashicorp/awscc" }
  }
}
resource "terraform_data" "it" {}
"""
AWS = PROVIDERS.replace('    awscc = { source = "hashicorp/awscc" }\n', "")
RANDOM = """
provider "random" {}
"""
LOCK = """
provider "registry.{host}/hashicorp/aws" {{
  version = "6.22.0"
}}
"""
PROGRAM = """#!/bin/sh
echo "$*" >> {log}
{terraform} "$@" || exit
case "$*" in
*plugin-dir*) ;;
init*) if test -e {stop}; then mv {stop} {stop}ped; exec sleep 600; fi ;;
esac
"""
"""A Terraform that writes down its commands, and once stops at the end of an install."""


class Registry:
    """The mirror, the cache, and the commands of Terraform."""

    def __init__(self, directory):
        self.log, self.stop, self.started = directory / "log", directory / "stop", directory / "started"
        self.store = directory / "cache" / "providers"
        self.configuration = mirror(
            directory / "user", VERSIONS, standins=False, first=f"readlink -f $0 >> {self.started}"
        )
        self.program = directory / "terraform"
        terraform = shlex.join([sys.executable, "-I", terraform_shim.__file__])
        self.program.write_text(PROGRAM.format(log=self.log, stop=self.stop, terraform=terraform))
        self.program.chmod(0o755)

    def installs(self):
        """The number of `terraform init` without `-plugin-dir`."""
        lines = self.log.read_text().splitlines()
        return sum(line.startswith("init") and "-plugin-dir" not in line for line in lines)

    def installed(self):
        """The providers in the store, such as "aws_6.40.0"."""
        links = [path for path in self.store.iterdir() if path.is_symlink()]
        return {"_".join(link.readlink().name.split("_")[2:4]) for link in links}


@pytest.fixture
def registry(tmp_path, monkeypatch):
    made = Registry(tmp_path)
    monkeypatch.setenv("TERRAFORM", str(made.program))
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(made.configuration))
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path / "cache"))
    return made


def planned(root, **options):
    """The plan of a root with the registry's providers."""
    with Root(root, **options) as opened:
        return opened.plan()


def test_three_inits_and_plans_side_by_side_install_each_provider_once(write, registry):
    roots = [write(f"root{number}", **{f"root{number}__main": PROVIDERS}) for number in range(3)]
    with ThreadPoolExecutor(3) as pool:
        plans = list(pool.map(planned, roots))
    assert [len(plan.changes) for plan in plans] == [1] * 3
    assert registry.installs() == 2
    # The newest that the constraints allow. Terraform has started them, from the store.
    assert registry.installed() == {"aws_6.40.0", "awscc_1.101.0"}
    started = set(registry.started.read_text().splitlines())
    assert {Path(line).name for line in started} == {
        "terraform-provider-aws_v6.40.0",
        "terraform-provider-awscc_v1.101.0",
    }
    assert all(Path(line).is_relative_to(registry.store) for line in started)


def test_what_is_installed_needs_no_registry_and_what_somebody_removed_is_installed_anew(write, registry, monkeypatch):
    root = write(root__main=AWS)
    assert planned(root).changes
    with monkeypatch.context() as away:
        away.setenv("TF_CLI_CONFIG_FILE", os.devnull)
        assert planned(root).changes
    assert registry.installs() == 1
    (directory,) = registry.store.glob("registry*")
    shutil.rmtree(directory)
    assert planned(root).changes
    assert registry.installs() == 2


def test_a_lock_file_decides_the_version(write, registry):
    root = write(root__main=AWS)
    (root / LOCK_FILE).write_text("".join(LOCK.format(host=host) for host in ("terraform.io", "opentofu.org")))
    planned(root)
    assert registry.installed() == {"aws_6.22.0"}
    assert "terraform-provider-aws_v6.22.0" in registry.started.read_text()
    (root / LOCK_FILE).unlink()
    planned(root)
    assert registry.installed() == {"aws_6.22.0", "aws_6.40.0"}
    # Other constraints may lead to the same release, which is there once.
    planned(write(root__main=AWS.replace("6.22", "6.30")))
    assert registry.installs() == 3
    assert len(list(registry.store.glob("registry*"))) == 2


@pytest.mark.parametrize("kind", ["pipe", "device", "nothing"])
def test_a_lock_file_that_cannot_be_read_to_its_end_is_refused(write, registry, kind):
    root = write(root__main=AWS)
    if kind == "pipe":
        os.mkfifo(root / LOCK_FILE)
    else:
        (root / LOCK_FILE).symlink_to({"device": "/dev/zero"}.get(kind, "nowhere"))
    with pytest.raises(ScaleproofError, match=r"/\.terraform\.lock\.hcl cannot be read: it is (not a file|a link to)"):
        planned(root)


def test_other_files_of_the_same_version_are_installed_beside_it(write, registry):
    """As the constraints lead to it a second time: what a lock file allows is what runs."""
    planned(write(root__main=AWS))
    for program in registry.configuration.with_name("mirror").rglob("*aws_v6.40.0"):
        program.write_text(program.read_text().replace(">>", "1>>"))
    planned(write(root__main=AWS.replace("6.22", "6.30")))
    assert len(list(registry.store.glob("registry*"))) == 2
    started = {Path(line).read_text() for line in registry.started.read_text().splitlines()}
    assert len(started) == 2
    assert program.read_text() in started


def test_a_killed_install_leaves_nothing_that_the_next_one_minds(write, registry):
    root = write(root__main=AWS)
    registry.stop.touch()
    code = f"import sys; from scaleproof.terraform.root import Root; Root({str(root)!r}).plan()"
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as running:
        until(lambda: not registry.stop.exists() or running.poll())
        os.killpg(running.pid, signal.SIGKILL)
    assert registry.installed() == set()
    (left,) = registry.store.glob("scaleproof-*")
    assert list(left.glob(".terraform/providers/*/hashicorp/aws/6.40.0"))
    assert planned(root).changes
    assert registry.installed() == {"aws_6.40.0"}
    assert list(registry.store.glob("scaleproof-*")) == []


def test_a_provider_that_nobody_allowed_is_refused(write, registry):
    root = write(root__main=AWS, root__random=RANDOM)
    with pytest.raises(ScaleproofError, match="needs hashicorp/random") as raised:
        planned(root)
    assert "--allow-provider hashicorp/random (in pytest: --scaleproof-allow-provider)" in str(raised.value)
    assert registry.installs() == 0
    assert planned(root, allow_providers=["hashicorp/random"]).changes
    assert registry.installed() == {"aws_6.40.0", "random_3.1.0"}


def test_a_provider_of_the_state_is_refused_too(write, registry, tmp_path):
    root, state = write(root__main=AWS), tmp_path / "terraform.tfstate"
    state.write_text(state_of_random())
    with pytest.raises(ScaleproofError, match="needs hashicorp/random"):
        planned(root, state=state)
    assert "random_3.1.0" not in registry.installed()


def test_with_network_access_every_provider_may_run(write, registry):
    assert planned(write(root__main=RANDOM), allow_network=True).changes == []
    assert registry.installed() == {"random_3.1.0"}


def test_a_provider_that_cannot_be_installed_is_named(write, registry, tmp_path):
    shutil.rmtree(registry.configuration.with_name("mirror"))
    with pytest.raises(InitFailed, match=r"could not install hashicorp/aws >= 6\.22\.0, < 7\.0\.0") as raised:
        planned(write(root__main=AWS))
    assert "or a mirror that your CLI configuration names" in str(raised.value)
    assert raised.value.exit_code == ExitCode.FAILED
    assert {path.name for path in registry.store.iterdir()} == {".lock"}


def test_an_override_for_development_is_not_installed(write, registry):
    """Terraform would leave the provider out."""
    text = 'provider_installation {\n dev_overrides { "hashicorp/aws" = "/nowhere" }\n direct {}\n}\n'
    registry.configuration.write_text(text)
    with pytest.raises(ScaleproofError, match="Remove its `dev_overrides`"):
        planned(write(root__main=AWS))


def test_an_init_that_fails_for_another_reason_says_it(write, registry):
    with pytest.raises(InitFailed, match=r"initialize \S+\. Unsupported Terraform Core version"):
        planned(write(root__main='terraform {\n  required_version = ">= 9"\n}\n' + AWS))


@pytest.mark.parametrize(
    ("word", "source"),
    [
        ("hashicorp/random", "hashicorp/random"),
        ("registry.terraform.io/Acme/speech", "acme/speech"),
        ("registry.opentofu.org/acme/speech", "acme/speech"),
        ("registry.acme.com:8443/acme/speech", "registry.acme.com:8443/acme/speech"),
    ],
)
def test_a_source_is_read_as_terraform_shows_it(word, source):
    assert parse_source(word) == source


@pytest.mark.parametrize("word", ["random", "", "a/b/c/d", "../a/b", "a b/c"])
def test_what_is_no_source_is_refused(word):
    with pytest.raises(ScaleproofError, match="An example: hashicorp/random"):
        parse_source(word)
