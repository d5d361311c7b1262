"""What a capture keeps without names: what is listed, whatever else it has."""

import json
import time

import pytest

from scaleproof.auditing.captures import parse, text
from scaleproof.auditing.history import case
from scaleproof.auditing.renaming import _Renamed, without_names
from scaleproof.endpoints.live import scope

SECRET = "acme"
NOW, LATER = "2026-09-17T01:00:00+00:00", "2026-09-17T02:00:00+00:00"
SCOPE = scope(SECRET, SECRET)
ARN = f"arn:aws:sagemaker:us-east-1:111122223333:endpoint/{SECRET}"
DIMENSIONS = [{"Name": SECRET, "Value": SECRET}, {"Name": "InstanceType", "Value": "ml.g6.2xlarge"}]
METRIC = {"Namespace": SECRET, "MetricName": SECRET, "Dimensions": DIMENSIONS}
QUERIES = [
    {"Id": SECRET, "MetricStat": {"Metric": METRIC, "Stat": "Sum", "Period": 60}, "ReturnData": False},
    {"Id": "total", "Expression": f"MAX([{SECRET}, {SECRET}]) + {SECRET} * 2", "Label": SECRET},
]
ALARM = {
    "AlarmName": SECRET,
    "AlarmDescription": SECRET,
    "AlarmArn": f"arn:aws:cloudwatch:us-east-1:111122223333:alarm:{SECRET}",
    "AlarmActions": [SECRET, f"arn:aws:sns:us-east-1:111122223333:{SECRET}"],
    "AlarmConfigurationUpdatedTimestamp": NOW,
    "StateValue": "OK",
    "StateReason": SECRET,
    "Metrics": QUERIES,
    "EvaluationPeriods": 1,
    "Threshold": 5,
    "ComparisonOperator": "GreaterThanThreshold",
}
STEPS = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}], "Note": SECRET}
POLICY = {
    **SCOPE,
    "PolicyName": SECRET,
    "PolicyARN": SECRET,
    "PolicyType": "StepScaling",
    "StepScalingPolicyConfiguration": STEPS,
    "Alarms": [{"AlarmName": SECRET, "AlarmARN": SECRET}],
    "CreationTime": NOW,
}
ACTION = {
    **SCOPE,
    "ScheduledActionName": SECRET,
    "Schedule": "rate(1 day)",
    "ScheduledActionARN": SECRET,
    "CreationTime": NOW,
}
TARGET = {**SCOPE, "MinCapacity": 1, "MaxCapacity": 3, "RoleARN": SECRET, "CreationTime": NOW, SECRET: 1}
ENDPOINT = {
    "EndpointName": SECRET,
    "EndpointArn": ARN,
    "EndpointStatus": "InService",
    "CreationTime": NOW,
    "LastModifiedTime": NOW,
    "FailureReason": SECRET,
    "ProductionVariants": [
        {
            "VariantName": SECRET,
            "DesiredInstanceCount": 1,
            "DeployedImages": [{"SpecifiedImage": SECRET, "ResolvedImage": SECRET}],
        }
    ],
}
POINTS = {"Id": SECRET, "Label": SECRET, "Timestamps": [NOW], "Values": [-1.5e-05], "StatusCode": "Complete"}


def capture(activities=(), history=()):
    changed = {"AlarmName": SECRET, "Timestamp": NOW, "HistoryItemType": "StateUpdate"}
    answers = {
        "DescribeEndpoint": ({"EndpointName": SECRET}, ENDPOINT),
        "DescribeScalableTargets": (
            {"ServiceNamespace": "sagemaker", "ResourceIds": [SCOPE["ResourceId"]]},
            {"ScalableTargets": [TARGET]},
        ),
        "DescribeScalingPolicies": (SCOPE, {"ScalingPolicies": [POLICY], SECRET: SECRET}),
        "DescribeScheduledActions": (SCOPE, {"ScheduledActions": [ACTION]}),
        "DescribeScalingActivities": (SCOPE, {"ScalingActivities": list(activities)}),
        "DescribeAlarms": ({"AlarmNames": [SECRET]}, {"MetricAlarms": [ALARM]}),
        "DescribeAlarmHistory": (
            {"AlarmName": SECRET, "HistoryItemType": "StateUpdate"},
            {"AlarmHistoryItems": [{**changed, "HistorySummary": SECRET, "HistoryData": one} for one in history]},
        ),
        "GetMetricData": (
            {"MetricDataQueries": QUERIES[:1], "StartTime": 1, "EndTime": 2},
            {"MetricDataResults": [POINTS], "Messages": [{"Code": "c", "Value": SECRET}]},
        ),
    }
    return parse(
        {
            **{"endpoint": SECRET, "variant": SECRET, "start": NOW, "end": LATER, "source": SECRET},
            "answers": [
                {"asked": LATER, "operation": name, "request": request, "answer": answer}
                for name, (request, answer) in answers.items()
            ],
        },
        "a test",
    )


def renamed(*activities, history=()):
    after = without_names(capture(activities, history))
    assert SECRET not in text(after)
    assert "111122223333" not in text(after)
    return after


def test_answers_keep_what_an_audit_needs():
    before, after = capture(), renamed()
    one, other = case(before), case(after)
    assert (one.target.min, one.target.max, one.count) == (other.target.min, other.target.max, other.count)
    (policy,) = other.target.policies
    assert (policy.name, list(policy.alarms)) == ("policy-1", ["alarm-1"])
    assert other.alarms["alarm-1"].acting == one.alarms[SECRET].acting != ()
    assert [schedule.name for schedule in other.target.schedules] == ["action-1"]
    (metric,) = other.alarms["alarm-1"].settings.metrics
    assert metric.dimensions == (("InstanceType", "ml.g6.2xlarge"), ("dimension-1", "value-1"))
    (answer,) = after.answers_to("DescribeScalableTargets")
    assert answer.request["ResourceIds"] == ["endpoint/endpoint-1/variant/variant-1"]
    (answer,) = after.answers_to("DescribeAlarms")
    (alarm,) = answer.content["MetricAlarms"]
    assert alarm["Metrics"][1]["Expression"] == "MAX([q1, q1]) + q1 * 2"
    assert other.dimensions == {"EndpointName": "endpoint-1", "VariantName": "variant-1"}
    assert [list(points.values()) for points in other.data.values()] == [[-1.5e-05]]


def test_what_is_no_instance_type_goes(monkeypatch):
    dimensions = [{"Name": "InstanceType", "Value": SECRET}, {"Name": SECRET, "Value": "ml.g6.2xlarge"}]
    monkeypatch.setitem(METRIC, "Dimensions", dimensions)
    (metric,) = case(renamed()).alarms["alarm-1"].settings.metrics
    assert metric.dimensions == (("InstanceType", "type-1"), ("dimension-1", "value-1"))


def test_half_of_the_name_of_a_metric_goes(monkeypatch):
    monkeypatch.setitem(ALARM, "Namespace", SECRET)
    (answer,) = renamed().answers_to("DescribeAlarms")
    assert "Namespace" not in answer.content["MetricAlarms"][0]


def test_a_file_has_letters_as_they_are():
    written = text(parse({**capture().document, "source": "Zürich"}, "a test"))
    assert "Zürich" in written
    assert written.startswith('{\n "endpoint": "acme",\n "variant"')


@pytest.mark.parametrize(
    ("sentences", "stay"),
    [
        (
            {
                "Description": f"Setting desired instance count to 2, says {SECRET}.",
                "Cause": f"{SECRET} asked",
            },
            ("Setting desired instance count to 2", "", ""),
        ),
        (
            {
                "Description": "Setting desired instance count to 2.",
                "Cause": f"monitor alarm {SECRET} in state ALARM triggered policy {SECRET}",
                "StatusMessage": f"Failed. Reason: Cannot update in-progress endpoint {SECRET}.",
            },
            (
                "Setting desired instance count to 2",
                "monitor alarm alarm-1 in state ALARM triggered policy policy-1",
                "Cannot update in-progress endpoint",
            ),
        ),
        (
            {
                "Description": f"Setting min capacity to 1 and max capacity to 2 for {SECRET}",
                "Cause": f"scheduled action name {SECRET} was triggered",
            },
            ("Setting min capacity to 1 and max capacity to 2", "", ""),
        ),
        (
            {"Description": SECRET, "Cause": "minimum capacity was set to 4"},
            ("", "minimum capacity was set to 4", ""),
        ),
    ],
)
def test_of_a_sentence_stays_what_is_known(sentences, stay):
    activity = {
        **SCOPE,
        "ActivityId": SECRET,
        "StartTime": NOW,
        "StatusCode": "Successful",
        "Details": SECRET,
    }
    (answer,) = renamed({**activity, **sentences}).answers_to("DescribeScalingActivities")
    (found,) = answer.content["ScalingActivities"]
    assert (found["Description"], found["Cause"], found.get("StatusMessage", "")) == stay


@pytest.mark.parametrize(
    ("data", "stays"),
    [
        (
            {
                "version": "1.0",
                "oldState": {"stateValue": "OK", "stateReason": SECRET},
                "newState": {
                    "stateValue": "ALARM",
                    "stateReasonData": {"queryDate": "2026-09-17T01:00:07.000+0000", "statistic": SECRET},
                },
            },
            {
                "oldState": {"stateValue": "OK"},
                "newState": {
                    "stateValue": "ALARM",
                    "stateReasonData": {"queryDate": "2026-09-17T01:00:07.000+0000"},
                },
            },
        ),
        ({SECRET: SECRET}, {}),
        ([SECRET.upper() + "!"], [""]),
    ],
)
def test_of_a_transition_stay_its_states_and_its_time(data, stays):
    (answer,) = renamed(history=(json.dumps(data),)).answers_to("DescribeAlarmHistory")
    (found,) = answer.content["AlarmHistoryItems"]
    assert json.loads(found["HistoryData"]) == stays
    assert set(found) == {"AlarmName", "HistoryData", "HistoryItemType", "Timestamp"}
    assert found["AlarmName"] == "alarm-1"


def test_a_history_that_is_no_json_goes():
    (answer,) = renamed(history=(SECRET,)).answers_to("DescribeAlarmHistory")
    assert answer.content["AlarmHistoryItems"][0]["HistoryData"] == "{}"


@pytest.mark.parametrize(
    ("expression", "stays"),
    [
        ("IF(m1 >= 1.5e-05 && Acme_1, FILL(m1, REPEAT), -.5)", "IF(q1 >= 1.5e-05 && q2, FILL(q1, REPEAT), -.5)"),
        (
            "SELECT AVG(Acme) FROM SCHEMA(Acme, Customer) WHERE Customer = 'acme' GROUP BY Customer",
            "SELECT AVG(q1) FROM SCHEMA(q1, q2) WHERE q2 = '' GROUP BY q2",
        ),
        ("7Acme + 1.Acme + É#ACME + 'ACME", "q1 + q2 + q3 + ''"),
        ('SEARCH(" ACME ", "Sum")', "SEARCH('', '')"),
        ("m1 > 123456789012", "q1 > 1.23e+11"),
        ("m1 > 1234567890 - 123456789", "q1 > 1.23e+09 - 123456789"),
        ("m1 > 1e123456789", "q1 > 1.8e+308"),
    ],
)
def test_of_an_expression_stay_the_words_of_metric_math(expression, stays, monkeypatch):
    monkeypatch.setitem(ALARM, "Metrics", [{"Expression": expression, "Id": "m1"}])
    (answer,) = without_names(capture()).answers_to("DescribeAlarms")
    assert answer.content["MetricAlarms"][0]["Metrics"][0]["Expression"] == stays


def test_many_names_take_no_more_time_than_their_number():
    names = _Renamed()
    began = time.process_time()
    assert [names._new("alarm", number) for number in range(20_000)][-1] == "alarm-20000"
    assert time.process_time() - began < 2.0
