"""botocore without what the user has set for real accounts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES as VARIABLES
from botocore.session import Session


@cache
def session() -> Session:
    """A session that reads neither AWS_ variables nor files: no profile, no endpoint, no defaults of theirs.

    A profile that is missing would fail, FIPS and dual-stack endpoints are refused beside one that is given,
    and the defaults mode "auto" asks the metadata service of the instance where it is.
    """
    return Session(
        session_vars={
            name: (None, None, default, conversion)
            for name, (_, _, default, conversion) in VARIABLES.items()
            if not name.endswith("_file")
        }
        | {"config_file": (None, None, "", None), "credentials_file": (None, None, "", None)}
    )


@cache
def partitions() -> tuple[Mapping[str, Any], ...]:
    """AWS's partitions as botocore lists them: id, regionRegex, and dnsSuffix and others in outputs."""
    return tuple(session().get_data("partitions")["partitions"])
