"""What is refused does use the network, and a plan does not. The cage sees every attempt.

More forms are in terraform/test_network_access.py, credentials in terraform/test_no_credentials.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .settings import TOGETHER
from .test_no_aws import REPOSITORY, ROOT, VARIABLES, reached, run

REMOTE = """
data "terraform_remote_state" "x" {{
  backend = "http"
  config  = {{ address = "http://{}:8080/state", retry_max = 0 }}
}}
"""
LATE = """
terraform {{
  backend "http" {{
    address   = "http://{}:8080/state"
    retry_max = 0
  }}
}}
"""
PROVIDER = 'terraform {{\n  required_providers {{\n    x = {{ source = "{}/acme/x" }}\n  }}\n}}\n'
ASSERT = 'assert {{\n  condition     = data.terraform_remote_state.x != null\n  error_message = "No."\n}}\n'
FORMS = {
    "198.51.100.1": ("main.tf", REMOTE),
    "198.51.100.2": ("main.tf", 'module "x" {{\n  source = "git::https://{}/x.git"\n}}\n'),
    "198.51.100.3": ("main.tf", 'module "x" {{\n  source = "http://{}/x.zip"\n}}\n'),
    "modules.example.com": ("main.tf", 'module "x" {{\n  source = "{}/acme/x/aws"\n}}\n'),
    "providers.example.com": ("main.tf", PROVIDER),
    "198.51.100.4": ("zzz_override.tf", LATE),
    "198.51.100.5": ("main.tf", f'check "x" {{{{\n{REMOTE}{ASSERT}}}}}\n'),
}
_EACH = """
import sys
from scaleproof.errors import ScaleproofError
from scaleproof.providers.session import StandIns
from scaleproof.terraform.root import Root
allowed, *roots = sys.argv[1:]
with StandIns() as standins:
    for directory in roots:
        with Root(directory, standins=standins, allow_network=allowed == "allowed") as root:
            try:
                root.plan()
            except ScaleproofError as error:
                print(error)
"""


@pytest.mark.parametrize("word", ["allowed", "refused"])
def test_each_form(caged: list[str], users: dict[str, str], tmp_path: Path, word: str) -> None:
    roots = []
    for place, (file, text) in FORMS.items():
        roots.append(tmp_path / place)
        roots[-1].mkdir()
        (roots[-1] / "main.tf").touch()
        (roots[-1] / file).write_text(text.format(place))
    env = users | {"TF_REGISTRY_DISCOVERY_RETRY": "0"}
    ran = run(caged, "-c", _EACH, word, *map(str, roots), env=env)
    assert ran.returncode == 0, ran.stderr
    seen = reached(tmp_path)
    assert {place for place in FORMS if any(place in line for line in seen)} == (
        set(FORMS) if word == "allowed" else set()
    ), ran.stdout
    assert (word == "allowed") == bool(seen)


_BOTH = """
import json, subprocess, sys
for words in json.loads(sys.argv[1]):
    subprocess.run([sys.executable, "-m", *words], check=True)
"""
_TESTS = """
def test_a_plan(plan):
    assert plan({root!r}, **{variables!r}).changes
"""


def test_a_plan_and_a_test_of_one(caged: list[str], users: dict[str, str], tmp_path: Path) -> None:
    """Of a root with a backend, by a user with all settings for AWS."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "main.tf").write_text((REPOSITORY / ROOT / "main.tf").read_text())
    (root / "backend.tf").write_text(
        'terraform {\n  backend "s3" {\n    bucket  = "states"\n    key     = "speech"\n'
        '    region  = "eu-west-1"\n    profile = "work"\n  }\n}\n'
    )
    home = Path(users["HOME"])
    (home / ".netrc").write_text("machine 198.51.100.7 login me password secret\n")
    (home / ".aws/config").write_text(f"[profile work]\ncredential_process = touch {home / 'ran'}\n")
    variables = dict(value.split("=", 1) for value in VARIABLES[1::2])
    test = tmp_path / "test_root.py"
    test.write_text(_TESTS.format(root=str(root), variables=variables))
    words = [
        ["scaleproof", "plan", str(root), *VARIABLES],
        ["pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "-c", "/dev/null", str(test)],
    ]
    ran = run(caged, "-c", _BOTH, json.dumps(words), env=users | TOGETHER)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout
    assert reached(tmp_path) == []
    assert not (home / "ran").exists()
