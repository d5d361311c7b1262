"""Where LocalStack keeps the objects of S3: its own place is below /tmp, one for all that run there."""

from __future__ import annotations

import tempfile
from pathlib import Path

from localstack.services.s3 import provider


def install() -> None:
    """Has it keep them in its directory for temporary files. To be called before the first request."""
    provider.DEFAULT_S3_TMP_DIR = str(Path(tempfile.gettempdir()) / "s3")
