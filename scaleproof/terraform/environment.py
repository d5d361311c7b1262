"""The environment variables in which Terraform runs: the user's, without any credentials for AWS."""

from __future__ import annotations

import os
from pathlib import Path

from filelock import FileLock

from scaleproof.localstack.connection import Connection
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
_PLUGINS = "TF_PLUGIN_CACHE_DIR"


def plugin_cache() -> Path:
    """The user's own cache of the registry's providers, else that of all commands."""
    return Path(os.environ.get(_PLUGINS) or cache_directory() / "plugins")


def installing() -> FileLock:
    """Held while providers of the registry are installed.

    "The provider installer's behavior in environments with multiple terraform init calls is undefined"
    (developer.hashicorp.com/terraform/cli/config/config-file), so there is one at a time.
    """
    return FileLock(private_directory(plugin_cache()) / ".lock")


def variables(connection: Connection | None, reattach: str | None) -> dict[str, str]:
    """The variables for one run of Terraform.

    `reattach`: the value of TF_REATTACH_PROVIDERS, None with the registry's providers.

    The user's AWS variables, profiles and SSO sessions are not passed on. What calls AWS all the same, such as
    another provider, has the LocalStack of `connection`, or credentials that AWS refuses.
    """
    passed = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    passed |= {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_REGION": "us-east-1",
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
    }
    # A run is short. With Go's default, collecting garbage takes a fifth of a plan's time.
    passed.setdefault("GOGC", "400")
    if reattach is not None:
        passed[REATTACH] = reattach
    else:
        # A working directory is new each time, and its lock file goes with it.
        passed |= {_PLUGINS: str(plugin_cache()), "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "true"}
    return passed | (connection.environment() if connection else {})
