"""Which parts a command runs on."""

from __future__ import annotations

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.terraform.parts import provider_kind


@pytest.mark.parametrize(
    ("value", "kind"), [("", "stand-in"), ("stand-in", "stand-in"), ("registry", "registry")]
)
def test_the_kind_of_providers(value: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEPROOF_PROVIDERS", value)
    assert provider_kind() == kind


def test_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEPROOF_PROVIDERS", "real")
    with pytest.raises(ScaleproofError, match="SCALEPROOF_PROVIDERS is 'real'"):
        provider_kind()
