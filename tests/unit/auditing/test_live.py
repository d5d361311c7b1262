"""Audits of endpoints in LocalStack, where the emulator scaled them by its own clock."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from scaleproof.auditing import captures, history, reading
from scaleproof.auditing.audit import audited
from scaleproof.auditing.lines import CLOSE, EventKind
from scaleproof.cli import main
from scaleproof.cli.audit import AT_ONCE
from scaleproof.endpoints import EndpointError
from tests.unit.emulator.conftest import G6, metric_alarm, put_policy, target, tracking
from tests.unit.measuring.endpoints import make

PATIENCE = 90.0
CONCURRENCY = "ConcurrentRequestsPerModel"


class Account:
    """An account with an endpoint of two instances, and its scalable target."""

    def __init__(self, connection, most=4):
        self.client, self.account = connection.client, connection.account
        self.scaling = self.client("application-autoscaling")
        self.cloudwatch = self.client("cloudwatch")
        for name in ("speech", "speech-2"):
            make(connection, name=name, InstanceType=G6, InitialInstanceCount=2)
        self.scaling.register_scalable_target(**target(), MinCapacity=1, MaxCapacity=most)

    def put(self, value, first, last, every=10, endpoint="speech"):
        """Data points from so many seconds ago to so many in the future."""
        now = datetime.now(UTC)
        pairs = {"EndpointName": endpoint, "VariantName": "AllTraffic"}
        data = [
            {
                "MetricName": CONCURRENCY,
                "Dimensions": [{"Name": name, "Value": text} for name, text in pairs.items()],
                "Timestamp": now + timedelta(seconds=place),
                "Value": value,
            }
            for place in range(-first, last, every)
        ]
        self.cloudwatch.put_metric_data(Namespace="AWS/SageMaker", MetricData=data)

    def track(self):
        put_policy(self.scaling, "secret-track", tracking(ScaleOutCooldown=5, ScaleInCooldown=5))

    def step(self):
        """A step policy by a ten-second alarm on a metric of its own."""
        steps = {
            "AdjustmentType": "ChangeInCapacity",
            "MetricAggregationType": "Average",
            "Cooldown": 5,
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
        }
        policy = put_policy(self.scaling, "secret-step", steps)["PolicyARN"]
        now = datetime.now(UTC)
        self.cloudwatch.put_metric_data(
            Namespace="Own/secret",
            MetricData=[
                {"MetricName": "secret-load", "Timestamp": now + timedelta(seconds=place), "Value": 7.0}
                for place in range(-60, 600, 10)
            ],
        )
        own = {"Namespace": "Own/secret", "MetricName": "secret-load", "Period": 10, "Threshold": 5.0}
        self.cloudwatch.put_metric_alarm(**metric_alarm("secret-alarm", **own, AlarmActions=[policy]))

    def schedule(self):
        soon = datetime.now(UTC) + timedelta(seconds=12)
        self.scaling.put_scheduled_action(
            **target(),
            ScheduledActionName="secret-action",
            Schedule=soon.strftime("at(%Y-%m-%dT%H:%M:%S)"),
            ScalableTargetAction={"MinCapacity": 2},
        )

    def activities(self):
        found = self.scaling.describe_scaling_activities(**target(), IncludeNotScaledActivities=True)
        return list(found["ScalingActivities"])

    def capture(self):
        now = time.time()
        return reading.capture(self.client, "speech", now - 3_600, now)


def eventually(what):
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.25)


@pytest.fixture(scope="module")
def busy(cloud, new_account):
    """Target tracking out to the maximum; a schedule; and a namesake whose data is another."""
    account = Account(cloud.connection(new_account()), 8)
    account.put(900.0, 120, 600, endpoint="speech-2")
    account.put(14.0, 120, 600)
    account.schedule()
    account.track()
    eventually(lambda: any(one.get("NotScaledReasons") for one in account.activities()))
    eventually(lambda: any("min capacity" in one["Description"] for one in account.activities()))
    time.sleep(CLOSE + 1)
    return account


@pytest.fixture(scope="module")
def stepping(cloud, new_account):
    """A step policy out to the maximum."""
    account = Account(cloud.connection(new_account()))
    account.step()
    eventually(lambda: any(one.get("NotScaledReasons") for one in account.activities()))
    time.sleep(CLOSE + 1)  # what lies nearer to the end of a record is not judged
    return account


@pytest.fixture(params=["busy", "stepping"])
def account(request):
    return request.getfixturevalue(request.param)


def test_what_the_emulator_did_agrees(account):
    capture = account.capture()
    found = audited(history.case(capture), AT_ONCE)
    assert found.agrees, [line for line in found.lines if not line.agrees]
    kinds = {line.kind for line in found.lines}
    assert {EventKind.ALARM, EventKind.SCALING, EventKind.NOT_SCALED} <= kinds
    # Where a cooldown is as long as an alarm's interval, milliseconds decide.
    late = [abs(line.recorded - line.replayed) for line in found.lines if line.recorded and line.replayed]
    assert max(late) < 0.1


def test_the_schedule_is_part_of_it(busy):
    found = audited(history.case(busy.capture()), AT_ONCE)
    assert [line.description for line in found.lines if line.kind is EventKind.BOUNDS] == ["bounds min 2, max 8"]


def test_a_capture_that_is_read_again_audits_as_before(account, tmp_path):
    capture = account.capture()
    file = tmp_path / "given.json"
    file.write_text(captures.text(capture))
    again = captures.load(file)
    first, second = (audited(history.case(one), AT_ONCE) for one in (capture, again))
    assert second.agrees
    assert sorted(line.kind for line in first.lines) == sorted(line.kind for line in second.lines)


@pytest.fixture
def audit(cloud, monkeypatch, capsys):
    """Runs `scaleproof audit`, which must agree; gives what it prints on stdout and stderr."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)

    def run(*words):
        with pytest.raises(SystemExit) as ended:
            main(["audit", *words])
        printed = capsys.readouterr()
        assert ended.value.code == 0, printed
        assert "They agree: " in printed.out
        return printed.out, printed.err

    return run


def test_the_command_reads_it_and_writes_a_capture(audit, stepping, tmp_path):
    file = tmp_path / "my-speech.json"
    out, err = audit("speech", "--account", stepping.account, "--capture", str(file))
    assert f"Auditing speech in account {stepping.account}, region us-east-1 of LocalStack" in err
    assert "secret-alarm" in out
    out, _ = audit("--from", str(file), "--assume", "metric_delay=0")
    assert out.startswith(f"speech, audited\n{file}, ")


def test_alarms_of_target_tracking_are_called_by_their_policy(audit, busy):
    out, _ = audit("speech", "--account", busy.account)
    assert "secret-track: AlarmHigh: INSUFFICIENT_DATA to ALARM" in out
    assert "TargetTracking-" not in out


def test_what_is_not_there_is_an_error(busy):
    now = time.time()
    for name, message in (
        ("speech-2", "Nothing scales speech-2"),
        ("none", r"There is no endpoint none\. Known endpoints: speech, speech-2\."),
    ):
        with pytest.raises(EndpointError, match=message):
            reading.capture(busy.client, name, now - 60, now)
