"""Terraform cannot use the user's credentials, even if nothing were refused and it had no own namespace.

With network access it does use them, so each test can fail. All servers are on this machine.
"""

import base64

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.terraform import fence
from scaleproof.terraform.root import Root

from .conftest import listening, script

BACKEND = """
data "terraform_remote_state" "x" {{
  backend = "s3"
  config = {{
    bucket                      = "b"
    key                         = "k"
    region                      = "us-east-1"
    profile                     = "default"
    shared_config_files         = ["~/.aws/config"]
    endpoints                   = {{ s3 = "{url}" }}
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    max_retries                 = 0
  }}
}}
"""
ARCHIVE = 'module "x" {{\n  source = "{url}/x.zip"\n}}\n'
REPOSITORY = 'module "x" {{\n  source = "git::{url}/x.git"\n}}\n'


@pytest.fixture
def server():
    """The URL of a server that asks for a password, and the user names that it got."""
    callers = set()

    def answer(handler):
        scheme, _, rest = handler.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            callers.add(base64.b64decode(rest).decode().partition(":")[0])
        handler.send_response(401)
        handler.send_header("WWW-Authenticate", 'Basic realm="x"')
        handler.end_headers()

    with listening(answer) as url:
        yield url, callers


@pytest.fixture
def used(tmp_path, monkeypatch):
    """A file that exists after the user's program for credentials has run."""
    home, canary = tmp_path / "home", tmp_path / "used"
    (home / ".aws").mkdir(parents=True)
    found = """echo '{"Version": 1, "AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "x"}'"""
    program = script(tmp_path / "program", f"touch '{canary}'\n{found}")
    (home / ".aws/config").write_text(f"[default]\ncredential_process = {program}\n")
    (home / ".gitconfig").write_text(f"[credential]\n  helper = {program}\n")
    (home / ".netrc").touch()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_TERMINAL_PROMPT", "0")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return canary


@pytest.mark.parametrize("allowed", [False, True])
@pytest.mark.parametrize(
    ("text", "runs", "caller"), [(BACKEND, True, False), (ARCHIVE, False, True), (REPOSITORY, True, True)]
)
def test_backends_and_getters(write, standins, used, server, monkeypatch, text, runs, caller, allowed):
    url, callers = server
    monkeypatch.setattr(fence, "check_configuration", lambda *_, **__: None)
    monkeypatch.setattr(Root, "own_namespace", False)
    netrc = "machine {} login me password secret\n"
    hosts = (url.removeprefix("http://"), "127.0.0.1")  # Terraform needs the port, git does not
    (used.parent / "home/.netrc").write_text("".join(map(netrc.format, hosts)))
    root = Root(write(root__main=text.format(url=url)), standins=standins, allow_network=allowed)
    with root, pytest.raises(ScaleproofError):
        root.plan()
    assert used.exists() == (allowed and runs)
    assert callers == ({"me"} if allowed and caller else set())


def test_the_users_home_is_neither_read_nor_written(write, standins, used, tmp_path, monkeypatch):
    """With a Terraform that stays loaded, or one for each command. Only the cache is written, which may be in it."""
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path / "cache"))
    root = write(
        root__main='output "seen" {\n  value = fileset(pathexpand("~"), "**")\n}\nresource "terraform_data" "x" {\n}\n'
    )
    home = used.parent / "home"
    before = sorted(home.rglob("*"))
    with Root(root, standins=standins) as planned:
        planned.apply()
        assert planned.state().outputs == {"seen": []}
    assert sorted(home.rglob("*")) == before
    with Root(root, standins=standins, allow_network=True) as planned:
        assert ".netrc" in planned.plan().outputs["seen"]
