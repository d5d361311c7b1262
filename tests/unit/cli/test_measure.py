"""`scaleproof measure` against endpoints in a LocalStack of the user's, whose capacity is known."""

import shlex
from datetime import UTC, datetime, timedelta

import pytest

from scaleproof.localstack import control
from scaleproof.measuring.subject import HANDFUL
from tests.unit.emulator.conftest import M5, target
from tests.unit.measuring.endpoints import make

SHORT = ("--warm-up", "0.1", "--hold", "0.9", "--longest", "0.9", "--budget", "9", "--max", "2")
SUSPENDED = {"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True, "ScheduledScalingSuspended": True}
SCHEDULED_ONLY = {name: name == "ScheduledScalingSuspended" for name in SUSPENDED}
DIMENSIONS = {"EndpointName": "speech", "VariantName": "AllTraffic"}


class Place:
    """The command line for an account, and what is in that."""

    def __init__(self, run, connection, body):
        self.run, self.connection, self.body = run, connection, body

    def line(self, *words):
        given = ["--account", self.connection.account, "--objective", "latency:p90=9", "--body", self.body]
        return [str(word) for word in ("measure", "speech", *given, *SHORT, *words)]

    def measure(self, *words, **ends):
        return self.run(*self.line(*words), **ends)

    def register(self, **state):
        self.connection.client("application-autoscaling").register_scalable_target(
            **target(), MinCapacity=1, MaxCapacity=3, SuspendedState=state
        )

    def state(self):
        scaling = self.connection.client("application-autoscaling")
        (found,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
        assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 3)
        return found["SuspendedState"]


@pytest.fixture
def place(run, cloud, connection, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    body = tmp_path / "body.json"
    body.write_text("{}")
    return Place(run, connection, body)


@pytest.mark.parametrize("load", ["requests", "response-streams"])
def test_requests_and_streams_of_answers(place, load):
    """It finds what an instance sustains in test_measure_options.py; here, load comes to an endpoint."""
    make(place.connection, {"answer": 0.05})
    document = place.measure("--load", load, "--json").document
    assert (document["answer"], document["max_concurrency"]) == ("beyond", 2)
    assert f'instance_type = "{M5}"' in document["instance_pools"]
    assert (document["errors"], document["requests"] > 20) == ({}, True)


def called(place, line):
    """Does what a line of the AWS CLI does."""
    _, _, operation, *words = shlex.split(line)
    options = dict(zip(words[::2], words[1::2], strict=True))
    assert options.pop("--endpoint-url") == place.connection.endpoint_url
    assert options.pop("--region") == place.connection.region
    members = dict(pair.split("=") for pair in options.pop("--suspended-state").split(","))
    scaling = place.connection.client("application-autoscaling")
    getattr(scaling, operation.replace("-", "_"))(
        **{"".join(map(str.title, option[2:].split("-"))): value for option, value in options.items()},
        SuspendedState={name: value == "true" for name, value in members.items()},
    )


def test_what_is_scaled_is_refused_with_the_lines_that_suspend_and_resume(place):
    make(place.connection, {"answer": 0.05})
    place.register(**SCHEDULED_ONLY)
    ran = place.measure("--max", "1", code=2, says="speech scales:")
    suspend, resume = (line for line in ran.err.splitlines() if "register-scalable-target" in line)
    called(place, suspend)
    assert place.state() == SUSPENDED
    assert place.measure("--max", "1", "--json").document["answer"] == "beyond"
    assert place.state() == SUSPENDED
    called(place, resume)
    assert place.state() == SCHEDULED_ONLY


@pytest.mark.parametrize(
    ("requests", "in_flight", "code", "said"),
    [
        (2, 1, 0, "has other traffic: 2 requests in the last 5 minutes, up to 1 in flight on an instance. More of"),
        (1, 0, 0, "1 request in the last"),
        (HANDFUL, 1, 0, "10 requests"),
        (HANDFUL + 1, 1, 2, "They would distort the measurement, and be slowed by it. Measure an endpoint without"),
        # Streams that began earlier are no requests of the last minutes, but they are load.
        (0, 3, 2, "0 requests in the last 5 minutes, up to 3 in flight"),
        (2, 3, 2, "up to 3 in flight"),
    ],
)
def test_what_others_send_is_said_and_much_of_it_is_refused(place, requests, in_flight, code, said):
    make(place.connection)
    dimensions = [{"Name": name, "Value": value} for name, value in DIMENSIONS.items()]
    now = datetime.now(UTC)
    points = [
        *(("Invocations", 1, 1.0) for _ in range(requests)),
        *(("ConcurrentRequestsPerModel", minutes, float(in_flight)) for minutes in (1, 2)),
        *((name, 10, 99.0) for name in ("Invocations", "ConcurrentRequestsPerModel")),  # long ago
    ]
    place.connection.client("cloudwatch").put_metric_data(
        Namespace="AWS/SageMaker",
        MetricData=[
            {"MetricName": name, "Dimensions": dimensions, "Timestamp": now - timedelta(minutes=ago), "Value": value}
            for name, ago, value in points
        ],
    )
    ran = place.measure("--dry-run", code=code, says=f"account {place.connection.account}, region us-east-1")
    assert said in " ".join((ran.out + ran.err).split())
    assert (f"speech has one instance of {M5} in service." in ran.out) == (code == 0)


def test_what_cloudwatch_does_not_say_ends_the_command(place):
    make(place.connection)
    rule = {"fault": "throttling", "service": "cloudwatch", "operation": "GetMetricStatistics", "times": 99}
    with control.injected(place.connection, rule):
        place.measure("--dry-run", code=3, says="CloudWatch does not show whether speech has other traffic")


def test_endpoints_that_cannot_be_measured(place):
    place.measure(code=2, says="There is no endpoint speech. There are no endpoints.")
    make(place.connection, InitialInstanceCount=2)
    ran = place.measure(code=2, says=f"speech does not have exactly one instance: 2 of {M5}.")
    assert "DesiredInstanceCount=1" in ran.err
    output = {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://results/"}}}
    make(place.connection, name="queue", members=output)
    place.run(*[word.replace("speech", "queue") for word in place.line()], code=2, says="queue is asynchronous")
