"""How the real providers' SDK speaks of calls that it has repeated in vain.

They repeat what is throttled, fails with a 5xx or breaks off, 25 times over minutes, and so does botocore
here four times over seconds (`scaleproof.localstack.connection`): the words are the same but for the number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def given_up(meta: Mapping[str, Any]) -> str:
    """What comes before the error of a call that was repeated in vain; "" for one that was not.

    `meta`: the ResponseMetadata of the error. Source: MaxAttemptsError of aws/aws-sdk-go-v2, aws/retry, and
    for its place in the whole GoogleCloudPlatform/terraformer issue 1933.
    """
    if not meta.get("MaxAttemptsReached"):
        return ""
    return f"exceeded maximum number of attempts, {meta.get('RetryAttempts', 0) + 1}, "
