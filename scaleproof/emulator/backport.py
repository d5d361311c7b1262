"""What LocalStack takes for granted of Python, for a Python that does not have it yet.

Used inside LocalStack's own environment, before LocalStack is imported.
"""

from __future__ import annotations

import hashlib
import sys
import uuid


def install() -> None:
    """Supplies what is missing; does nothing from Python 3.12 on."""
    if sys.version_info < (3, 12):
        uuid.uuid5 = uuid5  # LocalStack's kms.CreateKey names key material by its bytes


def uuid5(namespace: uuid.UUID, name: str | bytes) -> uuid.UUID:
    """The uuid5 of Python 3.12, which takes bytes for a name as well.

    Source: https://docs.python.org/3/library/uuid.html#uuid.uuid5
    """
    text = name.encode() if isinstance(name, str) else name
    digest = hashlib.sha1(namespace.bytes + text, usedforsecurity=False).digest()
    return uuid.UUID(bytes=digest[:16], version=5)
