"""`scaleproof record` from a LocalStack of the user's, whose metrics are those of a known simulation."""

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scaleproof.cli import record
from scaleproof.cli.clouds import Cloud
from scaleproof.endpoints import live
from scaleproof.localstack import control
from scaleproof.localstack.connection import Connection
from scaleproof.recording.metrics import BACKLOG, CPU, INSTANCES, SAGEMAKER, date
from scaleproof.recording.rates import Rate
from scaleproof.recording.recording import record as read
from scaleproof.simulation import Behaviour, Delay, Traffic, Work
from tests.unit.measuring.endpoints import make
from tests.unit.recording.truth import START, STREAMS, Account, happened, waves
from tests.unit.simulation.endpoints import asynchronous

HOUR = 3600
ASYNC = {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://results/"}}}


class Place:
    """The command line for an account, and what is in that."""

    def __init__(self, run, connection, directory):
        self.run, self.connection = run, connection
        self.file = directory / "recorded.csv"
        self.end = int(time.time()) // 60 * 60 - 60

    def record(self, *words, name="speech", **ends):
        return self.run("record", name, "--account", self.connection.account, "--output", self.file, *words, **ends)

    def simulate(self):
        given = ["--live", "localstack", "--account", self.connection.account, "--endpoint", "speech"]
        traffic = ["--traffic", f"speech={self.file}", "--max-concurrency", "ml.m5.xlarge=60"]
        return self.run("simulate", *given, *traffic, "--json").document["outcomes"][0]["result"]

    def publish(self, endpoint, traffic, **members):
        """Makes the endpoint, and puts metrics of a simulation as if it had ended lately; what really happened."""
        make(self.connection, **members)
        truth = happened(endpoint, traffic)
        late = self.end - truth.end
        client = self.connection.client("cloudwatch")
        for namespace in (SAGEMAKER, INSTANCES):
            data = [
                {
                    "MetricName": one.name,
                    "Timestamp": datetime.fromtimestamp(one.time + late, UTC),
                    "Dimensions": [{"Name": "EndpointName", "Value": "speech"}]
                    + [{"Name": "VariantName", "Value": "AllTraffic"}] * (one.name != BACKLOG),
                    "StatisticValues": {"SampleCount": one.count, "Sum": one.sum}
                    | dict.fromkeys(("Minimum", "Maximum"), one.sum / one.count),
                }
                for one in truth.data
                if one.count and (one.name == CPU) == (namespace == INSTANCES)
            ]
            for first in range(0, len(data), 1000):
                client.put_metric_data(Namespace=namespace, MetricData=data[first : first + 1000])
        return truth

    def at(self, truth, seconds):
        return datetime.fromtimestamp(self.end - truth.end + START + seconds, UTC).isoformat()


@pytest.fixture
def place(run, cloud, connection, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    return Place(run, connection, tmp_path)


def test_a_new_user_records_and_simulates(place):
    truth = place.publish(STREAMS, waves(1, 40, 120))
    ran = place.record("--from", place.at(truth, 0))
    account = place.connection.account
    assert f"Recording speech in account {account}, region us-east-1 of" in ran.err
    assert f"variant AllTraffic, from {place.at(truth, 0)} to " in ran.err
    assert "Read /aws/sagemaker/Endpoints CPUUtilization, AWS/SageMaker ModelLatency, AWS" in ran.err
    assert re.match(
        rf"Recorded 6\d\d requests in 1 h from {re.escape(place.at(truth, 0))} on, in periods of 60 s. That "
        r"is little: settings need 1,000 requests and a day\.\n",
        ran.out,
    )
    assert "By the hour, the requests in flight of the file differ from those recorded (2" in ran.out
    assert "How long instances take to start stays an assumption: in LocalStack it is a setting." in ran.out
    said = place.file.read_text().splitlines()
    assert "# endpoint speech, variant AllTraffic" in said
    assert "# work: stream" in said
    result = place.simulate()
    assert result["work"] == "stream"
    # They are drawn anew.
    assert result["totals"]["arrivals"] == pytest.approx(truth.result.totals.arrivals, rel=0.15)
    assert result["totals"]["demand_seconds"] == pytest.approx(truth.result.totals.demand_seconds, rel=0.15)


def test_the_document_though_calls_are_throttled_and_it_only_reads(place):
    truth = place.publish(STREAMS, waves(1, 40, 120))
    rule = {"fault": "throttling", "service": "cloudwatch", "operation": "GetMetricData", "times": 2}
    with control.recorded(place.connection) as calls, control.injected(place.connection, rule):
        found = place.record("--from", place.at(truth, 0), "--json").document
    called = {call.operation for call in calls}
    assert {"GetMetricData", "DescribeScalingActivities", "DescribeEndpointConfig"} < called
    assert all(name.startswith(("Get", "Describe", "List")) for name in called)
    assert (found["kind"], found["account"], found["region"]) == ("realtime", place.connection.account, "us-east-1")
    assert found["start"] == place.at(truth, 0)
    assert found["instances_by"] == "samples of CPUUtilization"
    assert (found["resolution"], found["difference"]["hours"]) == (60, 1)
    assert found["difference"]["mean"] < 0.5
    assert (found["gaps"], found["notes"], found["delays"]) == ([], [], None)
    assert found["traffic"] == f"speech={place.file}"


def test_what_is_asynchronous(place):
    files = Traffic.from_arrivals([(600.0 + 2 * number, 55.0) for number in range(30)], work=Work.FILE, duration=HOUR)
    truth = place.publish(asynchronous(initial=2), files, members=ASYNC)
    given = ["--from", place.at(truth, 0), "--json"]
    place.record(*given, code=2, says="or say how many an instance works on with --max-concurrency TYPE=N.")
    assert not place.file.exists()
    found = place.record(*given, "--max-concurrency", "ml.m5.xlarge=4").document
    assert found["kind"] == "async"
    assert abs(found["requests"] - 30) <= 1
    assert found["difference"]["recorded"] > 0.5
    assert found["difference"]["mean"] < 0.5
    assert "# work: file" in place.file.read_text()


def test_an_endpoint_with_two_variants(place, monkeypatch):
    make(place.connection)
    variants = [replace(asynchronous(), variant=name) for name in ("A", "B")]
    monkeypatch.setattr(live, "from_api", lambda _clients, _names: variants)
    place.record(code=2, says="speech has 2 variants: A, B. Name an endpoint that has one.")


def test_what_the_endpoint_or_the_account_has_not(place):
    ran = place.record(name="text", code=2)
    assert f"Recording text in account {place.connection.account}, region us-east-1 of" in ran.err
    assert "There is no endpoint text. There are no endpoints. Check the account and the region." in ran.err
    make(place.connection)
    place.record(name="text", code=2, says="no endpoint text. Known endpoints: speech. Or check another account")
    says = "No endpoint has instances of ml.p5.48xlarge: the max-concurrency would do nothing."
    place.record("--max-concurrency", "ml.p5.48xlarge=9", code=2, says=says)
    ran = place.record("--live", "localstack:eu-west-1", code=2, says="There is no endpoint speech.")
    assert "region eu-west-1" in ran.err
    place.record("--live", "localstack:us-east1", code=2, says="AWS has no region 'us-east1'. Use a region such as")
    says = (
        "CloudWatch has no data of speech from 2026-01-02T00:00:00+00:00 to 2026-01-02T05:00:00+00:00: no "
        "ConcurrentRequestsPerModel, Invocations or CPUUtilization. Record a time in which it was"
    )
    place.record("--from", "2026-01-02T00:00", "--to", "2026-01-02T06:00+01:00", code=2, says=says)
    assert not place.file.exists()


def test_an_idle_endpoint_gives_a_file_that_simulates(place):
    truth = place.publish(STREAMS, Traffic.from_arrivals([], duration=HOUR))
    ran = place.record("--from", place.at(truth, 0))
    assert ran.out.startswith("Recorded 0 requests in 1 h from ")
    assert place.simulate()["totals"]["arrivals"] == 0


AWS = Cloud(lambda _service: None, "us-east-1", "region us-east-1 of AWS", "123456789012")


def test_delays_are_fitted_on_aws_and_never_on_a_localstack(tmp_path):
    behaviour = Behaviour(provisioning=Delay(200.0, 0.2), start_up=Delay(100.0, 0.2))
    truth = happened(STREAMS, waves(12, 60, 120), behaviour)
    found = read(Account(truth.data, truth.activities), STREAMS, START, truth.end, truth.end)
    local = replace(AWS, connection=Connection("http://127.0.0.1:4566", "123456789012"))
    file = tmp_path / "my calls.csv"
    document = record._document(found, "speech", AWS, file)
    said = list(record._sentences(document, AWS))
    words = " ".join(f"--assume {word}" for word in document.delays.assume)
    assert re.fullmatch(r"--assume provisioning=\d+/0.\d+ --assume start_up=\S+", words)
    fitted = f"how long instances take to start: {words} (from {document.delays.scale_outs} scale-outs, counted"
    assert any(fitted in line for line in said)
    assert said[-1].endswith(f"--traffic 'speech={file}' {words}")
    document = record._document(found, "speech", local, tmp_path / "x.csv")
    assert document.delays is None
    assert not any("--assume" in line for line in record._sentences(document, local))
    document = record._document(replace(found, delays=None, difference=None), "speech", AWS, tmp_path / "x.csv")
    said = list(record._sentences(document, AWS))
    assert "No scale-out was recorded: how long instances take to start stays an assumption." in said
    assert "There is no data of the requests in flight to compare the file with." in said


@pytest.mark.parametrize(("seconds", "refused"), [(60.0, False), (90.0, True)])
def test_traffic_that_simulate_refuses_is_named(tmp_path, seconds, refused):
    """The durations of an endpoint that is full may be longer than any request that SageMaker takes."""
    truth = happened(STREAMS, waves(1, 40, 120))
    found = read(Account(truth.data), STREAMS, START, truth.end, truth.end)
    rates = [Rate(START, 0.1, seconds), Rate(START + 60, 0.0, 99.0)]
    document = record._document(replace(found, work=Work.SYNC, rates=rates), "speech", AWS, tmp_path / "x.csv")
    assert [note for note in document.notes if note not in found.notes] == [
        "scaleproof simulate refuses this traffic: SageMaker refuses this work at speech. A real-time model has 1 min "
        "to answer; yours needs up to 1 min 30 s."
    ] * refused
    assert set(document.notes) <= set(record._sentences(document, AWS))


@pytest.mark.parametrize(("requests", "hours", "enough"), [(1000, 24, True), (999, 24, False), (1000, 23.9, False)])
def test_little_traffic_is_named_in_the_first_line(tmp_path, requests, hours, enough):
    truth = happened(STREAMS, waves(1, 40, 120))
    found = read(Account(truth.data), STREAMS, START, truth.end, truth.end)
    document = record._document(found, "speech", AWS, tmp_path / "x.csv")
    document = replace(document, requests=requests, end=date(START) + timedelta(hours=hours))
    first = next(record._sentences(document, AWS))
    assert first.endswith(" That is little: settings need 1,000 requests and a day.") is not enough
