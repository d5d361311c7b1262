"""What is refused without network access by what Terraform says of a root, and what is planned.

That nothing is reached or run is in tests/unit/isolation/test_reach.py.
"""

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from scaleproof.errors import ExitCode, ScaleproofError
from scaleproof.terraform import executable, fence, workdir
from scaleproof.terraform.diagnostics import InitFailed, PlanFailed
from scaleproof.terraform.executable import Executable
from scaleproof.terraform.root import Root

from .conftest import listening, state_of_random

REMOTE = 'data "terraform_remote_state" "x" {{\n  backend = {}\n}}\n'
MODULE = 'module "x" {{\n  source = {}\n}}\n'
ADVICE = "Or allow the network with --allow-network (in pytest: --scaleproof-allow-network)."


@pytest.fixture(autouse=True)
def offline(standins):
    if standins is None:
        pytest.skip("these tests are about the stand-ins")


def refusal(root, standins, act="plan", **options):
    """The error in place of a plan."""
    with Root(root, standins=standins, **options) as planned, pytest.raises(ScaleproofError) as raised:
        getattr(planned, act)()
    assert raised.value.exit_code is ExitCode.WRONG
    assert ADVICE in raised.value.advice
    return raised.value


def test_a_module_that_is_gone_is_terraforms_to_say(write, standins):
    root = write(root__main=MODULE.format('"./m"'), root__m__main="")
    with Root(root, standins=standins) as planned:
        planned.plan()
        (root / "m" / "main.tf").unlink()
        (root / "m").rmdir()
        with pytest.raises(PlanFailed):
            planned.plan()


BACKENDS = {
    "s3": 'bucket = "b", key = "k", region = "us-east-1"',
    "http": 'address = "http://127.0.0.1:1/"',
    "consul": 'path = "x"',
    "gcs": 'bucket = "b"',
    "pg": 'conn_str = "postgres://127.0.0.1:1/x"',
    "kubernetes": 'secret_suffix = "x"',
}


@pytest.mark.parametrize("name", BACKENDS)
def test_a_remote_state_is_refused(write, standins, name):
    text = REMOTE.format(f'"{name}"\n  config = {{ {BACKENDS[name]} }}')
    error = refusal(write(root__main=text), standins)
    assert f'data.terraform_remote_state.x reads a state from the backend "{name}"' in error.message


@pytest.mark.parametrize("workspace", ['"made"', "var.x", '"../../made"'])
def test_a_workspace_of_a_local_state_makes_no_directory(write, standins, tmp_path, workspace):
    """Terraform's local backend makes it, before it says that there is no state; where a link leads, it knows alone."""
    config = f'"local"\n  workspace = {workspace}\n  config = {{ workspace_dir = "{tmp_path}/below" }}'
    root = write(root__main='variable "x" {\n  default = "made"\n}\n' + REMOTE.format(config))
    assert "data.terraform_remote_state.x reads a state of a workspace" in refusal(root, standins).message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["root"]


@pytest.mark.parametrize(
    ("backend", "workspace", "refused"),
    [
        ('"s3"', '"feature"', True),
        ("var.x", "var.x", True),
        ('"s3"', '"default"', False),
        ('"http"', '"feature"', False),
    ],
)
def test_with_network_access_no_workspace_is_made_in_s3(write, standins, backend, workspace, refused):
    """The backend of S3 writes an empty state for a workspace that it does not find."""
    settings = (
        '{ address = "http://127.0.0.1:1" }'
        if "http" in backend
        else '{ bucket = "b", key = "k", region = "us-east-1" }'
    )
    config = f"{backend}\n  workspace = {workspace}\n  config = {settings}"
    root = write(
        root__main=MODULE.format('"./m"') + 'variable "x" {\n  default = "s3"\n}\n',
        root__m__main=REMOTE.format(config) + 'variable "x" {\n  default = "s3"\n}\n',
    )
    with Root(root, standins=standins, allow_network=True) as planned:
        planned.init()
        if refused:
            with pytest.raises(ScaleproofError, match="This would write to S3") as raised:
                planned.check()
            assert "module.x.data.terraform_remote_state.x reads a state of a workspace" in raised.value.message
            assert "--allow-network" not in str(raised.value)
        else:
            planned.check()


@pytest.mark.parametrize("workspace", ["", '  workspace = "default"\n'])
def test_a_local_state_is_read(write, planned, tmp_path, workspace):
    config = f'"local"\n{workspace}  config = {{ path = "{tmp_path}/terraform.tfstate" }}'
    (tmp_path / "terraform.tfstate").write_text('{"version": 4, "serial": 1, "lineage": "x", "outputs": {}}')
    planned(write(root__main=REMOTE.format(config)))


@pytest.mark.parametrize(
    "text",
    [
        'variable "x" {\n  default = "http"\n}\n' + REMOTE.format("var.x"),
        REMOTE.format('"http"').replace("_remote", "_\\u0072emote"),
        REMOTE.format('"http"').replace('"terraform_remote_state" "x"', "terraform_remote_state x"),
        "\ufeff" + REMOTE.format('"http"'),
        "/*\n*/ " + REMOTE.format('"http"'),
        REMOTE.format('"http"').replace("data ", "data /* \n */ "),
    ],
)
def test_in_each_way_to_write_it(write, standins, text):
    assert "data.terraform_remote_state.x reads a state" in str(refusal(write(root__main=text), standins))


def test_behind_a_link_that_leads_terraform_elsewhere(write, standins, monkeypatch, tmp_path):
    root = write(root__main=MODULE.format('"./m"'), root__m__other="")
    (root / "m" / "main.tf").symlink_to("/proc/self/cwd/notes.txt")
    (root / "notes.txt").write_text(REMOTE.format('"http"'))  # what Terraform reads, which runs there
    (tmp_path / "notes.txt").touch()
    monkeypatch.chdir(tmp_path)
    assert "module.x.data.terraform_remote_state.x reads a state" in str(refusal(root, standins))


@pytest.mark.parametrize("here", [".", "root"])
@pytest.mark.parametrize("place", ["proc/self/cwd/evil", "proc/thread-self/cwd/evil", "proc/self/../self/cwd/evil"])
def test_in_a_module_that_init_links(write, standins, monkeypatch, tmp_path, place, here):
    """Where the link leads, this process sees another directory than Terraform, which runs elsewhere, or none."""
    root = write(root__main=MODULE.format(f'"file:///{place}"'), root__evil__a=REMOTE.format('"http"'), evil__a="")
    monkeypatch.chdir(tmp_path / here)
    assert "module.x.data.terraform_remote_state.x reads a state" in str(refusal(root, standins))


def test_with_a_cache_inside_the_checkout(write, standins, monkeypatch, tmp_path):
    root = write(root__main=MODULE.format('"./m"'))
    (root / "notes.txt").write_text(REMOTE.format('"http"'))
    (tmp_path / "notes.txt").touch()
    (tmp_path / "a.tf").symlink_to("/proc/self/cwd/notes.txt")
    (root / "m").symlink_to("..")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".cache").mkdir()
    monkeypatch.setattr(workdir, "work_directory", lambda: tmp_path / ".cache")
    assert "module.x.data.terraform_remote_state.x reads a state" in str(refusal(root, standins))


@pytest.mark.parametrize("linked", [False, True])
def test_a_module_above_its_root_is_looked_at_twice_only_behind_a_link(standins, tmp_path, linked):
    """A link of the module, and not one that the working directory has for each file above the root."""
    module, root = tmp_path / "module", tmp_path / "module" / "examples" / "one"
    root.mkdir(parents=True)
    (root / "main.tf").write_text(MODULE.format('"../.."'))
    (tmp_path / "real.tf").touch()
    (module / "main.tf").symlink_to("../real.tf") if linked else (module / "main.tf").touch()
    with Root(root, standins=standins) as planned:
        planned.init()
        assert fence.needs_preview(planned._work, applying=True, with_registry=False, allow_network=False) == linked


def test_no_root_can_make_the_preview_read(write, standins):
    """A resource under the name of the preview's target would have its data read before it is refused."""
    script = "from scaleproof.terraform import root; print(root._NOTHING)"
    targets = [subprocess.check_output([sys.executable, "-c", script], text=True).strip() for _ in range(2)]
    named = "".join(
        f'resource "terraform_data" "{target.partition(".")[2]}" {{\n'
        "  input = data.terraform_remote_state.x.outputs\n}\n"
        for target in {*targets, "terraform_data.scaleproof_previews_nothing"}
    )
    error = refusal(write(root__main=REMOTE.format('"http"') + named), standins)
    assert 'data.terraform_remote_state.x reads a state from the backend "http"' in error.message
    assert targets[0] != targets[1]


def test_a_move_that_is_still_to_come_is_planned(write, standins, tmp_path):
    """Terraform refuses to plan a target beside it."""
    state = tmp_path / "it.tfstate"
    root = write(root__main='resource "terraform_data" "x" {}\n')
    with Root(root, standins=standins, state=state) as applied:
        applied.apply()
    moved = "moved {\n  from = terraform_data.x\n  to   = terraform_data.y\n}\n"
    write(root__main=f'# no provisioner\n{moved}resource "terraform_data" "y" {{}}\n')
    with Root(root, standins=standins, state=state) as applied:
        applied.apply()
        assert set(applied.state().resources) == {"terraform_data.y"}


def test_in_json_and_in_modules_below_and_all_at_once(write, standins):
    root = write(root__main=MODULE.format('"../a"'), a__main=REMOTE.format('"pg"'))
    document = {"data": [{"terraform_\\u0072emote_state": {"y": [{"backend": "http"}]}}]}
    (root / "more.tf.json").write_text(json.dumps(document).replace("\\\\u", "\\u"))
    assert refusal(root, standins).message.splitlines()[1:] == [
        '  data.terraform_remote_state.y reads a state from the backend "http"',
        '  module.x.data.terraform_remote_state.x reads a state from the backend "pg"',
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MODULE.format('"git::https://198.51.100.7/x.git"'), 'code from "git::https://198.51.100.7/x.git"'),
        (MODULE.format('"acme/x/aws"'), "(main.tf:1)"),
        (MODULE.format('"s3::https://s3-eu-west-1.amazonaws.com/bucket/x.zip"'), "Failed to download module"),
        ('data "http" "x" {\n}\n', "hashicorp/http"),
        ('resource "random_id" "x" {\n}\n', "hashicorp/random"),
        ('terraform {\n  required_providers {\n    aws = { source = "acme/aws" }\n  }\n}\n', "acme/aws"),
    ],
)
def test_what_init_would_fetch_fails_with_terraforms_own_place(write, standins, text, words):
    error = refusal(write(root__main=text), standins)
    assert isinstance(error, InitFailed)
    assert words in error.message


def test_a_provider_of_the_state_is_not_fetched(write, standins, tmp_path):
    state = tmp_path / "it.tfstate"
    state.write_text(state_of_random())
    assert "hashicorp/random" in refusal(write(root__main=""), standins, state=state).message


@pytest.mark.parametrize("act", ["apply", "destroy"])
def test_provisioners_are_refused_if_they_would_run(write, standins, planned, act):
    text = 'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n    command = "false"\n  }\n}\n'
    root = write(root__main=MODULE.format('"./m"'), root__m__main=text)
    error = refusal(root, standins, act)
    assert "module.x.terraform_data.x: provisioner.local-exec runs a program" in error.message
    assert len(planned(root).changes) == 1


ALLOWED = (
    REMOTE.format('"local"').replace("}\n", '  config  = { path = "state.json" }\n}\n'),
    MODULE.format('"./m"'),
    MODULE.format('"{absolute}"'),
    MODULE.format('"file://{absolute}"'),
    'data "aws_caller_identity" "x" {}\nprovider "aws" {\n  profile = "work"\n}\n',
    'terraform {\n  required_providers {\n    speech = { source = "HashiCorp/aws" }\n  }\n}\n'
    'data "aws_region" "x" {\n  provider = speech\n}\n',
    '# data "http" "x" {\nlocals {\n  x = <<-EOT\n    module "x" {\n    source = "acme/x/aws"\n  EOT\n}\n',
    "# a provisioner, or a terraform_remote_state\nlocals {\n  data = {}\n  module = { source = 1 }\n}\n",
    "moved {\n  from = random_id.x\n  to   = random_id.y\n}\n",
    'terraform {\n  backend "s3" {}\n}\n',
    "terraform {\n  cloud {}\n}\n",
)


@pytest.mark.parametrize("text", ALLOWED)
def test_what_needs_no_network_is_planned(write, planned, text):
    root = write(root__main="", root__m__main="")
    (root / "state.json").write_text('{"version": 4, "serial": 1, "lineage": "x", "outputs": {}, "resources": []}')
    write(root__main=text.replace("{absolute}", str(root / "m")))
    (root / ".#main.tf").symlink_to("an editor's lock")
    planned(root)


def test_a_copy_of_a_module_is_read_in_its_place(write, standins, planned):
    root = write(root__main=MODULE.format('"acme/x/aws"'), copy__main="")
    copies = {"acme/x/aws": root.parent / "copy"}
    planned(root, sources=copies)
    write(copy__main=REMOTE.format('"http"'))
    assert "module.x.data.terraform_remote_state.x" in refusal(root, standins, sources=copies).message


@pytest.fixture
def server():
    """The URL of a server on this machine, and the paths that it was asked for."""
    asked = []

    packed = BytesIO()
    with ZipFile(packed, "w") as module:
        module.writestr("main.tf", "")

    def answer(handler):
        asked.append(handler.path)
        if not handler.path.startswith("/x.zip"):
            handler.send_error(404)
            return
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(packed.getvalue())))
        handler.end_headers()
        if handler.command == "GET":
            handler.wfile.write(packed.getvalue())

    with listening(answer) as url:
        yield url, asked


@pytest.mark.parametrize("form", ["state", "backend", "allowed"])
def test_a_state_on_this_machine_is_not_asked_for(write, planned, server, monkeypatch, form):
    """Where Terraform has a network: no proxy stands before the loopback."""
    monkeypatch.setattr(Root, "own_namespace", False)
    url, asked = server
    config = f'config = {{ address = "{url}/state", retry_max = 0 }}'
    state = REMOTE.format('"http"').replace("}\n", f"  {config}\n}}\n")
    backend = f'terraform {{\n  backend "http" {{\n    address = "{url}/state"\n  }}\n}}\n'
    root = write(root__main=backend if form == "backend" else state)
    with nullcontext() if form == "backend" else pytest.raises(ScaleproofError):
        planned(root, allow_network=form == "allowed")
    assert bool(asked) == (form == "allowed")


@pytest.mark.parametrize("allowed", [False, True])
def test_a_module_that_was_fetched_is_refused_before_a_plan(write, standins, planned, server, monkeypatch, allowed):
    """From this machine, where Terraform has a network."""
    monkeypatch.setattr(Root, "own_namespace", False)
    url, asked = server
    root = write(root__main=MODULE.format(f'"{url}/x.zip"'))
    if allowed:
        planned(root, allow_network=True)
    else:
        error = refusal(root, standins)
        assert f'module.x comes from "{url}/x.zip"' in error.message
        assert f"--source {url.removeprefix('http://')}/x.zip=DIR" in error.advice
    assert asked


@pytest.mark.parametrize(
    ("key", "copies", "named"), [("x", (), True), ("x", ("acme/x/aws",), False), ("w.x", (), False)]
)
def test_a_copy_of_a_fetched_module_is_advised_where_it_helps(tmp_path, key, copies, named):
    (tmp_path / ".terraform/modules").mkdir(parents=True)
    module = {"Key": key, "Source": "acme/x/aws", "Dir": "x"}
    (tmp_path / ".terraform/modules/modules.json").write_text(json.dumps({"Modules": [module]}))
    with pytest.raises(ScaleproofError) as raised:
        fence.check_modules(tmp_path, copies)
    assert ("--source acme/x/aws=DIR" in raised.value.advice) == named
    assert ("a local path" in raised.value.advice) != named


PROVIDER = 'provider "aws" {{\n  region = "us-east-1"\n  {}\n}}\n'
REMOTE_URL = "http://198.51.100.7:4566"
LOCAL = 'endpoints {\n    sts = "http://127.0.0.1:4566"\n  }'


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (f'endpoints {{\n    sts = "{REMOTE_URL}"\n  }}', "provider.aws sets endpoints"),
        ("endpoints {\n    sts = var.x\n  }", "provider.aws sets endpoints"),
        (f'endpoints {{\n    sts = lower("{REMOTE_URL}")\n  }}', "provider.aws sets endpoints"),
        ('endpoints {\n    sts = "https://sts.us-east-1.amazonaws.com"\n  }', "provider.aws sets endpoints"),
        (f'{LOCAL}\n  endpoints {{\n    sts = "{REMOTE_URL}"\n  }}', "provider.aws sets endpoints"),
        ('https_proxy = "http://127.0.0.1:3128"', "provider.aws sets https_proxy"),
        ("http_proxy = var.x", "provider.aws sets http_proxy"),
        ('https_proxy = ""', "provider.aws sets https_proxy"),
        ('no_proxy = "*"', "provider.aws sets no_proxy"),
        ('shared_config_files = ["/etc/aws/config"]', "provider.aws sets shared_config_files"),
        (LOCAL, ""),
        ("http_proxy = null\n  shared_config_files = []\n  profile = null", ""),
    ],
)
@pytest.mark.parametrize("allowed", [False, True])
def test_settings_of_the_registrys_providers_that_bypass_localstack(write, standins, settings, words, allowed):
    """As Terraform shows them: here with stand-ins, whose blocks take the same."""
    text = 'variable "x" {\n  default = "http://198.51.100.7"\n}\n' + PROVIDER.format(settings)
    with Root(write(root__main=text), standins=standins) as planned:
        shown = planned.plan().raw
        registry = {"applying": False, "with_registry": True, "allow_network": allowed}
        assert fence.needs_preview(planned._work, **registry)
    if words:
        with pytest.raises(ScaleproofError, match=words):
            fence.check_configuration(shown, **registry)
    else:
        fence.check_configuration(shown, **registry)


ENCRYPTION = "terraform {{\n  encryption {{\n    {}\n  }}\n}}\n"


@pytest.mark.parametrize(
    ("file", "text", "kind"),
    [
        ("main.tf", ENCRYPTION.format('key_provider "aws_kms" "x" {}'), "aws_kms"),
        ("main.tofu", ENCRYPTION.format('key_provider /*\n*/ "external" /* */ "x" {}'), "a kind behind a comment"),
        ("main.tofu", ENCRYPTION.format('key_provider "external" /* */ "x" {}'), "external"),
        ("main.tofu", ENCRYPTION.format('key_provider "external" "x" /*\n*/ {}'), "external"),
        ("main.tf", ENCRYPTION.format("method external x {}"), "external"),
        ("main.tf", ENCRYPTION.format('method"external""x"{}'), "external"),
        ("main.tf", ENCRYPTION.format('key_provider "ext\\u0065rnal" "x" {}'), "ext\\u0065rnal"),
        (
            "main.tf",
            "# method unencrypted /*\n" + ENCRYPTION.format('method "external" "x" {}') + "# */ x {\n",
            "external",
        ),
        ("main.tf", "# encryption, key_provider pbkdf2 " + "/**/" * 1000, ""),
        ("main.tf", "# encryption\n" + "# key_provider pbkdf2 /* " * 100_000, ""),
        ("main.tf", "# encryption\n" + '# method "a" "\\"' * 100_000, ""),
        ("main.tf", "# encryption, a " + "method-" * 100_000, ""),
        ("main.tf.json", '{"terraform": {"encrypt\\u0069on": {}}}', "an encryption in JSON"),
        ("main.tf", ENCRYPTION.format('key_provider "pbkdf2" "x" {}\n    method "aes_gcm" "x" {}'), ""),
        ("main.tf", '# The method that "KMS" uses for encryption {\nlocals {\n  method = 1\n}\n', ""),
    ],
)
def test_keys_of_a_state_that_opentofu_would_get_elsewhere(tmp_path, file, text, kind):
    (tmp_path / file).write_text(text)
    if kind:
        with pytest.raises(ScaleproofError) as raised:
            fence.check_keys(tmp_path)
        assert f"{file}: {kind} is used to encrypt the state" in raised.value.message
    else:
        fence.check_keys(tmp_path)


@pytest.mark.parametrize("product", ["Terraform", "OpenTofu"])
def test_only_opentofu_gets_its_own_files_and_their_keys_are_looked_at(write, monkeypatch, product):
    monkeypatch.setattr(executable, "find", lambda: Executable(Path("none"), product=product))
    root = write(root__main="")
    (root / "more.tofu").write_text(ENCRYPTION.format('key_provider "external" "x" {}'))
    with Root(root) as opened:
        assert (opened._work.path / "more.tofu").exists() is (product == "OpenTofu")
        if product == "OpenTofu":
            with pytest.raises(ScaleproofError, match=r"more\.tofu: external is used to encrypt the state"):
                opened.init()
    with Root(root, allow_network=True) as opened:
        opened._update()


@pytest.mark.parametrize("kind", ["a pipe", "a device", "a link to nothing", "a long file"])
@pytest.mark.parametrize("place", ["root", "root/m"])
def test_a_file_that_terraform_could_not_read_is_one_clear_line(write, standins, kind, place):
    root = write(root__main=MODULE.format('"./m"'), root__m__main="")
    file = root.parent / place / "z.tf"
    if kind == "a pipe":
        os.mkfifo(file)
    elif kind == "a long file":
        with file.open("wb") as long:
            long.truncate(2**25)
    else:
        file.symlink_to("/dev/zero" if kind == "a device" else "nowhere")
    with pytest.raises(ScaleproofError, match=r"z\.tf cannot be read: it (is|has)") as raised:
        Root(root, standins=standins)
    assert raised.value.exit_code is ExitCode.WRONG


def test_a_pipe_that_nobody_looked_for_ends_the_command(write, planned, monkeypatch):
    """Terraform may know a source that only it can evaluate, and waits for somebody to write there."""
    monkeypatch.setattr("scaleproof.terraform.root.INIT_LIMIT", 2.0)
    root = write(root__main=MODULE.format('"./${"m"}"'), root__m__main="")
    os.mkfifo(root / "m" / "z.tf")
    with pytest.raises(ScaleproofError, match=r"terraform init did not end within 2 seconds.*a pipe"):
        planned(root)
