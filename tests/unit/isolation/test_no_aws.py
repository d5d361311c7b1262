"""Nothing reaches AWS, whatever settings the user has for it.

The cage sees every attempt of all processes of a command. test_demo.py has a command that starts LocalStack
and applies. Without the cage, the audit hook at the end still sees what this package's own clients do.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .settings import CLIENTS, SETTINGS, TOGETHER, WORLD

REPOSITORY = Path(__file__).resolve().parents[3]
ROOT = "tests/unit/roots/endpoint"
VARIABLES = (
    *("--var", "region=us-east-1"),
    *("--var", "image=123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.0"),
)
NAME = "sagemaker.us-east-1.amazonaws.com"


def run(words, *arguments, env):
    command = [*words, sys.executable, *arguments]
    return subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, timeout=300)


def reached(tmp_path):
    return (tmp_path / "report").read_text().splitlines()


@pytest.mark.parametrize("address", ["169.254.169.254", "198.51.100.7", "2001:db8::7"])
def test_the_cage_sees_an_attempt(caged, users, tmp_path, address):
    """By a child of a child process."""
    connect = f"import socket; socket.create_connection(({address!r}, 8080), 5)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {connect!r}])"
    assert run(caged, "-c", child, env=users).returncode == 0
    # The next line is the refusal.
    assert reached(tmp_path)[0] == f"{address} port 8080"


def test_the_cage_sees_a_name_lookup(caged, users, tmp_path):
    run(caged, "-c", f"import socket; socket.gethostbyname({NAME!r})", env=users)
    assert [line for line in reached(tmp_path) if line.endswith(f"port 53 for {NAME}")]


_PLAN = """
import json, os, sys
from scaleproof.cli import app, configurations
settings, *arguments = sys.argv[1:]

for name, setting in json.loads(settings).items():
    # One fork for each setting, after the imports.
    if (child := os.fork()) == 0:
        os.environ.update(setting)
        app.main(["plan", *arguments])
    if code := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        sys.exit(f"{name}: the plan ended with {code}")
"""


@pytest.mark.nightly
def test_a_plan_with_each_setting(caged, users, tmp_path):
    """One by one: together, some would hide others."""
    ran = run(caged, "-c", _PLAN, json.dumps(SETTINGS), ROOT, *VARIABLES, env=users)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("0 to destroy.") == len(SETTINGS)
    assert reached(tmp_path) == []


@pytest.mark.parametrize("command", ["plan", "apply", "demo"])
def test_aws_is_refused_even_if_the_user_names_it(caged, users, tmp_path, command):
    """Which addresses belong to AWS is in tests/unit/localstack/test_connection.py."""
    url = "https://sagemaker.us-east-1.amazonaws.com"
    words = ("-m", "scaleproof", command, *(() if command == "demo" else (ROOT, *VARIABLES)))
    ran = run(caged, *words, env=users | {"AWS_ENDPOINT_URL": url, "SCALEPROOF_PROVIDERS": "registry"})
    assert ran.returncode == 2
    assert f"The endpoint {url} belongs to AWS. scaleproof only calls LocalStack." in ran.stderr
    assert reached(tmp_path) == []


_SUBSCRIBE = """
import sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from scaleproof.localstack.start import start

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(200)
        self.end_headers()

local = HTTPServer(("127.0.0.1", 0), Handler)
local.timeout = 60
with start() as stack:
    sns = stack.connection().client("sns")
    topic = sns.create_topic(Name="speech")["TopicArn"]
    for address in (sys.argv[1], f"http://127.0.0.1:{local.server_port}"):
        # SNS asks each address to confirm.
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=address)
    local.handle_request()
"""


@pytest.mark.nightly
def test_localstack_does_not_send_what_a_resource_asks_it_to(caged, users, tmp_path):
    """The registry's providers make any resource of a stranger's root."""
    ran = run(caged, "-c", _SUBSCRIBE, WORLD, env=users)
    assert ran.returncode == 0, ran.stderr
    assert reached(tmp_path) == []


_WATCH = """
import json, os, sys
from scaleproof.localstack.connection import Connection
url, settings, services = map(json.loads, sys.argv[1:])

def reached(setting):
    seen = []
    def watch(event, arguments):
        if event == "socket.connect" and isinstance(arguments[1], tuple):
            seen.append(arguments[1][0])
        if event == "socket.getaddrinfo":
            seen.append(arguments[0])
    sys.addaudithook(watch)
    os.environ.update(setting)
    connection = Connection(url, "111122223333")
    for service in services:
        client = connection.client(service)
        assert client.meta.endpoint_url == url, client.meta.endpoint_url
        assert client._request_signer._credentials.access_key == "111122223333"
    connection.client("sts").get_caller_identity()
    connection.client("s3").list_buckets()
    return seen

for name, setting in settings.items():
    # One fork for each setting, after the imports.
    if (child := os.fork()) == 0:
        print(json.dumps([name, reached(setting)]), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_clients_only_reach_this_machine(cloud, users):
    settings = SETTINGS | {"together": TOGETHER}
    arguments = (cloud.endpoint_url, settings, CLIENTS)
    ran = run([], "-c", _WATCH, *map(json.dumps, arguments), env=users)
    addresses = {name: set(seen) for name, seen in map(json.loads, ran.stdout.splitlines())}
    assert addresses == {name: {"127.0.0.1"} for name in settings}, ran.stderr
