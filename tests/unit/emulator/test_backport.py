"""What LocalStack finds on Python 3.11, which its kms needs and Python 3.12 has."""

from __future__ import annotations

import sys
import uuid

import pytest

from scaleproof.emulator import backport
from scaleproof.errors import ScaleproofError
from scaleproof.localstack import environment, interpreter
from scaleproof.localstack.start import start

SPACE = uuid.NAMESPACE_DNS


def test_a_name_in_bytes_gives_what_the_same_text_gives() -> None:
    # The value is the one of Python's documentation of uuid.
    assert backport.uuid5(SPACE, "python.org") == uuid.UUID("886313e1-3b8a-5372-9b90-0c9aee199e5d")
    assert backport.uuid5(SPACE, b"python.org") == backport.uuid5(SPACE, "python.org")
    assert backport.uuid5(SPACE, "\u00e9") == uuid.uuid5(SPACE, "\u00e9")
    assert backport.uuid5(SPACE, b"\xff").version == 5


@pytest.mark.parametrize(("version", "replaced"), [((3, 11, 7), True), ((3, 12, 0), False)])
def test_it_is_supplied_only_where_it_is_missing(
    version: tuple[int, int, int], replaced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uuid, "uuid5", uuid.uuid5)  # put back afterwards
    monkeypatch.setattr(sys, "version_info", version)
    backport.install()
    assert (uuid.uuid5 is backport.uuid5) is replaced


def test_keys_are_made_on_python_3_11(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where LocalStack's environment for 3.11 has been built: building it takes a minute and 0.5 GB."""
    monkeypatch.setattr(interpreter, "PREFERENCE", ((3, 11),))
    try:
        built = environment.describe().built
    except ScaleproofError:
        pytest.skip("there is no Python 3.11")
    if not built:
        pytest.skip("LocalStack's environment for Python 3.11 is not built")
    with start() as stack:
        key = stack.connection().client("kms").create_key()["KeyMetadata"]
        assert key["Enabled"]
