"""What real-time endpoints publish of their requests, and which instance gets each."""

import time

import pytest

from scaleproof.emulator.engine import faults
from scaleproof.emulator.engine.clock import LONGEST, tick
from scaleproof.emulator.engine.container import Container
from scaleproof.emulator.engine.serving import FullError, Serving
from scaleproof.localstack import control

from .asgi import behave, store_with, talking
from .conftest import ACCOUNT, G6, G6E, LEAST, metric
from .signing import part

PLACE = ("speech", "AllTraffic")
WHOLE = {"EndpointName": "speech", "VariantName": "AllTraffic"}
CONCURRENCY = "ConcurrentRequestsPerModel"


class Instances(Serving):
    """Instances of one variant, by type."""

    def __init__(self, g6=1, g6e=0):
        super().__init__()
        self.become(g6, g6e)

    def become(self, g6, g6e=0, fleet=None, now=0.0):
        """Other instances run."""
        self.update({PLACE: (fleet or self, {G6: g6, G6E: g6e})}, now, 30.0)

    def ask(self, times=1, strategy=LEAST["RoutingStrategy"], **members):
        return [self.admit(PLACE, strategy, Container(**members)) for _ in range(times)]

    @property
    def shown(self):
        return [(load.in_flight, load.stopping) for load in self.loads()]


def published(serving, *, by_type=True):
    """The values by metric, and by metric and instance type."""
    values = {}
    for sample in serving.samples(by_type=by_type):
        kind = dict(sample.dimensions).pop("InstanceType", None)
        assert sample.dimensions == WHOLE | ({"InstanceType": kind} if kind else {})
        assert sample.unit == ("Microseconds" if "Latency" in sample.name else "None")
        values[(sample.name, kind) if kind else sample.name] = list(sample.values)
    return values


def test_a_sample_for_each_instance():
    serving = Instances(2, 1)
    assert published(serving) == {}  # nothing before the first request
    serving.ask(4)
    values = published(serving)
    assert sorted(values[CONCURRENCY]) == [1.0, 1.0, 2.0]
    assert sorted(values[CONCURRENCY, G6] + values[CONCURRENCY, G6E]) == sorted(values[CONCURRENCY])
    assert len(values[CONCURRENCY, G6]) == 2
    asked = {"Invocations": [1.0] * 4, "InvocationsPerInstance": [pytest.approx(1 / 3)] * 4}
    assert {name: values.pop(name) for name in asked} == asked
    assert values.keys() == {CONCURRENCY, (CONCURRENCY, G6), (CONCURRENCY, G6E)}
    assert published(serving, by_type=False).keys() == {CONCURRENCY}


@pytest.mark.parametrize(
    ("status", "four", "five"), [(200, 0.0, 0.0), (400, 1.0, 0.0), (500, 0.0, 1.0), (503, 0.0, 1.0)]
)
def test_an_answer_is_published_once_and_idle_is_zero(status, four, five):
    serving = Instances()
    (request,) = serving.ask()
    request.status = status
    serving.end(request)
    serving.end(request)
    values = published(serving)
    assert (values["Invocation4XXErrors"], values["Invocation5XXErrors"]) == ([four], [five])
    assert values["InvocationModelErrors"] == [four + five]
    (latency,) = values["ModelLatency"]
    assert 0 < latency < 1_000_000
    assert published(serving) == {CONCURRENCY: [0.0], (CONCURRENCY, G6): [0.0]}


def test_a_request_to_a_full_instance_is_an_error():
    serving = Instances()
    serving.ask(slots=1)
    with pytest.raises(FullError):
        serving.ask(slots=1)
    values = published(serving)
    assert (values[CONCURRENCY], values["Invocations"]) == ([1.0], [1.0, 1.0])
    assert values["Invocation5XXErrors"] == [1.0]


def test_instances_that_stop_count_until_they_are_gone():
    serving = Instances(2)
    serving.ask(3)
    serving.become(1, now=100.0)
    serving.ask()  # the one that stops takes none, though it has fewer
    assert serving.shown == [(3, False), (1, True)]
    assert published(serving)[CONCURRENCY] == [3.0, 1.0]
    serving.become(1, now=130.0)
    assert published(serving)[CONCURRENCY] == [3.0]
    serving.update({}, 0.0, 30.0)  # the endpoint is gone
    assert (published(serving), serving.shown) == ({}, [(3, True)])


def test_the_oldest_instances_stay():
    serving = Instances()
    serving.ask()
    for count in (3, 1):
        serving.become(count)
    assert serving.shown == [(1, False)]


def test_an_update_replaces_all_instances():
    serving = Instances()
    serving.ask()
    serving.become(1, fleet=object())
    assert serving.shown == [(1, True), (0, False)]


def test_random_routing_uses_every_instance():
    serving = Instances(3)
    serving.ask(300, "RANDOM")
    loads = [in_flight for in_flight, _ in serving.shown]
    assert (sum(loads), min(loads) > 50, loads != [100, 100, 100]) == (300, True, True)


@pytest.mark.parametrize(
    ("behaviour", "body", "values", "missing"),
    [
        (
            {"answer": 0.2},
            b"x",
            {"FirstChunkLatency": [pytest.approx(200_000)], "MidStreamErrors": [0.0], "InvocationModelErrors": [0.0]},
            "ModelLatency",
        ),
        ({}, b'{"fail": 500}', {"MidStreamErrors": [1.0]}, "FirstChunkLatency"),
        ({"upgrade": False}, None, {"Invocation4XXErrors": [1.0], "InvocationModelErrors": [1.0]}, "MidStreamErrors"),
    ],
    ids=["a stream", "one that fails", "one that is refused"],
)
def test_what_a_stream_publishes(behaviour, body, values, missing):
    behave(ACCOUNT, **behaviour)

    async def test(talk):
        if body is None:
            await talk.refused()
            return
        talk.say(part(body, DataType="UTF8"))
        talk.close()
        await talk.rest()

    seen = published(talking(test).serving)
    assert {name: seen[name] for name in values} == values
    assert missing not in seen


def test_a_stream_tells_what_it_knows_while_it_is_open():
    async def test(talk):
        talk.say(part(b"x"))
        await talk.next()
        values = published(talk.store.serving)
        assert (values["InvocationModelErrors"], len(values["FirstChunkLatency"])) == ([0.0], 1)
        assert "MidStreamErrors" not in values
        talk.say(part(b"y"))
        await talk.next()
        talk.leave()
        await talk.rest()

    serving = talking(test).serving
    assert published(serving) == {CONCURRENCY: [0.0], (CONCURRENCY, G6): [0.0], "MidStreamErrors": [0.0]}


def ticked(monkeypatch, store, now):
    """The metrics that a look at the clock publishes, with the names of their dimensions."""
    put = []
    monkeypatch.setattr(type(store.cloudwatch), "put", lambda _, samples, time: put.append((list(samples), time)))
    tick(store, now)
    ((samples, time),) = put
    assert time == now
    return {sample.name for sample in samples}, {name for sample in samples for name in sample.dimensions}


def test_where_nothing_is_due_the_next_look_is_later():
    assert tick(store_with(), 60.0) == 60.0 + LONGEST


def test_every_ten_seconds_on_the_minute(monkeypatch):
    store = store_with()
    store.serve()
    store.serving.admit(PLACE, LEAST["RoutingStrategy"], Container())
    times = {1_000.5: True, 1_009.9: False, 1_010.0: True, 1_020.9: True, 1_030.0: True}  # late, and the next is not
    assert {now: CONCURRENCY in ticked(monkeypatch, store, now)[0] for now in times} == times


def test_rules_of_what_aws_has_not_documented(monkeypatch):
    store = store_with()
    missing = {"fault": "assumed", "name": "concurrency_by_type", "value": "missing"}
    by_type = {*WHOLE, "InstanceType"}
    for now, rules, answer in (
        (1_000.0, [], (set(), set())),
        (1_010.0, [{"fault": "idle"}], ({CONCURRENCY}, by_type)),
        (1_020.0, [{"fault": "idle"}, missing], ({CONCURRENCY}, {*WHOLE})),
    ):
        faults.of_account(ACCOUNT).set(faults.parse(rules))
        assert ticked(monkeypatch, store, now) == answer
    asynchronous = store_with(AsyncInferenceConfig={"OutputConfig": {}})
    assert ticked(monkeypatch, asynchronous, 1_000.0) == (set(), set())


def test_what_cloudwatch_has(runtime, cloudwatch, endpoint, connection):
    for body in [b'{"fail": 500}', *[b"x"] * 9] * 3:
        try:
            runtime.invoke_endpoint(EndpointName=endpoint, Body=body)
        except runtime.exceptions.ModelError:
            assert body != b"x"
    control.advance(connection, 10)

    def total(name, unit="None", statistic="Sum"):
        stat = {"Metric": metric(name, **WHOLE), "Period": 3600, "Stat": statistic, "Unit": unit}
        times = {"StartTime": time.time() - 3600, "EndTime": time.time() + 60}
        answer = cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "m", "MetricStat": stat}], **times)
        return sum(answer["MetricDataResults"][0]["Values"])

    values = {"Invocations": 30, "InvocationsPerInstance": 15, "Invocation5XXErrors": 3}
    assert {name: total(name) for name in values} == values
    assert total("ModelLatency", "Microseconds", "SampleCount") == 30
