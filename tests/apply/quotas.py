"""Quotas of one account."""


def set_quota(connection, instance_type, instances):
    """Sets how many instances of a type the endpoints of the account may have."""
    client = connection.client("service-quotas")
    name = f"{instance_type} for endpoint usage"
    pages = client.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    (code,) = [quota["QuotaCode"] for page in pages for quota in page["Quotas"] if quota["QuotaName"] == name]
    client.request_service_quota_increase(ServiceCode="sagemaker", QuotaCode=code, DesiredValue=instances)
