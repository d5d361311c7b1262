"""What real-time endpoints publish of their requests."""

import time

import pytest

from scaleproof.emulator.engine import faults
from scaleproof.emulator.engine.clock import tick
from scaleproof.emulator.engine.container import Container
from scaleproof.emulator.engine.serving import FullError, Serving

from . import asgi
from .asgi import Talk, behave, store_with
from .conftest import G6, G6E
from .signing import Signer, part

ACCOUNT = "111122223333"
PLACE = ("speech", "AllTraffic")
WHOLE = {"EndpointName": "speech", "VariantName": "AllTraffic"}
CONCURRENCY = "ConcurrentRequestsPerModel"
LEAST = "LEAST_OUTSTANDING_REQUESTS"


@pytest.fixture(autouse=True)
def usual():
    """Containers and rules as usual again after each test."""
    yield
    behave(ACCOUNT)
    faults.of_account(ACCOUNT).set([])


def serving(**counts):
    """A variant with instances of two types."""
    made = Serving()
    made.update({PLACE: (made, {G6: counts.get("g6", 1), G6E: counts.get("g6e", 1)})}, 0.0, 30.0)
    return made


def published(of, *, by_type=True):
    """The values by metric and instance type, "" for the whole variant."""
    found = {}
    for one in of.samples(by_type=by_type):
        kind = dict(one.dimensions).pop("InstanceType", "")
        assert {**WHOLE, **({"InstanceType": kind} if kind else {})} == one.dimensions
        assert one.unit == ("Microseconds" if "Latency" in one.name else "None")
        found[one.name, kind] = list(one.values)
    return found


def test_nothing_before_the_first_request():
    assert published(serving()) == {}


def test_a_sample_for_each_instance():
    made = serving(g6=2)
    for _ in range(4):
        made.admit(PLACE, LEAST, Container())
    found = published(made)
    assert sorted(found[CONCURRENCY, ""]) == [1.0, 1.0, 2.0]
    assert sorted(found[CONCURRENCY, G6] + found[CONCURRENCY, G6E]) == sorted(found[CONCURRENCY, ""])
    assert len(found[CONCURRENCY, G6]) == 2
    assert set(found) == {
        (CONCURRENCY, ""),
        (CONCURRENCY, G6),
        (CONCURRENCY, G6E),
        ("Invocations", ""),
        ("InvocationsPerInstance", ""),
    }
    assert found["Invocations", ""] == [1.0] * 4
    assert found["InvocationsPerInstance", ""] == [pytest.approx(1 / 3)] * 4


def test_the_form_by_type_may_be_missing():
    made = serving()
    made.admit(PLACE, LEAST, Container())
    assert {kind for _, kind in published(made, by_type=False)} == {""}


def test_what_has_ended_is_told_once_and_idle_is_zero():
    made = serving(g6e=0)
    request = made.admit(PLACE, LEAST, Container())
    made.end(request)
    made.end(request)
    first = published(made)
    assert first["Invocation4XXErrors", ""] == first["Invocation5XXErrors", ""] == [0.0]
    assert first["InvocationModelErrors", ""] == [0.0]
    (latency,) = first["ModelLatency", ""]
    assert 0 < latency < 1_000_000
    assert published(made) == {(CONCURRENCY, ""): [0.0], (CONCURRENCY, G6): [0.0]}


@pytest.mark.parametrize(("status", "four", "five"), [(400, 1.0, 0.0), (500, 0.0, 1.0), (503, 0.0, 1.0)])
def test_errors_of_the_model(status, four, five):
    made = serving()
    request = made.admit(PLACE, LEAST, Container())
    request.status = status
    made.end(request)
    found = published(made)
    assert found["Invocation4XXErrors", ""] == [four]
    assert found["Invocation5XXErrors", ""] == [five]
    assert found["InvocationModelErrors", ""] == [1.0]


def test_a_request_to_a_full_instance_is_an_error():
    made = serving(g6e=0)
    made.admit(PLACE, LEAST, Container(slots=1))
    with pytest.raises(FullError):
        made.admit(PLACE, LEAST, Container(slots=1))
    found = published(made)
    assert found[CONCURRENCY, ""] == [1.0]
    assert found["Invocations", ""] == [1.0, 1.0]
    assert found["Invocation5XXErrors", ""] == [1.0]


def test_instances_that_stop_still_count():
    made = serving(g6=2, g6e=0)
    for _ in range(2):
        made.admit(PLACE, LEAST, Container())
    made.update({PLACE: (made, {G6: 1})}, 100.0, 30.0)
    assert published(made)[CONCURRENCY, ""] == [1.0, 1.0]
    made.update({PLACE: (made, {G6: 1})}, 130.0, 30.0)
    assert published(made)[CONCURRENCY, ""] == [1.0]


def test_an_endpoint_that_is_gone_publishes_nothing():
    made = serving()
    made.end(made.admit(PLACE, LEAST, Container()))
    made.update({}, 0.0, 30.0)
    assert published(made) == {}
    assert not made.busy


def test_random_routing_uses_every_instance():
    made = serving(g6=3, g6e=0)
    for _ in range(300):
        made.admit(PLACE, "RANDOM", Container())
    loads = [one.in_flight for one in made.loads()]
    assert sum(loads) == 300
    assert min(loads) > 50
    assert len(set(loads)) > 1 or loads != [100, 100, 100]


def test_an_instance_that_stops_takes_no_request():
    made = serving(g6=2, g6e=0)
    for _ in range(3):
        made.admit(PLACE, LEAST, Container())
    made.update({PLACE: (made, {G6: 1})}, 0.0, 30.0)
    made.admit(PLACE, LEAST, Container())  # the other one has fewer
    assert [(one.in_flight, one.stopping) for one in made.loads()] == [(3, False), (1, True)]


def test_the_oldest_instances_stay():
    made = serving(g6=1, g6e=0)
    made.admit(PLACE, LEAST, Container())
    made.update({PLACE: (made, {G6: 3})}, 0.0, 30.0)
    made.update({PLACE: (made, {G6: 1})}, 0.0, 30.0)
    assert [(one.in_flight, one.stopping) for one in made.loads()] == [(1, False)]


def test_an_update_replaces_all_instances():
    made = serving(g6=1, g6e=0)
    made.admit(PLACE, LEAST, Container())
    made.update({PLACE: (object(), {G6: 1})}, 0.0, 30.0)
    assert sorted((one.in_flight, one.stopping) for one in made.loads()) == [(0, False), (1, True)]


def spoken(store, *bodies):
    """What is published of a stream with these text parts."""

    async def run():
        talk = Talk(store, Signer(ACCOUNT))
        for body in bodies:
            talk.say(part(body, DataType="UTF8"))
        talk.close()
        await talk.rest()

    asgi.run(run)
    return published(store.serving)


def test_streams_have_a_first_chunk_and_no_latency():
    behave(ACCOUNT, answer=0.2)
    found = spoken(store_with(), b"x", b"y")
    (first,) = found["FirstChunkLatency", ""]
    assert first == pytest.approx(200_000)
    assert found["MidStreamErrors", ""] == [0.0]
    assert found["InvocationModelErrors", ""] == [0.0]
    assert ("ModelLatency", "") not in found


def test_a_stream_tells_what_it_knows_while_it_is_open():
    store = store_with()

    async def run():
        talk = Talk(store, Signer(ACCOUNT))
        talk.say(part(b"x"))
        await talk.next()
        found = published(store.serving)
        assert found["InvocationModelErrors", ""] == [0.0]
        assert len(found["FirstChunkLatency", ""]) == 1
        assert ("MidStreamErrors", "") not in found
        talk.say(part(b"y"))
        await talk.next()
        talk.leave()
        await talk.rest()

    asgi.run(run)
    assert published(store.serving) == {
        **{(CONCURRENCY, kind): [0.0] for kind in ("", G6)},
        ("MidStreamErrors", ""): [0.0],
    }


def test_a_stream_that_fails_is_a_mid_stream_error():
    found = spoken(store_with(), b'{"fail": 500}')
    assert found["MidStreamErrors", ""] == [1.0]
    assert ("FirstChunkLatency", "") not in found


def test_a_stream_that_is_refused_is_an_error_of_the_model_alone():
    behave(ACCOUNT, upgrade=False)
    store = store_with()

    async def run():
        await Talk(store, Signer(ACCOUNT)).refused()

    asgi.run(run)
    found = published(store.serving)
    assert found["Invocation4XXErrors", ""] == found["InvocationModelErrors", ""] == [1.0]
    assert ("MidStreamErrors", "") not in found


class Told:
    """A store whose CloudWatch notes what it is told."""

    def __init__(self, monkeypatch):
        self.store = store_with()
        self.told = []
        monkeypatch.setattr(
            type(self.store.cloudwatch), "put", lambda _, samples, _time: self.told.append(list(samples))
        )

    def ticked(self, now):
        """The metrics that a look at the clock publishes."""
        self.told = []
        tick(self.store, now)
        return {one.name for samples in self.told for one in samples}


def test_every_ten_seconds_on_the_minute(monkeypatch):
    told = Told(monkeypatch)
    told.store.serve()
    told.store.serving.admit(PLACE, LEAST, Container())
    assert CONCURRENCY in told.ticked(1_000.5)
    assert told.ticked(1_009.9) == set()
    assert told.ticked(1_010.0) == {CONCURRENCY}
    assert told.ticked(1_020.9) == {CONCURRENCY}  # late, and the next one is not
    assert told.ticked(1_030.0) == {CONCURRENCY}


def test_rules_of_what_aws_has_not_documented(monkeypatch):
    told = Told(monkeypatch)
    told.store.serve()
    assert told.ticked(1_000.0) == set()
    faults.of_account(ACCOUNT).set(faults.parse([{"fault": "idle"}]))
    assert told.ticked(1_010.0) == {CONCURRENCY}
    assert any("InstanceType" in one.dimensions for samples in told.told for one in samples)
    missing = {"fault": "assumed", "name": "concurrency_by_type", "value": "missing"}
    faults.of_account(ACCOUNT).set(faults.parse([{"fault": "idle"}, missing]))
    assert told.ticked(1_020.0) == {CONCURRENCY}
    assert not any("InstanceType" in one.dimensions for samples in told.told for one in samples)


def test_asynchronous_endpoints_publish_none_of_it(monkeypatch):
    told = Told(monkeypatch)
    told.store = store_with(AsyncInferenceConfig={"OutputConfig": {}})
    faults.of_account(ACCOUNT).set(faults.parse([{"fault": "idle"}]))
    assert told.ticked(1_000.0) == set()


def test_what_cloudwatch_has(client, endpoint):
    runtime, cloudwatch = client("sagemaker-runtime"), client("cloudwatch")
    for number in range(200):
        body = b'{"fail": 500}' if number % 10 == 0 else b"x"
        try:
            runtime.invoke_endpoint(EndpointName=endpoint, Body=body)
        except runtime.exceptions.ModelError:
            assert number % 10 == 0
    wanted = {"Invocations": 200, "InvocationsPerInstance": 100, "Invocation5XXErrors": 20}
    deadline = time.monotonic() + 60
    while True:
        found = {name: total(cloudwatch, name) for name in wanted}
        if found == wanted:
            break
        assert time.monotonic() < deadline, found
        time.sleep(1)
    assert total(cloudwatch, "ModelLatency", "Microseconds", "SampleCount") == 200


def total(cloudwatch, name, unit="None", statistic="Sum"):
    """A statistic of the last minutes."""
    dimensions = [{"Name": key, "Value": value} for key, value in WHOLE.items()]
    stat = {
        "Metric": {"Namespace": "AWS/SageMaker", "MetricName": name, "Dimensions": dimensions},
        "Period": 3600,
        "Stat": statistic,
        "Unit": unit,
    }
    now = time.time()
    found = cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": stat}],
        StartTime=now - 3600,
        EndTime=now + 60,
    )
    return float(sum(found["MetricDataResults"][0]["Values"]))
