"""The check that every response of this directory's tests goes through can fail."""

import json

import pytest

from scaleproof.service_models import service_model

from .responses import check_response

GOOD = {
    "EndpointName": "speech",
    "EndpointArn": "arn:aws:sagemaker:us-east-1:111122223333:endpoint/speech",
    "EndpointStatus": "InService",
    "CreationTime": 1.5,
    "LastModifiedTime": 2,
}
WRONG = {"__type": "ObjectNotFoundException"}
ROWS = [
    ("DescribeEndpoint", GOOD, 200, None),
    ("DescribeEndpoint", GOOD | {"Colour": "red"}, 200, "Colour member"),
    ("DescribeEndpoint", {**GOOD, "FailureReason": None}, 200, "FailureReason.* null"),
    ("DescribeEndpoint", {name: GOOD[name] for name in list(GOOD)[2:]}, 200, "EndpointArn required"),
    ("DescribeEndpoint", GOOD | {"EndpointStatus": "Ready"}, 200, "EndpointStatus enum"),
    ("DescribeEndpoint", GOOD | {"EndpointName": "a_b"}, 200, "EndpointName pattern"),
    (
        "DescribeEndpoint",
        GOOD | {"ProductionVariants": [{"VariantName": "v", "CurrentInstanceCount": True}]},
        200,
        "ProductionVariants.0.CurrentInstanceCount type",
    ),
    ("DescribeScalableTargets", {"__type": "ValidationException"}, 400, None),
    ("DescribeScalableTargets", WRONG, 400, "has no error"),
]


@pytest.mark.parametrize(("operation", "document", "status", "problem"), ROWS)
def test_an_answer_is_held_against_its_model(operation, document, status, problem):
    model = service_model("sagemaker" if operation == "DescribeEndpoint" else "application-autoscaling")
    response = {"status_code": status, "headers": {}, "body": json.dumps(document).encode()}
    check = lambda: check_response(model, model.operation_model(operation), response)  # noqa: E731
    if problem is None:
        check()
        return
    with pytest.raises(AssertionError, match=problem):
        check()
