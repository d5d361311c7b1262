"""The environment variables that Terraform is run with."""

from __future__ import annotations

import os
from typing import Literal

from scaleproof.cloud.connection import Connection
from scaleproof.cloud.paths import cache_directory
from scaleproof.errors import ScaleproofError

Kind = Literal["stand-in", "registry"]
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


def provider_kind() -> Kind:
    """Which providers are used: "registry" if SCALEPROOF_PROVIDERS says so, else the in-process stand-ins.

    Raises `ScaleproofError` for another value.
    """
    value = os.environ.get("SCALEPROOF_PROVIDERS", "")
    if value in ("", "stand-in"):
        return "stand-in"
    if value == "registry":
        return "registry"
    raise ScaleproofError(
        f"SCALEPROOF_PROVIDERS is {value!r}.", advice='Set it to "registry" or "stand-in", or unset it.'
    )


def variables(connection: Connection | None, reattach: str | None) -> dict[str, str]:
    """The variables for one run of Terraform.

    `reattach`: the value of TF_REATTACH_PROVIDERS, None with the registry's providers. The user's AWS
    variables never get through; without a `connection` the credentials are ones that AWS refuses.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
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
        plugins = cache_directory() / "providers"
        plugins.mkdir(exist_ok=True)
        kept["TF_PLUGIN_CACHE_DIR"] = str(plugins)
    return kept
