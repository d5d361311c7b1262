"""How containers behave: what a description says, and how long answers take."""

import asyncio
import json
import math
import threading
import time
from dataclasses import replace

import pytest

from scaleproof.emulator.engine import container
from scaleproof.emulator.engine.container import Container
from scaleproof.errors import ScaleproofError
from scaleproof.localstack import control
from tests.unit.waiting import until

from . import asgi
from .asgi import Talk, behave, in_flight, store_with
from .conftest import ACCOUNT, IMAGE, refused
from .conftest import in_flight as requests_in_flight
from .signing import part


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ([], "Send an object"),
        ({"speed": 1}, "A container has answer, sharing, slots, startup, upgrade, stream_seconds, stop_seconds, "),
        ({"answer": -1}, "answer must be seconds, 0 or more, not -1."),
        ({"answer": True}, "answer must be seconds"),
        ({"answer": {}}, "or a table such as"),
        ({"answer": {"x": 1}}, "or a table such as"),
        ({"answer": {"1": "x"}}, "or a table such as"),
        ({"answer": {"1": 1}, "sharing": 2}, "sharing needs a number"),
        ({"sharing": 0}, "sharing must be a whole number from 1 on, not 0."),
        ({"slots": 1.5}, "slots must be a whole number"),
        ({"slots": True}, "slots must be a whole number"),
        ({"upgrade": True}, "upgrade must be seconds"),
        ({"startup": "x"}, "startup must be seconds"),
    ],
)
def test_what_is_no_description(given, text):
    with pytest.raises(ScaleproofError) as caught:
        container.describe_account(ACCOUNT, given)
    assert text in str(caught.value)
    assert container.of_account(ACCOUNT) == Container()


def test_a_model_s_own_members_override_those_of_the_account():
    described = {"answer": {"1": 0.1, "20": 1}, "slots": 3, "startup": 5, "upgrade": False}
    behave(ACCOUNT, **described)
    assert container.described(ACCOUNT) == described
    whole = Container(answer={1: 0.1, 20: 1.0}, slots=3, startup=5.0, upgrade=math.inf)
    assert container.of_account(ACCOUNT) == whole
    assert container.of_account(ACCOUNT, {"answer": 0.5}) == replace(whole, answer=0.5)
    assert container.of_account("444455556666") == Container()


def test_what_a_model_may_say():
    def of(text):
        return container.of_containers([{"Environment": {"SCALEPROOF_CONTAINER": text}}, {}])

    assert of('{"slots": 2}') == {"slots": 2}
    for text, words in [("{", "not JSON"), ('{"stop_seconds": 1}', "not stop_seconds"), ("[]", "an object")]:
        refused(lambda text=text: of(text), "ValidationException", words)


def test_a_table_of_answers():
    table = Container(answer={10: 1.0, 20: 3.0, 40: 4.0})
    assert [table.seconds(level) for level in (1, 10, 15, 20, 30, 99)] == [1.0, 1.0, 2.0, 3.0, 3.5, 4.0]
    assert Container(answer=0.3).seconds(50) == 0.3
    assert list(table.pauses(lambda: 15)) == [2.0]


def waited(container, level):
    """The seconds of all pauses; `level`: requests in flight at a time."""
    pauses = []
    for pause in container.pauses(lambda: level(sum(pauses)), lambda: sum(pauses)):
        pauses.append(pause)  # the clock goes on
    return sum(pauses)


@pytest.mark.parametrize(("level", "seconds"), [(1, 0.4), (4, 0.4), (8, 0.8), (16, 1.6)])
def test_requests_that_share_an_instance(level, seconds):
    assert waited(Container(answer=0.4, sharing=4), lambda _: level) == pytest.approx(seconds)


def test_sharing_follows_the_level():
    # Eight share for a second, which does half of the work; then one is alone.
    seconds = waited(Container(answer=1.0, sharing=4), lambda now: 8 if now < 1 else 1)
    assert seconds == pytest.approx(1.5, abs=0.05)


@pytest.mark.parametrize(
    ("members", "streams", "seconds"),
    [
        ({"answer": 0.3}, 1, [0.3] * 10),
        ({"answer": {"1": 0.0, "5": 0.2}}, 5, [0.2]),
        ({"answer": 0.1, "sharing": 1}, 1, [0.1, 0.2, 0.3]),
    ],
    ids=["each part takes as long as an answer", "by the table", "parts that share wait for one another"],
)
def test_how_long_the_parts_of_a_stream_take(members, streams, seconds):
    behave(ACCOUNT, **members)
    store = store_with()

    async def run():
        talks = [Talk(store) for _ in range(streams)]
        while sum(in_flight(store)) < streams:
            await asyncio.sleep(0.01)
        began = time.monotonic()
        for number in range(len(seconds)):
            talks[0].say(part(str(number).encode()))
        times = []
        for number in range(len(seconds)):
            assert await talks[0].next() == str(number).encode()
            times.append(time.monotonic() - began)
        for talk in talks:
            talk.leave()
            await talk.rest()
        assert times == pytest.approx(seconds)

    asgi.run(run)


def test_an_instance_that_is_full_refuses_streams():
    behave(ACCOUNT, slots=1)
    store = store_with(instances=2)

    async def opened():
        talk = Talk(store)
        talk.say(part(b"x"))
        assert await talk.next()
        return talk

    async def run():
        first, second = await opened(), await opened()
        status, kind, body = await Talk(store).refused()
        assert (status, kind, body["OriginalStatusCode"]) == (424, "ModelError", 503)
        first.close()
        await first.rest()
        for talk in (second, await opened()):
            talk.leave()
            await talk.rest()

    asgi.run(run)
    assert in_flight(store) == [0, 0]


def test_a_request_takes_as_long_as_its_container(runtime, endpoint, connection):
    control.behave(connection, answer=1.0, slots=1)
    began = time.monotonic()
    asking = threading.Thread(target=lambda: runtime.invoke_endpoint(EndpointName=endpoint, Body=b"x"))
    asking.start()
    until(lambda: requests_in_flight(connection))
    # Nothing of the account is locked meanwhile.
    assert connection.client("sagemaker").describe_endpoint(EndpointName=endpoint)
    asking.join()
    assert time.monotonic() - began >= 1.0
    assert requests_in_flight(connection) == 0


def test_a_model_says_how_it_behaves(runtime, sagemaker, role, connection, configure, described):
    says = {"SCALEPROOF_CONTAINER": json.dumps({"slots": 1, "answer": 0.5, "startup": 300.0})}
    container_ = {"Image": IMAGE, "Environment": says}
    sagemaker.create_model(ModelName="slow", PrimaryContainer=container_, ExecutionRoleArn=role)
    name = configure("slow-1", ModelName="slow", InitialInstanceCount=1)
    sagemaker.create_endpoint(EndpointName="slow", EndpointConfigName=name)
    control.advance(connection, 290)
    assert described("slow")["EndpointStatus"] == "Creating"
    refused(lambda: runtime.invoke_endpoint(EndpointName="slow", Body=b"x"), "ValidationError", "not found")
    control.advance(connection, 10)
    assert described("slow")["EndpointStatus"] == "InService"
    control.behave(connection, slots=5)  # the account's members come second
    began = time.monotonic()
    body = runtime.invoke_endpoint_with_response_stream(EndpointName="slow", Body=bytes(1024 * 1000))["Body"]
    assert next(iter(body))  # many parts are still to come
    assert time.monotonic() - began >= 0.5
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        runtime.invoke_endpoint(EndpointName="slow", Body=b"x")
    assert caught.value.response["OriginalStatusCode"] == 503
    body.close()


def test_a_description_that_is_none_is_refused(connection, sagemaker, role):
    with pytest.raises(ScaleproofError, match="slots must be"):
        control.behave(connection, slots=0)
    says = {"Image": IMAGE, "Environment": {"SCALEPROOF_CONTAINER": "{"}}
    create = {"ModelName": "wrong", "PrimaryContainer": says, "ExecutionRoleArn": role}
    refused(lambda: sagemaker.create_model(**create), "ValidationException", "SCALEPROOF_CONTAINER")
