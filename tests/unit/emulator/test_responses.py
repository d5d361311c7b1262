"""The check that every response of this directory's tests goes through can fail."""

import json

import pytest

from scaleproof.service_models import service_model

from .responses import check_response

SAGEMAKER = service_model("sagemaker")
GOOD = {
    "EndpointName": "speech",
    "EndpointArn": "arn:aws:sagemaker:us-east-1:111122223333:endpoint/speech",
    "EndpointStatus": "InService",
    "CreationTime": 1.5,
    "LastModifiedTime": 2,
}


def answer(document, status=200):
    return {"status_code": status, "headers": {}, "body": json.dumps(document).encode()}


def test_a_response_of_the_model_passes():
    check_response(SAGEMAKER, SAGEMAKER.operation_model("DescribeEndpoint"), answer(GOOD))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"Colour": "red"}, "no member Colour"),
        ({"EndpointArn": None}, "EndpointArn is missing"),
        ({"FailureReason": None}, "FailureReason is missing"),
        ({"EndpointStatus": "Ready"}, "is not one of"),
        ({"CreationTime": "today"}, "is not a timestamp"),
        ({"ProductionVariants": [{"VariantName": "v", "CurrentInstanceCount": True}]}, "is not a integer"),
    ],
)
def test_anything_else_does_not(change, problem):
    with pytest.raises(AssertionError, match=problem):
        check_response(SAGEMAKER, SAGEMAKER.operation_model("DescribeEndpoint"), answer({**GOOD, **change}))


def test_an_error_that_the_operation_does_not_have_does_not_either():
    model = service_model("application-autoscaling")
    operation = model.operation_model("DescribeScalableTargets")
    check_response(model, operation, answer({"__type": "ValidationException"}, 400))
    with pytest.raises(AssertionError, match="has no error"):
        check_response(model, operation, answer({"__type": "ObjectNotFoundException"}, 400))
