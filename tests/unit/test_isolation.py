"""Nothing reaches AWS, and no program gets a credential, whatever the user has for AWS.

An audit hook sees what the command itself connects to and which variables it gives to each program. What Terraform
and LocalStack would reach elsewhere goes to the proxy that the variables name, which writes it down.
"""

import ipaddress
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parent / "roots" / "endpoint"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.0"
VARIABLES = ["--var", "region=us-east-1", "--var", f"image={IMAGE}"]
STUDY = ["--traffic", "step:top=60,days=0.2", "--no-advice", "--max-concurrency", "ml.g6.2xlarge=12"]
COMMANDS = {"plan": [], "apply": [], "simulate": [*STUDY, "--max-concurrency", "ml.g6e.2xlarge=16"]}
SECRET = "ASIASECRETOFTHEUSER"
KEYS = {"aws_access_key_id": SECRET, "aws_secret_access_key": SECRET}
WATCHED = """
import json, sys
from scaleproof.cli import main

def watch(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        print("connects", arguments[1][0], file=log, flush=True)
    if event == "subprocess.Popen" and arguments[3] is not None:
        print("starts", json.dumps(dict(arguments[3])), file=log, flush=True)

log = open(sys.argv[1], "a")
sys.addaudithook(watch)
main(sys.argv[2:])
"""


@pytest.fixture
def proxy():
    """The URL of a proxy that refuses all requests, and what was asked of it."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def refuse(self):
            asked.append(self.path)
            self.send_error(502)

        do_CONNECT = do_GET = do_HEAD = do_POST = refuse  # noqa: N815

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def user(tmp_path, proxy, new_cache):
    """The variables of a user with credentials in every usual place."""
    url, _ = proxy
    home = tmp_path / "home"
    (home / ".aws" / "sso" / "cache").mkdir(parents=True)
    lines = "\n".join(f"{name} = {value}" for name, value in KEYS.items())
    (home / ".aws" / "credentials").write_text(f"[default]\n{lines}\n[work]\n{lines}\n")
    used = f"credential_process = touch {tmp_path / 'used'}"
    sso = "sso_session = work\nsso_account_id = 123456789012\nsso_role_name = work"
    (home / ".aws" / "config").write_text(
        f"[default]\nregion = eu-west-1\n{used}\n[profile work]\n{sso}\n"
        "[sso-session work]\nsso_region = eu-west-1\nsso_start_url = https://work.awsapps.com/start\n"
    )
    token = {"accessToken": SECRET, "expiresAt": "2099-01-01T00:00:00Z", "region": "eu-west-1"}
    (home / ".aws" / "sso" / "cache" / "work.json").write_text(json.dumps(token))
    own = {
        **{name.upper(): SECRET for name in (*KEYS, "aws_session_token")},
        **{"AWS_PROFILE": "work", "AWS_REGION": "eu-west-1", "AWS_WEB_IDENTITY_TOKEN_FILE": __file__},
        **{"AWS_ENDPOINT_URL_SAGEMAKER": "https://sagemaker.eu-west-1.amazonaws.com", "AWS_USE_FIPS_ENDPOINT": "true"},
        **{"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/credentials", "AWS_EC2_METADATA_SERVICE_ENDPOINT": url},
        **{"HOME": str(home), "SCALEPROOF_CACHE": str(new_cache(tmp_path / "cache"))},
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), url),
    }
    dropped = ("AWS_", "LOCALSTACK_", "NO_PROXY", "no_proxy")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)} | own


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_reaches_aws_or_hands_on_a_credential(command, user, proxy, tmp_path):
    words = [command, str(ROOT), *VARIABLES, *COMMANDS[command]]
    log = tmp_path / "log"
    ran = subprocess.run(
        [sys.executable, "-c", WATCHED, str(log), *words], env=user, capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    seen = [line.partition(" ") for line in log.read_text().splitlines()]
    reached = {rest for what, _, rest in seen if what == "connects"}
    assert [address for address in reached if not ipaddress.ip_address(address).is_loopback] == []
    started = [json.loads(rest) for what, _, rest in seen if what == "starts"]
    terraforms, stacks = (
        [given for given in started if name in given] for name in ("TF_IN_AUTOMATION", "GATEWAY_LISTEN")
    )
    assert {given["AWS_SHARED_CREDENTIALS_FILE"] for given in terraforms} == {os.devnull}
    assert len(stacks) == (command == "apply")
    for given in (*terraforms, *stacks):
        assert SECRET not in given.values()
        assert "AWS_PROFILE" not in given
    _, asked = proxy
    assert asked == []
    assert not (tmp_path / "used").exists()
