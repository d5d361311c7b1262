"""An endpoint in the account of the test."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from scaleproof.localstack.connection import Connection
from tests.unit.measuring import endpoints


@pytest.fixture
def endpoint(connection: Connection) -> Callable[..., str]:
    """Makes an endpoint with one instance, as `endpoints.make`."""
    return partial(endpoints.make, connection)
