"""The LocalStack of the run, as a program that is started sees it."""

from __future__ import annotations

import pytest

from scaleproof.cloud.localstack import LocalStack


@pytest.fixture(scope="session")
def cloud_url(cloud: LocalStack) -> str:
    return cloud.endpoint_url
