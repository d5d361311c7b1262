"""Invocations: the echo model's answers, and the queue of an asynchronous endpoint."""

import base64
import hashlib
import json
import time
from functools import partial

import pytest
from botocore.exceptions import ClientError

from scaleproof.localstack import control
from tests.unit.waiting import until

from .conftest import in_flight, refused, target

PATIENCE = 20.0  # seconds


def test_the_answer_says_what_was_asked(runtime, endpoint):
    answer = runtime.invoke_endpoint(
        EndpointName=endpoint, Body=b"good morning", ContentType="text/plain", CustomAttributes="trace=1"
    )
    assert json.loads(answer["Body"].read()) == {
        "endpoint": "speech",
        "variant": "AllTraffic",
        "input_bytes": 12,
        "input_sha256": hashlib.sha256(b"good morning").hexdigest(),
    }
    assert answer["ContentType"] == "application/json"
    assert answer["CustomAttributes"] == "trace=1"
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    empty = runtime.invoke_endpoint(EndpointName=endpoint, Body=b"", TargetVariant="AllTraffic")
    assert json.loads(empty["Body"].read())["input_bytes"] == 0


@pytest.mark.parametrize("call", ["invoke_endpoint", "invoke_endpoint_with_response_stream"])
def test_a_model_that_fails(runtime, endpoint, connection, call):
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        getattr(runtime, call)(EndpointName=endpoint, Body=b'{"fail": 503}')
    assert in_flight(connection) == 0
    response = caught.value.response
    assert response["OriginalStatusCode"] == 503
    assert "503" in response["OriginalMessage"]
    assert response["Error"]["Message"].startswith("Received server error (503) from primary with message ")


@pytest.mark.parametrize(
    ("call", "members", "message"),
    [
        ("invoke_endpoint", {"EndpointName": "other"}, "Endpoint other of account {account} not found."),
        ("invoke_endpoint", {"TargetVariant": "Other"}, "Variant Other not found for endpoint speech."),
        ("invoke_endpoint_with_response_stream", {"EndpointName": "other"}, "of account {account} not found."),
        ("invoke_endpoint_with_response_stream", {"TargetVariant": "B"}, "Variant B not found for endpoint speech."),
        ("invoke_endpoint_async", {"Body": b"x"}, "Endpoint speech is not asynchronous: call InvokeEndpoint."),
    ],
)
def test_invocations_that_are_refused(runtime, endpoint, account, call, members, message):
    request = {"EndpointName": endpoint, "Body": b"", **members}
    refused(lambda: getattr(runtime, call)(**request), "ValidationError", message.format(account=account))


def test_a_body_of_25_megabytes_and_no_more(runtime, endpoint):
    limit = 25 * 1024 * 1024
    answer = runtime.invoke_endpoint(EndpointName=endpoint, Body=bytes(limit))
    assert json.loads(answer["Body"].read())["input_bytes"] == limit
    larger = partial(runtime.invoke_endpoint, EndpointName=endpoint, Body=bytes(limit + 1))
    refused(larger, "ValidationError", f"less than or equal to {limit}")


class Queue:
    """An asynchronous endpoint with bucket, topics and the queues that listen to them."""

    def __init__(self, client, account):
        self.runtime, self.s3, self.sqs = client("sagemaker-runtime"), client("s3"), client("sqs")
        self.bucket = f"speech-{account}"
        self.s3.create_bucket(Bucket=self.bucket)
        for key, body in (("in/audio.json", b'{"audio": "..."}'), ("in/bad.json", b'{"fail": 400}')):
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        self.topics, self.listeners = {}, {}
        for name in ("success", "error"):
            self.topics[name] = client("sns").create_topic(Name=name)["TopicArn"]
            self.listeners[name] = self.sqs.create_queue(QueueName=name)["QueueUrl"]
            arn = f"arn:aws:sqs:us-east-1:{account}:{name}"
            client("sns").subscribe(TopicArn=self.topics[name], Protocol="sqs", Endpoint=arn)

    def invoke(self, key="in/audio.json", **members):
        request = {"InputLocation": f"s3://{self.bucket}/{key}", **members}
        return self.runtime.invoke_endpoint_async(EndpointName="queue", **request)

    def results(self):
        """The keys of what was written as a result."""
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="out/")
        return [entry["Key"] for entry in listed.get("Contents", [])]

    def object(self, uri):
        """The object at an S3 URI, once it is there."""
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        until(lambda: self.s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"])
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def message(self, topic):
        """The next notification on a topic, "success" or "error"."""
        url = self.listeners[topic]
        (received,) = self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=int(PATIENCE))["Messages"]
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])
        return dict(json.loads(json.loads(received["Body"])["Message"]))


@pytest.fixture
def queue(client, sagemaker, configure, account):
    """An asynchronous endpoint with one instance, which puts responses into the notifications."""
    made = Queue(client, account)
    output = {
        "S3OutputPath": f"s3://{made.bucket}/out/",
        "S3FailurePath": f"s3://{made.bucket}/failed/",
        "NotificationConfig": {
            "SuccessTopic": made.topics["success"],
            "ErrorTopic": made.topics["error"],
            "IncludeInferenceResponseIn": ["SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"],
        },
    }
    configure("queue-1", members={"AsyncInferenceConfig": {"OutputConfig": output}}, InitialInstanceCount=1)
    sagemaker.create_endpoint(EndpointName="queue", EndpointConfigName="queue-1")
    return made


@pytest.fixture
def asleep(queue, autoscaling):
    """The same without an instance."""
    autoscaling.register_scalable_target(**target("queue"), MinCapacity=0, MaxCapacity=0)
    return queue


def test_a_result_is_written_and_notified(queue, account):
    answer = queue.invoke(InferenceId="call-7", ContentType="application/json", Accept="application/json")
    assert answer["InferenceId"] == "call-7"
    assert answer["OutputLocation"] == f"s3://{queue.bucket}/out/call-7.out"
    assert answer["FailureLocation"].startswith(f"s3://{queue.bucket}/failed/call-7")
    result = queue.object(answer["OutputLocation"])
    assert json.loads(result)["input_sha256"] == hashlib.sha256(b'{"audio": "..."}').hexdigest()
    message = queue.message("success")
    assert base64.b64decode(message.pop("responseBody")["content"]) == result
    times = [message.pop("receivedTime"), message.pop("eventTime")]
    assert times == sorted(times)
    assert message == {
        "awsRegion": "us-east-1",
        "invocationStatus": "Completed",
        "requestParameters": {
            "accept": "application/json",
            "contentType": "application/json",
            "endpointName": "queue",
            "inputLocation": f"s3://{queue.bucket}/in/audio.json",
        },
        "responseParameters": {"contentType": "application/json", "outputLocation": answer["OutputLocation"]},
        "inferenceId": "call-7",
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def test_a_failure_is_written_and_notified(queue):
    answer = queue.invoke("in/bad.json")
    failure = queue.object(answer["FailureLocation"])
    message = queue.message("error")
    assert message["invocationStatus"] == "Failed"
    assert message["failureReason"].startswith("ClientError: Received client error (400) from primary")
    assert base64.b64decode(message["responseBody"]["content"]) == failure
    with pytest.raises(ClientError, match="NoSuchKey"):
        queue.s3.get_object(Bucket=queue.bucket, Key=f"out/{answer['InferenceId']}.out")


def test_an_input_that_is_not_there_is_a_failure(queue):
    answer = queue.invoke("in/nothing.json")
    assert b"NoSuchKey" in queue.object(answer["FailureLocation"])
    message = queue.message("error")
    assert "NoSuchKey" in message["failureReason"]
    assert message["inferenceId"] == answer["InferenceId"]
    # The queue goes on after it.
    queue.object(queue.invoke()["OutputLocation"])


def test_an_inline_body_and_a_chosen_place(queue):
    answer = queue.runtime.invoke_endpoint_async(
        EndpointName="queue", Body=b"inline", S3OutputPathExtension="today", Filename="first.json"
    )
    assert answer["OutputLocation"] == f"s3://{queue.bucket}/out/today/first.json"
    assert json.loads(queue.object(answer["OutputLocation"]))["input_bytes"] == 6
    largest = queue.runtime.invoke_endpoint_async(EndpointName="queue", Body=bytes(128_000))
    assert json.loads(queue.object(largest["OutputLocation"]))["input_bytes"] == 128_000
    refused(partial(queue.invoke, Body=b"inline"), "ValidationError", "Exactly one of InputLocation and Body")
    too_large = partial(queue.runtime.invoke_endpoint_async, EndpointName="queue", Body=bytes(128_001))
    refused(too_large, "ValidationError", "128000")
    at_once = partial(queue.runtime.invoke_endpoint, EndpointName="queue", Body=b"")
    refused(at_once, "ValidationError", "call InvokeEndpointAsync")


def test_a_bucket_leads_to_no_other_machine(queue, account):
    """botocore asks for an access point of several regions at AWS, whatever the endpoint is."""
    bucket = f"arn:aws:s3::{account}:accesspoint:secret.mrap"
    answer = queue.runtime.invoke_endpoint_async(EndpointName="queue", InputLocation=f"s3://{bucket}/key")
    said = queue.object(answer["FailureLocation"]).decode()
    assert said.startswith("ClientError: Could not connect to the endpoint URL")


def test_without_instances_a_request_waits_for_capacity(asleep, autoscaling):
    answers = [asleep.invoke() for _ in range(3)]
    time.sleep(0.3)
    assert asleep.results() == []
    autoscaling.register_scalable_target(**target("queue"), MinCapacity=1, MaxCapacity=1)
    for answer in answers:
        asleep.object(answer["OutputLocation"])


@pytest.mark.parametrize("by", ["DeleteEndpoint", "control"])
def test_requests_of_an_endpoint_that_is_gone_are_dropped(asleep, sagemaker, connection, by):
    """The queue goes on with those of the next endpoint."""
    asleep.invoke()
    if by == "control":
        control.ask(connection, "DELETE", "instances")
    else:
        sagemaker.delete_endpoint(EndpointName="queue")
    sagemaker.create_endpoint(EndpointName="queue", EndpointConfigName="queue-1")
    last = asleep.invoke()
    asleep.object(last["OutputLocation"])
    assert asleep.results() == [f"out/{last['InferenceId']}.out"]
