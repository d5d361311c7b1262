"""Service Quotas of SageMaker: how many instances of each type an account's endpoints may have.

There is one quota per instance type, which Service Quotas names "TYPE for endpoint usage". Every default is
0, as on AWS it often is. A quota is enforced only after somebody has set it, so a new account can deploy.
RequestServiceQuotaIncrease sets the applied value at once, and also to lower values. On AWS a request takes
days, and only raises the value.

`engine.deployments` counts instances. The codes of quotas (L-...) are derived from their names and are not
AWS's: look up quotas by name.
"""

from __future__ import annotations

import zlib
from functools import cache, partial
from typing import Any

from botocore.session import get_session

from scaleproof.emulator import Json
from scaleproof.emulator.api import paging
from scaleproof.emulator.engine import deployments
from scaleproof.emulator.engine.state import Store, new_id
from scaleproof.emulator.errors import AwsError

SERVICE, SERVICE_NAME = "sagemaker", "Amazon SageMaker"
DEFAULT = 0.0
PAGE = 100
"""The longest page of a listing (MaxResults of the service model)."""


def request_service_quota_increase(store: Store, request: Json) -> Json:
    """RequestServiceQuotaIncrease. Any value is approved at once."""
    name, time = _find(store, request), store.now()
    store.quotas[name] = float(request["DesiredValue"])
    quota = _quota(store, name, applied=True)
    members = ("ServiceCode", "ServiceName", "QuotaCode", "QuotaName", "QuotaArn", "GlobalQuota", "Unit")
    change = {"Id": new_id().replace("-", ""), "DesiredValue": quota["Value"], "Status": "APPROVED"}
    change |= {"Created": time, "LastUpdated": time, "QuotaRequestedAtLevel": "ACCOUNT"}
    return {"RequestedQuota": {**change, **{member: quota[member] for member in members}}}


@cache
def _quotas() -> dict[str, str]:
    """Names by code."""
    shape: Any = get_session().get_service_model("sagemaker").shape_for("ProductionVariantInstanceType")
    names = [deployments.quota_name(instance_type) for instance_type in shape.enum]
    return {_code(name): name for name in names}


def _code(name: str) -> str:
    return f"L-{zlib.crc32(name.encode()):08X}"


def _names(store: Store, request: Json) -> dict[str, str]:
    if request["ServiceCode"] != SERVICE:
        # Only SageMaker's quotas are emulated. The wording of both refusals is this project's own.
        raise AwsError("NoSuchResourceException", f"There is no service {request['ServiceCode']}.")
    unlisted = [rule.instance_type for rule in store.injected.rules if rule.fault == "unlisted"]
    hidden = {deployments.quota_name(instance_type) for instance_type in unlisted}
    return {code: name for code, name in _quotas().items() if name not in hidden}


def _find(store: Store, request: Json) -> str:
    names = _names(store, request)
    if request["QuotaCode"] not in names:
        raise AwsError("NoSuchResourceException", f"There is no quota {request['QuotaCode']} of {SERVICE}.")
    return names[request["QuotaCode"]]


def _quota(store: Store, name: str, *, applied: bool) -> Json:
    code = _code(name)
    return {
        "ServiceCode": SERVICE,
        "ServiceName": SERVICE_NAME,
        "QuotaArn": f"{store.arn('servicequotas', SERVICE)}/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": store.quotas.get(name, DEFAULT) if applied else DEFAULT,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
        **({"QuotaAppliedAtLevel": "ACCOUNT"} if applied else {}),
    }


def _get(applied: bool, store: Store, request: Json) -> Json:
    return {"Quota": _quota(store, _find(store, request), applied=applied)}


def _list(applied: bool, store: Store, request: Json) -> Json:
    names = [name for code, name in _names(store, request).items() if request.get("QuotaCode", code) == code]
    if request.get("QuotaAppliedAtLevel") == "RESOURCE":  # no quota applies to single resources
        names = []
    quotas = [_quota(store, name, applied=applied) for name in names]
    return paging.page(request, "Quotas", quotas, PAGE, "InvalidPaginationTokenException")


# Those with "aws_default" answer with the default, the others with the applied value.
get_service_quota, get_aws_default_service_quota = partial(_get, True), partial(_get, False)
list_service_quotas, list_aws_default_service_quotas = partial(_list, True), partial(_list, False)
