"""What is looked at before there is load, where LocalStack shows no such thing."""

import pytest

from scaleproof.endpoints import EndpointError, live
from scaleproof.measuring import subject
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget, ScheduledAction, Suspended

TYPE = "ml.g6.2xlarge"
OPENING = ScheduledAction("opening", "cron(0 8 * * ? *)", max=3)
NOW = {"instances": {TYPE: 1, "ml.g5.xlarge": 0}, "status": "InService"}


def found(monkeypatch, *endpoints):
    monkeypatch.setattr(live, "from_api", lambda _clients, names: list(endpoints))
    return subject.find_subject(lambda _: None, "speech", "--region eu-west-1")


def endpoint(**members):
    kind = members.pop("kind", Kind.REALTIME)
    variant, target = members.pop("variant", "AllTraffic"), members.pop("target", None)
    return Endpoint("speech", variant, kind, (Pool(TYPE, 1),), 1, target, **NOW | members)


def test_the_type_is_that_of_the_instance(monkeypatch):
    suspended = ScalableTarget(1, 3, (), suspended=Suspended(True, True, True))
    for one in (endpoint(), endpoint(target=suspended), endpoint(target=ScalableTarget(1, 1, ()))):
        assert found(monkeypatch, one) == subject.Subject(one, TYPE)


@pytest.mark.parametrize(
    ("endpoints", "said"),
    [
        (
            [endpoint(), endpoint(variant="B")],
            "speech has 2 variants: AllTraffic, B. Name an",
        ),
        ([endpoint(kind=Kind.ASYNC)], "speech is asynchronous"),
        (
            [endpoint(status="Updating")],
            "speech is Updating, not InService. Wait for it: aws sagemaker wait endpoint-in-service "
            "--region eu-west-1 --endpoint-name speech;",
        ),
        ([endpoint(instances={})], "speech does not have exactly one instance: none."),
        (
            [endpoint(instances={TYPE: 1, "ml.g5.xlarge": 1})],
            "1 of ml.g6.2xlarge, 1 of ml.g5.xlarge. A measurement needs exactly one. Set its "
            "instances to 1 first: aws sagemaker update-endpoint-weights-and-capacities --region eu-west-1 "
            "--endpoint-name speech --desired-weights-and-capacities "
            "VariantName=AllTraffic,DesiredInstanceCount=1",
        ),
        ([endpoint(variant="`F`", instances={})], "VariantName='`F`',DesiredInstanceCount=1"),
        ([endpoint(variant="`F`", target=ScalableTarget(1, 2, ()))], "--resource-id 'endpoint/speech/variant/`F`' "),
        (
            [endpoint(instances={TYPE: 2}, target=ScalableTarget(1, 3, ()))],
            "with the module, realtime.capacity = { min = 1, max = 1 }.",
        ),
        ([endpoint(target=ScalableTarget(1, 2, ()))], "speech scales:"),
        ([endpoint(target=ScalableTarget(1, 1, (), (OPENING,)))], "speech scales:"),
    ],
)
def test_what_cannot_be_measured_is_refused(monkeypatch, endpoints, said):
    with pytest.raises(EndpointError) as caught:
        found(monkeypatch, *endpoints)
    assert said in str(caught.value)


def test_other_traffic_is_that_of_the_last_minutes():
    asked = []

    class CloudWatch:
        def get_metric_statistics(self, **words):
            asked.append(words)
            return {"Datapoints": []}

    assert subject.other_traffic(lambda _: CloudWatch(), endpoint()) == ""
    assert [(one["MetricName"], one["Statistics"], one["Period"]) for one in asked] == [
        ("Invocations", ["Sum"], 60),
        ("ConcurrentRequestsPerModel", ["Maximum"], 60),
    ]
    for one in asked:
        assert one["EndTime"] - one["StartTime"] == subject.RECENT
        assert one["Dimensions"] == [
            {"Name": "EndpointName", "Value": "speech"},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ]


@pytest.mark.parametrize(
    ("requests", "in_flight", "said", "refused"),
    [
        ([1.0], [], "1 request in the last 5 minutes, up to 0 in flight", False),
        ([4.0, 6.0], [1.0], "10 requests in the last 5 minutes, up to 1 in flight", False),
        ([4.0, 7.0], [1.0], "11 requests in the last 5 minutes, up to 1 in flight", True),
        # Streams that began earlier.
        ([], [1.0], "0 requests in the last 5 minutes, up to 1 in flight", True),
        ([1.0, 2.0], [4.0, 1.0], "3 requests in the last 5 minutes, up to 4 in flight", True),
        ([1.0, 2.0], [3.0, 1.0], "3 requests in the last 5 minutes, up to 3 in flight", False),
    ],
)
def test_a_handful_of_requests_of_others_is_no_traffic(requests, in_flight, said, refused):
    points = {"Invocations": requests, "ConcurrentRequestsPerModel": in_flight}

    class CloudWatch:
        def get_metric_statistics(self, MetricName, Statistics, **_words):  # noqa: N803
            return {"Datapoints": [{Statistics[0]: point} for point in points[MetricName]]}

    def sentence():
        return subject.other_traffic(lambda _: CloudWatch(), endpoint())

    said = f"speech has other traffic: {said} on an instance."
    if refused:
        with pytest.raises(EndpointError, match=f"{said} They would distort the measurement, and be slowed by it."):
            sentence()
    else:
        assert sentence() == f"{said} More of them would distort the measurement."
