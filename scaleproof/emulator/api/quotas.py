"""Service Quotas of SageMaker: how many instances of a type an account may have behind its endpoints.

One quota for each instance type, "TYPE for endpoint usage", as Service Quotas names them. Every default is 0,
as AWS's often is, and as long as nobody sets a quota it is not enforced: an account without any can deploy.
RequestServiceQuotaIncrease sets the applied value, at once and to whatever is asked for, lower values
included; on AWS a request takes days, and only raises. A quota that was set so is enforced.

What counts: each type of a variant's instance pools counts the variant's instances, whichever type they run
on. A quota does not fall back to the next pool as capacity does
(https://developers.deepgram.com/docs/deploy-amazon-sagemaker), and a fleet holds the quota of every type in
its list (observed in https://github.com/xbill9/sagemaker-gemma). A blue/green update needs the quota of both
fleets, a rolling one that of a batch more.

Codes of quotas (L-...) are derived from their names and are not AWS's: look quotas up by name.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from functools import cache
from typing import Any

from botocore.session import get_session

from scaleproof.emulator.api import paging
from scaleproof.emulator.engine.state import Fleet, Json, Store, new_id, now
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


def instances(fleet: Fleet, deployment: Json | None = None) -> Counter[str]:
    """What deploying a fleet adds to the use of each instance type while the old one still runs."""
    rolling = (deployment or {}).get("RollingUpdatePolicy")
    added: Counter[str] = Counter()
    for variant in fleet.variants.values():
        count = _batch(rolling["MaximumBatchSize"], variant.desired) if rolling else variant.desired
        added.update({pool.instance_type: count for pool in variant.pools})
    return added


def require(store: Store, added: Counter[str]) -> None:
    """Raises ResourceLimitExceeded where a quota that was set does not allow for so many instances more."""
    used: Counter[str] = Counter()
    for endpoint in store.endpoints.values():
        if endpoint.status != "Failed":
            used.update(instances(endpoint.fleet))
            used.update(instances(endpoint.pending) if endpoint.pending else {})
    for instance_type, count in added.items():
        quota = store.quotas.get(_name(instance_type))
        if quota is not None and count and used[instance_type] + count > quota:
            # aws-samples/aws-genai-llm-chatbot issue 244
            raise AwsError(
                "ResourceLimitExceeded",
                f"The account-level service limit '{_name(instance_type)}' is {quota:.0f} Instances, with "
                f"current utilization of {used[instance_type]} Instances and a request delta of {count} "
                "Instances. Please use AWS Service Quotas to request an increase for this quota. If AWS "
                "Service Quotas is not available, contact AWS support to request an increase for this quota.",
                handler="ServiceLimitExceeded",
            )


def _batch(size: Json, count: int) -> int:
    value = int(size["Value"])
    return value if size["Type"] == "INSTANCE_COUNT" else math.ceil(count * value / 100)


def _name(instance_type: str) -> str:
    return f"{instance_type} for endpoint usage"


@cache
def _quotas() -> dict[str, str]:
    """Names by code."""
    shape: Any = get_session().get_service_model("sagemaker").shape_for("ProductionVariantInstanceType")
    names = [_name(instance_type) for instance_type in shape.enum]
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
