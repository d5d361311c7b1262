"""The data source of a service quota, read from the emulated Service Quotas."""

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from scaleproof.terraform.diagnostics import PlanFailed
from scaleproof.terraform.root import Root

from .conftest import REQUIRED

NAME = "ml.g6.2xlarge for endpoint usage"
QUOTA = "data.aws_servicequotas_service_quota.this"


@pytest.fixture
def reading(aws, connection, tmp_path):
    """Makes a root that reads a quota."""
    with ExitStack() as opened:

        def make(**arguments):
            directory = Path(tempfile.mkdtemp(dir=tmp_path))
            data = {"aws_servicequotas_service_quota": {"this": {"service_code": "sagemaker", **arguments}}}
            text = {"terraform": REQUIRED, "provider": {"aws": {}}, "data": data}
            (directory / "main.tf.json").write_text(json.dumps(text), encoding="utf-8")
            return opened.enter_context(Root(directory, standins=aws, connection=connection))

        yield make


@pytest.fixture
def quotas(connection):
    return connection.client("service-quotas")


def test_by_name_and_by_code_with_the_applied_and_the_default_value(reading, quotas):
    by_name = reading(quota_name=NAME)
    by_name.apply()
    found = by_name.state().resource(QUOTA).values
    assert (found["value"], found["default_value"]) == (0, 0)
    assert (found["quota_name"], found["service_name"]) == (NAME, "Amazon SageMaker")
    assert (found["adjustable"], found["global_quota"]) == (True, False)
    assert found["id"] == found["arn"]
    quotas.request_service_quota_increase(ServiceCode="sagemaker", QuotaCode=found["quota_code"], DesiredValue=4)
    for root in (by_name, reading(quota_code=found["quota_code"])):
        root.apply()
        values = root.state().resource(QUOTA).values
        assert (values["value"], values["default_value"]) == (4, 0)
        assert values["arn"] == found["arn"]


def test_a_missing_quota_and_one_that_is_not_named_give_the_providers_errors(reading):
    with pytest.raises(PlanFailed, match="no matching Service Quotas Service Quota found"):
        reading(quota_name="ml.g6.2xlage for endpoint usage").plan()
    with pytest.raises(PlanFailed) as caught:
        reading(service_code="sagemakr", quota_name=NAME).plan()
    (problem,) = caught.value.diagnostics
    called = "ListAWSDefaultServiceQuotas: NoSuchResourceException: "
    assert problem.summary.startswith(f"reading Service Quotas Service Quota (sagemakr/{NAME}): {called}")
    with pytest.raises(PlanFailed, match="exactly one of quota_code, quota_name must be specified"):
        reading().plan()
