"""The environment variables that Terraform is run with."""

from __future__ import annotations

import atexit
import os
import re
from functools import cache
from pathlib import Path

from scaleproof.localstack.connection import Connection
from scaleproof.processes import scratch
from scaleproof.processes.cache import cache_directory, private_directory

REATTACH = "TF_REATTACH_PROVIDERS"
"""The variable that tells Terraform of providers that run already."""

_DROPPED = (
    "AWS_",  # the user's own account has no part in this
    "PYTEST_CURRENT_TEST",  # another one for each test, and so another process: see `resident`
    "TF_CLI_ARGS",
    "TF_DATA_DIR",
    "TF_LOG",
    REATTACH,
    "TF_WORKSPACE",
)
# All that Terraform gets of the user's variables where it must not reach out: backends and getters read
# dozens of others, from ARM_CLIENT_SECRET to SSH_AUTH_SOCK.
_OF_NO_USE_ELSEWHERE = re.compile(
    r"(DY)?LD_\w+|GO(DEBUG|GC|MAXPROCS|MEMLIMIT)|LANG(UAGE)?|LC_\w+|PATH|TMPDIR|TZ|TF_VAR_.+"
)
# And what it reads of them to install the registry's providers, maybe from a mirror and by a proxy.
_FOR_THE_REGISTRY = re.compile(
    r"TF_(?!ENCRYPTION).+|TERRAFORM_CONFIG|SSL_CERT_\w+|(?i:(https?|no|all)_proxy)"
)
_FILES_FOR_THE_REGISTRY = (".terraform.d", ".terraformrc", ".tofurc")


def variables(
    connection: Connection | None, reattach: str | None, *, allow_network: bool = False
) -> dict[str, str]:
    """The variables for one run of Terraform.

    `reattach`: the value of TF_REATTACH_PROVIDERS, None with the registry's providers. The user's AWS
    variables never get through; without a `connection` the credentials are ones that AWS refuses. Nor does
    anything else that a backend or a getter of modules could use, the home directory among it, unless
    `allow_network`.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    if not allow_network:
        kept = {name: value for name, value in kept.items() if _passes(name, registry=reattach is None)}
        kept["HOME"] = str(_home(registry=reattach is None))
    kept |= {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "AWS_EC2_METADATA_DISABLED": "true"}
    # Nor do the user's files: a profile or an SSO session in them would be found even without variables.
    kept |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    # A run is short and its memory is given back at its end: a fifth of a plan's time was collecting garbage.
    kept.setdefault("GOGC", "400")
    if connection:
        kept |= connection.environment()
    else:
        kept |= {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "us-east-1"}
    if reattach is not None:
        kept[REATTACH] = reattach
    elif "TF_PLUGIN_CACHE_DIR" not in kept:
        # Every working directory would fetch its own half gigabyte of providers.
        kept["TF_PLUGIN_CACHE_DIR"] = str(private_directory(cache_directory() / "providers"))
    return kept


def _passes(name: str, *, registry: bool) -> bool:
    if _OF_NO_USE_ELSEWHERE.fullmatch(name):
        return True
    return registry and _FOR_THE_REGISTRY.fullmatch(name) is not None


@cache
def _home(*, registry: bool) -> Path:
    """A home directory with nothing of the user's in it but what Terraform needs to install providers.

    One for all commands of this process: another one would be another variable, see `resident`.
    """
    home, owner = scratch.make("home"), os.getpid()

    def leave() -> None:
        if os.getpid() == owner:  # and not a fork
            scratch.remove(home)

    atexit.register(leave)
    for file in (Path.home() / name for name in _FILES_FOR_THE_REGISTRY if registry):
        if file.exists():
            (home / file.name).symlink_to(file)
    return home
