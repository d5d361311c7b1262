"""InvokeEndpointWithResponseStream: parts that come one after the other, through LocalStack."""

import time

from botocore.exceptions import EventStreamError

from scaleproof.localstack import control
from tests.unit.waiting import until

from .conftest import LEAST, in_flight

BODY = bytes(range(256)) * 12  # three parts


def test_the_parts_are_what_was_sent(runtime, endpoint, connection):
    answer = runtime.invoke_endpoint_with_response_stream(
        EndpointName=endpoint, Body=BODY, ContentType="audio/wav", CustomAttributes="trace=1"
    )
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert (answer["ContentType"], answer["CustomAttributes"]) == ("audio/wav", "trace=1")
    parts = [event["PayloadPart"]["Bytes"] for event in answer["Body"]]
    assert [len(one) for one in parts] == [1024, 1024, 1024]
    assert b"".join(parts) == BODY
    assert in_flight(connection) == 0


def test_parts_come_as_the_container_makes_them(runtime, endpoint, connection):
    control.behave(connection, answer=0.3)
    began = time.monotonic()
    body = runtime.invoke_endpoint_with_response_stream(EndpointName=endpoint, Body=BODY)["Body"]
    times = [time.monotonic() - began for _ in body]
    assert len(times) == 3
    for number, seconds in enumerate(times, start=1):  # that none waits for a later one shows further down
        assert seconds >= 0.3 * number
    assert in_flight(connection) == 0


def test_a_container_that_is_stopped(runtime, sagemaker, configure, connection, set_count):
    sagemaker.create_endpoint(EndpointName="speech", EndpointConfigName=configure(RoutingConfig=LEAST))
    control.behave(connection, answer=0.3)
    body = bytes(1024 * 10)
    call = runtime.invoke_endpoint_with_response_stream
    asked = [call(EndpointName="speech", Body=body)["Body"] for _ in range(4)]
    set_count(1)
    assert [(one.in_flight, one.stopping) for one in control.instances(connection)] == [(2, False), (2, True)]
    control.advance(connection, 30)
    assert sorted(ending(events) for events in asked) == ["", "", "ModelStreamError", "ModelStreamError"]
    assert in_flight(connection) == 0


def ending(events):
    """The error that ends a stream, "" where there is none."""
    try:
        for _ in events:
            pass
    except EventStreamError as error:
        return error.response["Error"]["Code"]
    return ""


def test_a_client_that_is_gone(runtime, endpoint, connection):
    control.behave(connection, answer=0.3)
    body = runtime.invoke_endpoint_with_response_stream(EndpointName=endpoint, Body=bytes(1024 * 1000))["Body"]
    assert next(iter(body))
    assert in_flight(connection) == 1
    body.close()
    until(lambda: not in_flight(connection))
