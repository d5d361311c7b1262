"""Nothing reaches AWS, whatever the user has set for real work: tried in a world where every attempt is seen.

The cage sees all processes: the command, LocalStack, Terraform. Where the system forbids namespaces, the
audit hook at the end still sees what this package's own clients do.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
CAGE = Path(__file__).with_name("cage.py")
VARIABLES = (
    *("--var", "region=us-east-1"),
    *("--var", "image=123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.0"),
)
NAME = "sagemaker.us-east-1.amazonaws.com"
WORLD = "http://198.51.100.7:8080"  # TEST-NET-2, RFC 5737
CONFIG = """
[default]
region = eu-west-1
endpoint_url = https://sagemaker.eu-west-1.amazonaws.com
[profile work]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/work
credential_source = Ec2InstanceMetadata
endpoint_url = https://sagemaker.eu-west-1.amazonaws.com
services = work
use_fips_endpoint = true
defaults_mode = auto
[services work]
sagemaker =
  endpoint_url = https://sagemaker.eu-west-1.amazonaws.com
"""
KEYS = """
[default]
aws_access_key_id = ASIDEEXAMPLEEXAMPLE
aws_secret_access_key = secret
"""
SERVICES = ("SAGEMAKER", "SAGEMAKER_RUNTIME", "S3", "IAM", "STS", "CLOUDCONTROL", "APPLICATION_AUTO_SCALING")
CLIENTS = ("sagemaker", "sagemaker-runtime", "s3", "iam", "sts", "cloudcontrol", "application-autoscaling")
SETTINGS: dict[str, dict[str, str]] = {
    "credentials": {
        "AWS_ACCESS_KEY_ID": "ASIDEEXAMPLEEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_REGION": "eu-west-1",
    },
    "profile": {"AWS_PROFILE": "work", "AWS_SDK_LOAD_CONFIG": "1"},
    "missing profile": {"AWS_PROFILE": "missing", "AWS_DEFAULT_PROFILE": "missing"},
    "endpoints": {f"AWS_ENDPOINT_URL_{name}": "https://eu-west-1.amazonaws.com" for name in SERVICES},
    "special endpoints": {
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_DEFAULTS_MODE": "auto",
        "AWS_CSM_ENABLED": "true",
        "AWS_CSM_HOST": "198.51.100.7",
    },
    "proxies": {
        name: WORLD for word in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY") for name in (word, word.lower())
    },
    "metadata": {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{WORLD}/credentials",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": WORLD,
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
    },
    "identity": {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(CAGE),
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/work",
    },
}
TOGETHER = {name: value for setting in SETTINGS.values() for name, value in setting.items()} | SETTINGS[
    "profile"
]


@pytest.fixture
def users(tmp_path: Path, new_cache: Callable[[Path], Path]) -> dict[str, str]:
    """The environment of a user with an account of AWS, and a cache with LocalStack's environment in it."""
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "config").write_text(CONFIG)
    (home / ".aws" / "credentials").write_text(KEYS)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOCALSTACK_"))}
    return kept | {"HOME": str(home), "SCALEPROOF_CACHE": str(new_cache(tmp_path / "cache"))}


@pytest.fixture
def caged(tmp_path: Path, users: dict[str, str]) -> list[str]:
    """The words before a program that runs in the cage; skips where there can be none."""
    words = [*("unshare", "--map-root-user", "--net"), sys.executable, str(CAGE), str(tmp_path / "report")]
    if not (sys.platform == "linux" and shutil.which("unshare") and shutil.which("ip")):
        pytest.skip("network namespaces need Linux with unshare and ip")
    tried = subprocess.run([*words, "true"], capture_output=True, text=True, env=users, check=False)
    if tried.returncode:
        pytest.skip(f"this system allows no network namespaces: {tried.stderr.strip().splitlines()[-1]}")
    return words


def run(words: list[str], *arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [*words, sys.executable, *arguments]
    return subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, timeout=300)


def reached(tmp_path: Path) -> list[str]:
    return (tmp_path / "report").read_text().splitlines()


@pytest.mark.parametrize("address", ["169.254.169.254", "198.51.100.7", "2001:db8::7"])
def test_the_cage_sees_an_attempt(
    caged: list[str], users: dict[str, str], tmp_path: Path, address: str
) -> None:
    """By a child of a child, as all that follows could be one."""
    connect = f"import socket; socket.create_connection(({address!r}, 8080), 5)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {connect!r}])"
    assert run(caged, "-c", child, env=users).returncode == 0
    # What follows is the refusal, to the port that the attempt came from.
    assert reached(tmp_path)[0] == f"{address} port 8080"


def test_the_cage_sees_a_name_that_is_looked_up(
    caged: list[str], users: dict[str, str], tmp_path: Path
) -> None:
    run(caged, "-c", f"import socket; socket.gethostbyname({NAME!r})", env=users)
    assert [line for line in reached(tmp_path) if line.endswith(f"port 53 for {NAME}")]


def test_a_demo_with_every_setting_at_once(caged: list[str], users: dict[str, str], tmp_path: Path) -> None:
    """LocalStack starts, Terraform applies and destroys, requests are sent: the world hears nothing."""
    ran = run(caged, "-m", "scaleproof", "demo", "examples/complete", env=users | TOGETHER)
    assert ran.returncode == 0, ran.stderr
    assert "Destroyed: no endpoint and no resource is left." in ran.stdout
    assert reached(tmp_path) == []


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_plan_with_each_setting(
    caged: list[str], users: dict[str, str], tmp_path: Path, setting: str
) -> None:
    ran = run(
        caged, *("-m", "scaleproof", "plan", "examples/realtime"), *VARIABLES, env=users | SETTINGS[setting]
    )
    assert ran.returncode == 0, ran.stderr
    assert reached(tmp_path) == []


@pytest.mark.parametrize(
    "url", ["https://sagemaker.us-east-1.amazonaws.com", "https://s3.cn-north-1.amazonaws.com.cn"]
)
@pytest.mark.parametrize("command", ["plan", "apply", "demo"])
def test_aws_is_refused_even_where_it_is_named(
    caged: list[str], users: dict[str, str], tmp_path: Path, url: str, command: str
) -> None:
    more = () if command == "demo" else VARIABLES
    words = ("-m", "scaleproof", command, "examples/realtime", *more)
    ran = run(caged, *words, env=users | {"AWS_ENDPOINT_URL": url, "SCALEPROOF_PROVIDERS": "registry"})
    assert ran.returncode == 1
    assert f"The endpoint {url} belongs to AWS; scaleproof only speaks to LocalStack." in ran.stderr
    assert reached(tmp_path) == []


_WATCH = """
import json, sys
seen = []
def watch(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        seen.append(arguments[1][0])
    if event == "socket.getaddrinfo":
        seen.append(arguments[0])
sys.addaudithook(watch)
from scaleproof.cloud.connection import Connection
connection = Connection(sys.argv[1], "111122223333")
for service in sys.argv[2:]:
    client = connection.client(service)
    assert client.meta.endpoint_url == sys.argv[1], client.meta.endpoint_url
    assert client._request_signer._credentials.access_key == "111122223333"
connection.client("sts").get_caller_identity()
connection.client("s3").list_buckets()
print(json.dumps(seen))
"""


@pytest.mark.parametrize("setting", [*SETTINGS, "together"])
def test_clients_lead_where_they_should(cloud_url: str, users: dict[str, str], setting: str) -> None:
    env = users | (TOGETHER if setting == "together" else SETTINGS[setting])
    ran = run([], "-c", _WATCH, cloud_url, *CLIENTS, env=env)
    assert ran.returncode == 0, ran.stderr
    assert set(json.loads(ran.stdout)) == {"127.0.0.1"}
