"""The environment variables in which Terraform runs; they keep it on this machine (decision 28)."""

from __future__ import annotations

import atexit
import os
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from scaleproof.errors import ScaleproofError
from scaleproof.localstack.connection import Connection
from scaleproof.processes import scratch
from scaleproof.processes.cache import private_directory, private_file, work_directory
from scaleproof.texts import is_utf8

REATTACH = "TF_REATTACH_PROVIDERS"
"""The variable that names running providers to Terraform."""
PROVISIONERS = ("file", "local-exec", "remote-exec")
"""What Terraform can run or copy by itself."""
_NOWHERE = "http://127.0.0.1:0"
"""A proxy that cannot be there: nothing can listen on port 0."""
_LOOPBACK = ("127.0.0.1", "::1")
"""Without names, whose subdomains would pass the proxy too, and be looked up."""

_DROPPED = (
    "AWS_",  # the user's own account
    "PYTEST_CURRENT_TEST",  # differs for each test, which would then need another process: see `resident`
    "TF_CLI_ARGS",
    "TF_DATA_DIR",
    "TF_LOG",
    REATTACH,
    "TF_WORKSPACE",
)
# The user's variables that Terraform gets without network access. Backends and getters read dozens of others,
# from ARM_CLIENT_SECRET to SSH_AUTH_SOCK.
_LOCAL = re.compile(r"(DY)?LD_\w+|GO(DEBUG|GC|MAXPROCS|MEMLIMIT)|LANG(UAGE)?|LC_\w+|TMPDIR|TZ|TF_VAR_.+")


def variables(connection: Connection | None, reattach: str | None, *, allow_network: bool = False) -> dict[str, str]:
    """The variables for one run of Terraform.

    `reattach`: the value of TF_REATTACH_PROVIDERS, None with the registry's providers. `allow_network`: also
    passes on what backends, module getters and installers of providers may use, the home directory included.

    The user's AWS variables are never passed on. The stand-ins get none: they know the connection. To others,
    AWS would refuse the credentials without a `connection`.

    Raises `ScaleproofError` for a TF_VAR_... that is not UTF-8.
    """
    users = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    for name, value in users.items():
        if name.startswith("TF_VAR_") and not is_utf8(value):  # Terraform would pass it on
            raise ScaleproofError(f"The value of {name} is not UTF-8.", advice="Set it again, in UTF-8, or unset it.")
    if allow_network:
        passed = users
    else:
        passed = {name: value for name, value in users.items() if _LOCAL.fullmatch(name)}
        passed |= _fence(connection)
    passed |= {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    # A run is short. With Go's default, collecting garbage takes a fifth of a plan's time.
    passed.setdefault("GOGC", "400")
    if reattach is not None:
        passed[REATTACH] = reattach
    if reattach is None or allow_network:
        passed |= _account(connection)
    return passed


def plugin_directory() -> Path:
    """An empty directory for `init -plugin-dir`: Terraform finds plugins nowhere else."""
    return _scratch() / "plugins"


def refusing_directory() -> Path:
    """A directory of plugins in which each of Terraform's own provisioners is a file that cannot be run.

    Such a file takes the place of the built-in one (internal/command/plugins.go of Terraform and OpenTofu:
    "might be overridden by discovered provisioners").
    """
    return _scratch() / "refusing"


def _fence(connection: Connection | None) -> dict[str, str]:
    """Variables with which nothing beyond this machine is reached, and no program is found by its name."""
    here = _scratch()
    host = urlsplit(connection.endpoint_url).hostname if connection else None
    return {
        # A program in Go needs no leave for localhost.
        **_proxies(*([host] if host and host != "localhost" else [])),
        "HOME": str(here / "home"),
        "PATH": str(here / "plugins"),  # which is empty
        "TF_CLI_CONFIG_FILE": str(here / "terraform.rc"),
        "TF_REGISTRY_DISCOVERY_RETRY": "0",
        # Getters ask the machine for credentials unless they have some, and no proxy stands before that.
        "AWS_EC2_METADATA_DISABLED": "true",
        "GOOGLE_APPLICATION_CREDENTIALS": os.devnull,
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
    }


def _proxies(*direct: str) -> dict[str, str]:
    """Variables with which a program in Go reaches this machine and the hosts `direct` only.

    Other languages compare the end of a host, which an address elsewhere may share (`[2001:db8::1]`).
    """
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    hosts = ",".join(dict.fromkeys([*_LOOPBACK, *direct]))
    return {
        **dict.fromkeys([word for name in names for word in (name, name.lower())], _NOWHERE),
        "NO_PROXY": hosts,
        "no_proxy": hosts,
    }


def _account(connection: Connection | None) -> dict[str, str]:
    none = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "us-east-1"}
    return {
        "AWS_EC2_METADATA_DISABLED": "true",
        # Without these, providers would read the user's profiles and SSO sessions from files.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        **(connection.environment() if connection else none),
    }


@cache
def _scratch() -> Path:
    """The directory of this process with an empty home, the plugin directories, and Terraform's settings.

    All commands share it, so that they have the same variables: see `resident`.
    """
    directory, owner = scratch.make("fence", base=work_directory()), os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # not in a fork
            scratch.remove(directory)

    atexit.register(remove)
    for name in ("home", "plugins", "refusing"):
        private_directory(directory / name)
    for name in PROVISIONERS:
        private_file(directory / "refusing" / f"terraform-provisioner-{name}")
    private_file(directory / "terraform.rc")
    return directory
