"""Requests go through the endpoints that examples/complete made, the synchronous and the asynchronous way.

Those to examples/async are in test_examples, where it stands anyway.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.apply.conftest import OpenStage
from tests.apply.speech import AUDIO, PREFIXES, Speech, assert_result
from tests.plan.planner import IMAGE


@pytest.fixture(scope="module")
def complete(open_stage: OpenStage) -> Iterator[Speech]:
    """The example with both endpoints: success messages carry the response, error messages do not."""
    stage = open_stage("examples/complete", region="us-east-1", image=IMAGE)
    stage.put()
    yield Speech(stage.connection, stage.outputs(), PREFIXES["complete"])
    # The files of the bucket go as well, which is all that is new since the apply.
    assert stage.destroy(refresh=False).names == {}


def test_the_real_time_endpoint_answers(complete: Speech) -> None:
    answer = complete.connection.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=complete.outputs["realtime_endpoint_name"], Body=AUDIO, ContentType="audio/wav"
    )
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    body = json.loads(answer["Body"].read())
    assert body["endpoint"] == complete.outputs["realtime_endpoint_name"]
    assert body["input_sha256"] == hashlib.sha256(AUDIO).hexdigest()


def test_an_endpoint_that_is_not_there_gives_the_error_of_aws(complete: Speech) -> None:
    with pytest.raises(ClientError) as refusal:
        complete.connection.client("sagemaker-runtime").invoke_endpoint(EndpointName="missing", Body=AUDIO)
    error = refusal.value.response["Error"]
    assert error["Code"] == "ValidationError"
    assert error["Message"] == f"Endpoint missing of account {complete.connection.account} not found."


def test_the_asynchronous_endpoint_is_not_for_synchronous_requests(complete: Speech) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        complete.connection.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=complete.endpoint, Body=AUDIO
        )


def test_an_object_goes_in_and_a_result_comes_out(complete: Speech) -> None:
    assert_result(complete.exchange())


def test_the_success_topic_tells_of_the_result_with_the_response(complete: Speech) -> None:
    exchange = complete.exchange()
    message, answer = exchange.message, exchange.answer
    assert message["inferenceId"] == answer["InferenceId"]
    assert message["invocationStatus"] == "Completed"
    assert message["requestParameters"]["endpointName"] == complete.endpoint
    assert message["responseParameters"]["outputLocation"] == answer["OutputLocation"]
    assert base64.b64decode(message["responseBody"]["content"]) == exchange.result


def test_the_error_topic_tells_of_an_object_that_is_not_there(complete: Speech) -> None:
    with complete.subscribed("error_topic") as hear:
        answer = complete.invoke(None)
        message = hear()
    assert message["inferenceId"] == answer["InferenceId"]
    assert message["invocationStatus"] == "Failed"
    assert "NoSuchKey" in message["failureReason"]
    assert message["responseParameters"]["outputLocation"] == answer["FailureLocation"]
    assert b"NoSuchKey" in (complete.object(answer["FailureLocation"]) or b"")
    assert complete.object(answer["OutputLocation"]) is None


def test_the_error_topic_tells_of_a_model_that_fails(complete: Speech) -> None:
    with complete.subscribed("error_topic") as hear:
        answer = complete.invoke(b'{"fail": 503}')
        message = hear()
    assert message["inferenceId"] == answer["InferenceId"]
    assert message["invocationStatus"] == "Failed"
    assert "503" in message["failureReason"]
    assert "responseBody" not in message
    assert complete.object(answer["FailureLocation"])
    assert complete.object(answer["OutputLocation"]) is None


def test_each_topic_hears_its_own_and_nothing_else(complete: Speech) -> None:
    with complete.subscribed("success_topic") as succeeded, complete.subscribed("error_topic") as failed:
        # One instance, which works them off in order.
        sent = [complete.invoke(body)["InferenceId"] for body in (None, AUDIO, None, AUDIO)]
        heard_of_success = [succeeded()["inferenceId"] for _ in range(2)]
        heard_of_failure = [failed()["inferenceId"] for _ in range(2)]
    assert heard_of_failure == [sent[0], sent[2]]
    assert heard_of_success == [sent[1], sent[3]]
