"""The environment variables for Terraform."""

from __future__ import annotations

import atexit
import os
import re
from functools import cache
from pathlib import Path

from scaleproof.localstack.connection import Connection
from scaleproof.processes import scratch

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


def variables(
    connection: Connection | None, reattach: str | None, *, allow_network: bool = False
) -> dict[str, str]:
    """The variables for one run of Terraform.

    `reattach`: the value of TF_REATTACH_PROVIDERS, None with the registry's providers. `allow_network`: also
    passes on what backends, module getters and installers of providers may use, the home directory included.

    The user's AWS variables are never passed on. Without a `connection`, AWS would refuse the credentials.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    if not allow_network:
        kept = {name: value for name, value in kept.items() if _LOCAL.fullmatch(name)}
        kept["HOME"] = str(_home())
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
    return kept


@cache
def _home() -> Path:
    """An empty home directory.

    All commands of this process share it, so that they have the same variables: see `resident`.
    """
    home, owner = scratch.make("home"), os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # not in a fork
            scratch.remove(home)

    atexit.register(remove)
    return home
