"""The registry's providers, from a mirror that the user's CLI configuration names: no registry is in reach.

What the real registry does is not tested here.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from scaleproof.terraform.diagnostics import InitFailed
from scaleproof.terraform.root import Root
from tests.unit.provider_program import mirror

ROOT = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 6.22, < 7.0" }
  }
}
resource "terraform_data" "it" {}
"""
LOCK = """
provider "registry.{host}/hashicorp/aws" {{
  version = "6.22.0"
}}
"""


@pytest.fixture
def started(tmp_path, monkeypatch):
    """The file in which each provider that starts writes its name."""
    log = tmp_path / "started"
    versions = {"aws": ("6.22.0", "6.40.0", "7.1.0")}
    configuration = mirror(tmp_path / "user", versions, standins=False, first=f"basename $0 >> {log}")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path / "cache"))
    return log


def changes(root):
    with Root(root) as opened:
        return len(opened.plan().changes)


def test_plans_side_by_side_share_what_is_installed(write, started, tmp_path):
    roots = [write(f"root{number}", **{f"root{number}__main": ROOT}) for number in range(3)]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(changes, roots)) == [1] * 3
    assert set(started.read_text().split()) == {"terraform-provider-aws_v6.40.0"}
    assert len(list((tmp_path / "cache" / "plugins").glob("*/hashicorp/aws/*"))) == 1


def test_the_lock_file_of_the_root_decides_the_version(write, started):
    root = write(root__main=ROOT)
    (root / ".terraform.lock.hcl").write_text(
        "".join(LOCK.format(host=host) for host in ("terraform.io", "opentofu.org"))
    )
    assert changes(root) == 1
    assert set(started.read_text().split()) == {"terraform-provider-aws_v6.22.0"}


@pytest.mark.usefixtures("started")
def test_a_provider_that_cannot_be_installed_is_named(write):
    with pytest.raises(InitFailed, match="hashicorp/random"):
        changes(write(root__main='provider "random" {}\n'))
