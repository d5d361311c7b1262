"""The stand-ins as processes that Terraform starts itself."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scaleproof.providers.plugin import mirror
from scaleproof.terraform.root import Root

TEXT = """
terraform {
  required_providers {
    aws   = { source = "hashicorp/aws" }
    awscc = { source = "hashicorp/awscc" }
  }
}
resource "aws_iam_role" "this" {
  name               = "nova"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}
resource "awscc_sagemaker_endpoint" "this" {
  endpoint_config_name = "nova-${aws_iam_role.this.name}"
}
"""


def test_terraform_installs_starts_and_stops_them(tmp_path, monkeypatch):
    mirrored = tmp_path / "a mirror"
    mirrored.mkdir()
    for name, value in mirror(mirrored).items():
        monkeypatch.setenv(name, value)
    directory = tmp_path / "root"
    directory.mkdir()
    (directory / "main.tf").write_text(TEXT)
    with Root(directory) as root:
        plan = root.plan()
    assert plan.resource("aws_iam_role.this").values["max_session_duration"] == 3600
    assert plan.resource("awscc_sagemaker_endpoint.this").values["endpoint_config_name"] == "nova-nova"
    if Path("/proc/self/environ").exists():
        assert ended(mirrored)


def ended(mirrored, seconds=5.0):
    """Whether within some seconds no process is left that was started with this mirror."""
    deadline = time.monotonic() + seconds
    while any(environment(process).find(bytes(mirrored)) >= 0 for process in Path("/proc").glob("[0-9]*")):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def environment(process):
    try:
        return (process / "environ").read_bytes() if process.name != str(os.getpid()) else b""
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("name", "variables", "message"),
    [
        ("aws", {}, "to be started by Terraform"),
        ("gcp", {}, "There is no stand-in for the provider 'gcp'. Give aws or awscc."),
        ("aws", {"PLUGIN_CLIENT_CERT": "x"}, "Set TF_DISABLE_PLUGIN_TLS=1."),
    ],
)
def test_started_otherwise_they_say_what_to_do_in_one_line(name, variables, message):
    cookie = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
    given = {"TF_PLUGIN_MAGIC_COOKIE": cookie, **variables} if variables else {}
    done = subprocess.run(
        [sys.executable, "-m", "scaleproof.providers", name],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
