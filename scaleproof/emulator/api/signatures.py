"""Signatures of a stream: of the request that opens it, and of each event after it.

The request has no hash of its body. Each event is signed over the signature before it, the first one over
that of the request.
Source: https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

from __future__ import annotations

import hmac
import re
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from scaleproof.emulator.api.frames import Message
from scaleproof.emulator.errors import AwsError

SECRET_KEY = "test"
"""The secret of every access key here."""
SERVICE = "sagemaker"
EVENTS = "STREAMING-AWS4-HMAC-SHA256-EVENTS"
"""What stands in place of the body's hash."""
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request,\s*"
    r"SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})"
)
_TIMESTAMP = "%Y%m%dT%H%M%SZ"
_DATE = 8  # the type of a header's value: milliseconds
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details."
)


class Signature:
    """The signature of a request that opens a stream, and the chain that goes on from it."""

    def __init__(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        """`headers` by lower-case name. Raises AwsError for a request that is not signed as it has to be."""
        given = headers.get("authorization")
        if given is None:
            raise _refusal("Missing Authentication Token", "MissingAuthenticationTokenException")
        found = _AUTHORIZATION.fullmatch(given)
        if found is None:
            raise _refusal(
                "Authorization header requires 'Credential' parameter, 'SignedHeaders' parameter and "
                "'Signature' parameter of AWS4-HMAC-SHA256.",
                "IncompleteSignatureException",
            )
        self.access_key, day, self.region, service, names, signature = found.groups()
        if service != SERVICE:
            raise _refusal(f"Credential should be scoped to correct service: '{SERVICE}'.")
        if headers.get("x-amz-content-sha256") != EVENTS:
            raise _refusal(f"The header x-amz-content-sha256 must be {EVENTS}.")
        stamp = headers.get("x-amz-date", "")
        if not re.fullmatch(rf"{day}T\d{{6}}Z", stamp):
            raise _refusal("The header x-amz-date must have the date of the credential's scope.")
        self._auth = SigV4Auth(Credentials(self.access_key, SECRET_KEY), SERVICE, self.region)
        signed = {name: headers.get(name, "") for name in names.split(";")}
        if "host" not in signed:
            raise _refusal("The header host must be signed.")
        request = AWSRequest(method, f"https://{signed['host']}{path}", signed)
        request.context["timestamp"] = stamp
        canonical = self._auth.canonical_request(request)
        expected = self._auth.signature(self._auth.string_to_sign(request, canonical), request)
        if not hmac.compare_digest(expected, signature):
            raise _refusal(_MISMATCH)
        self._prior = signature

    def verifies(self, message: Message) -> bool:
        """Whether an event carries the next signature of the chain."""
        date, signature = message.headers.get(":date"), message.headers.get(":chunk-signature")
        if not isinstance(date, int) or not isinstance(signature, bytes):
            return False
        stamp = datetime.fromtimestamp(date // 1000, UTC).strftime(_TIMESTAMP)
        context = AWSRequest()
        context.context["timestamp"] = stamp
        header = struct.pack("!B5sBq", len(":date"), b":date", _DATE, date)
        text = "\n".join(
            [
                "AWS4-HMAC-SHA256-PAYLOAD",
                stamp,
                self._auth.credential_scope(context),
                self._prior,
                sha256(header).hexdigest(),
                sha256(message.payload).hexdigest(),
            ]
        )
        expected = self._auth.signature(text, context)
        self._prior = signature.hex()
        return hmac.compare_digest(expected, self._prior)


def _refusal(message: str, code: str = "InvalidSignatureException") -> AwsError:
    return AwsError(code, message, 403)
