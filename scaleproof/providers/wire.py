"""Values between Terraform and the stand-ins: cty in msgpack."""

from __future__ import annotations

from typing import Any, Final


class _Unknown:
    """The type of `UNKNOWN`; a singleton that survives copying."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __copy__(self) -> _Unknown:
        return self

    def __deepcopy__(self, memo: Any) -> _Unknown:
        return self

    def __bool__(self) -> bool:
        raise TypeError("a value that is not known yet is neither true nor false; compare with `is UNKNOWN`")


UNKNOWN: Final = _Unknown()
"""A value that Terraform knows only after apply."""
