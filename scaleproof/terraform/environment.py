"""The environment variables for Terraform."""

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
"""The variable that names running providers to Terraform."""

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
_LOCAL = re.compile(r"(DY)?LD_\w+|GO(DEBUG|GC|MAXPROCS|MEMLIMIT)|LANG(UAGE)?|LC_\w+|PATH|TMPDIR|TZ|TF_VAR_.+")
# What it also gets to install the registry's providers, maybe from a mirror or through a proxy.
_FOR_THE_REGISTRY = re.compile(
    r"TF_(?!ENCRYPTION).+|TERRAFORM_CONFIG|SSL_CERT_\w+|(?i:(https?|no|all)_proxy)"
)
_FILES_FOR_THE_REGISTRY = (".terraform.d", ".terraformrc", ".tofurc")


def variables(
    connection: Connection | None, reattach: str | None, *, allow_network: bool = False
) -> dict[str, str]:
    """The variables for one run of Terraform.

    `reattach`: the value of TF_REATTACH_PROVIDERS, None with the registry's providers. `allow_network`: also
    passes on what backends and module getters may use, the home directory included.

    The user's AWS variables are never passed on. Without a `connection`, AWS would refuse the credentials.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    if not allow_network:
        kept = {name: value for name, value in kept.items() if _passes(name, registry=reattach is None)}
        kept["HOME"] = str(_home(registry=reattach is None))
    kept |= {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "AWS_EC2_METADATA_DISABLED": "true"}
    # Without these, providers would read the user's profiles and SSO sessions from files.
    kept |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    # A run is short. With Go's default, collecting garbage takes a fifth of a plan's time.
    kept.setdefault("GOGC", "400")
    if connection:
        kept |= connection.environment()
    else:
        kept |= {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "us-east-1"}
    if reattach is not None:
        kept[REATTACH] = reattach
    elif "TF_PLUGIN_CACHE_DIR" not in kept:
        # Otherwise every working directory would fetch half a gigabyte of providers.
        kept["TF_PLUGIN_CACHE_DIR"] = str(private_directory(cache_directory() / "providers"))
        # Otherwise each init of a directory without a lock file takes the cache's entry away and installs it
        # anew, and whoever runs meanwhile finds no provider. Source: "Provider Plugin Cache" of the CLI
        # configuration.
        kept["TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE"] = "true"
    return kept


def _passes(name: str, *, registry: bool) -> bool:
    return bool(_LOCAL.fullmatch(name) or (registry and _FOR_THE_REGISTRY.fullmatch(name)))


@cache
def _home(*, registry: bool) -> Path:
    """An empty home directory, with the user's files that Terraform needs to install providers.

    All commands of this process share it, so that they have the same variables: see `resident`.
    """
    home, owner = scratch.make("home"), os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # not in a fork
            scratch.remove(home)

    atexit.register(remove)
    for file in (Path.home() / name for name in _FILES_FOR_THE_REGISTRY if registry):
        if file.exists():
            (home / file.name).symlink_to(file)
    return home
