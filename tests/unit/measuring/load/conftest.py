"""An endpoint in the account of the test."""

from functools import partial

import pytest

from tests.unit.measuring import endpoints


@pytest.fixture
def endpoint(connection):
    """Makes an endpoint with one instance, as `endpoints.make`."""
    return partial(endpoints.make, connection)
