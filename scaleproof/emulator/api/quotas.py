"""Service Quotas of SageMaker: how many instances of a type an account may have behind its endpoints.

One quota for each instance type, "TYPE for endpoint usage", as Service Quotas names them. Every default is 0,
as AWS's often is, and as long as nobody sets a quota it is not enforced: an account without any can deploy.
RequestServiceQuotaIncrease sets the applied value, at once and to whatever is asked for, lower values
included; on AWS a request takes days, and only raises. A quota that was set so is enforced.

`engine.deployments` has what counts.

Codes of quotas (L-...) are derived from their names and are not AWS's: look quotas up by name.
"""

from __future__ import annotations

import zlib
from functools import cache
from typing import Any

from botocore.session import get_session

from scaleproof.emulator.api import paging
from scaleproof.emulator.engine import deployments
from scaleproof.emulator.engine.state import Json, Store, new_id, now
from scaleproof.emulator.errors import AwsError

SERVICE, SERVICE_NAME = "sagemaker", "Amazon SageMaker"
DEFAULT = 0.0
PAGE = 100
"""The longest page of a listing (MaxResults of the service model)."""


def get_service_quota(store: Store, request: Json) -> Json:
    """GetServiceQuota: the applied value, the default where none was applied."""
    return {"Quota": _quota(store, _find(request), applied=True)}


def get_aws_default_service_quota(store: Store, request: Json) -> Json:
    """GetAWSDefaultServiceQuota."""
    return {"Quota": _quota(store, _find(request), applied=False)}


def list_service_quotas(store: Store, request: Json) -> Json:
    """ListServiceQuotas, of applied values. No quota is applied at the level of a resource."""
    wanted = [name for code, name in _names(request).items() if request.get("QuotaCode", code) == code]
    if request.get("QuotaAppliedAtLevel") == "RESOURCE":
        wanted = []
    return _page(request, [_quota(store, name, applied=True) for name in wanted])


def list_aws_default_service_quotas(store: Store, request: Json) -> Json:
    """ListAWSDefaultServiceQuotas."""
    return _page(request, [_quota(store, name, applied=False) for name in _names(request).values()])


def request_service_quota_increase(store: Store, request: Json) -> Json:
    """RequestServiceQuotaIncrease: approved at once, for any value."""
    name, time = _find(request), now()
    store.quotas[name] = float(request["DesiredValue"])
    quota = _quota(store, name, applied=True)
    kept = ("ServiceCode", "ServiceName", "QuotaCode", "QuotaName", "QuotaArn", "GlobalQuota", "Unit")
    change = {"Id": new_id().replace("-", ""), "DesiredValue": quota["Value"], "Status": "APPROVED"}
    change |= {"Created": time, "LastUpdated": time, "QuotaRequestedAtLevel": "ACCOUNT"}
    return {"RequestedQuota": {**change, **{member: quota[member] for member in kept}}}


@cache
def _quotas() -> dict[str, str]:
    """Names by code."""
    shape: Any = get_session().get_service_model("sagemaker").shape_for("ProductionVariantInstanceType")
    names = [deployments.quota_name(instance_type) for instance_type in shape.enum]
    return {_code(name): name for name in names}


def _code(name: str) -> str:
    return f"L-{zlib.crc32(name.encode()):08X}"


def _names(request: Json) -> dict[str, str]:
    if request["ServiceCode"] != SERVICE:
        # The wording of both refusals is this project's own. Only SageMaker's quotas are emulated.
        raise AwsError("NoSuchResourceException", f"There is no service {request['ServiceCode']}.")
    return _quotas()


def _find(request: Json) -> str:
    names = _names(request)
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


def _page(request: Json, quotas: list[Json]) -> Json:
    return paging.page(request, "Quotas", quotas, PAGE, "InvalidPaginationTokenException")
