"""An API that answers as AWS does about one endpoint, and what its answers are made of."""

import json
import time
from collections import defaultdict
from datetime import UTC, datetime

import pytest

from scaleproof.auditing import history, reading
from scaleproof.endpoints.live import scope

END = time.time()
START = END - 3_600
POLICY = "arn:aws:autoscaling:us-east-1:111122223333:scalingPolicy:1:resource/sagemaker/x:policyName/step"
SCOPE = scope("speech", "AllTraffic")
CAUSE = "monitor alarm high in state ALARM triggered policy step"


def moment(seconds):
    """So many seconds after the start."""
    return datetime.fromtimestamp(START + seconds, UTC)


def activity(seconds, description, cause=CAUSE, **more):
    answer = {**SCOPE, "ActivityId": "a", "Description": description, "Cause": cause, "StatusCode": "Successful"}
    return {**answer, "StartTime": moment(seconds), "EndTime": moment(seconds + 60), **more}


def count(seconds, number, cause=CAUSE, **more):
    return activity(seconds, f"Setting desired instance count to {number}.", cause, **more)


class Api:
    """All clients in one. Members of the answers can be changed."""

    def __init__(self):
        self.target = {**SCOPE, "MinCapacity": 1, "MaxCapacity": 9, "RoleARN": "arn", "CreationTime": moment(-100_000)}
        self.variants = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 5}]
        self.policy = {
            **SCOPE,
            "PolicyName": "step",
            "PolicyARN": POLICY,
            "PolicyType": "StepScaling",
            "StepScalingPolicyConfiguration": {
                "AdjustmentType": "ChangeInCapacity",
                "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
                "Cooldown": 600,
            },
            "Alarms": [{"AlarmName": "high", "AlarmARN": "arn"}],
            "CreationTime": moment(-90_000),
        }
        self.alarm = {
            "AlarmName": "high",
            "Namespace": "Own",
            "MetricName": "load",
            "Dimensions": [],
            "Statistic": "Average",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 50.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "StateValue": "ALARM",
            "AlarmActions": [POLICY],
            "AlarmConfigurationUpdatedTimestamp": moment(-90_000),
        }
        self.policies = [self.policy]
        self.more = []
        """Further alarms."""
        self.activities = []
        self.schedules = []
        self.history = []
        self.status = "Complete"
        self.values = []
        """Of each metric, by the minute from the start on."""
        self.requests = defaultdict(list)
        """By operation."""

    def __call__(self, _service):
        return self

    def can_paginate(self, operation):
        return operation not in ("describe_endpoint", "describe_endpoint_config")

    def describe_endpoint(self, EndpointName):  # noqa: N803
        return {
            "EndpointName": EndpointName,
            "EndpointArn": f"arn:aws:sagemaker:us-east-1:111122223333:endpoint/{EndpointName}",
            "EndpointConfigName": "c",
            "EndpointStatus": "InService",
            "ProductionVariants": self.variants,
            "CreationTime": moment(-100_000),
            "LastModifiedTime": moment(-100_000),
            "ResponseMetadata": {"RequestId": "r"},
        }

    def describe_endpoint_config(self, EndpointConfigName):  # noqa: N803
        return {
            "EndpointConfigName": EndpointConfigName,
            "EndpointConfigArn": "arn:aws:sagemaker:us-east-1:111122223333:endpoint-config/c",
            "ProductionVariants": [{"VariantName": "AllTraffic", "InitialInstanceCount": 3}],
            "CreationTime": moment(-100_000),
        }

    def get_paginator(self, operation):
        return Pages(self, operation)

    def case(self, start=START, count=None):
        return history.case(reading.capture(self, "speech", start, END, count))


class Pages:
    """All pages of the answers of one operation."""

    def __init__(self, api, operation):
        self.api, self.operation = api, operation

    def paginate(self, **request):
        self.request = request
        self.api.requests[self.operation].append(request)
        return self

    def __iter__(self):
        api = self.api
        if self.operation == "get_metric_data":
            times = [moment(60 * minute) for minute in range(len(api.values))]
            result = {"StatusCode": api.status, "Timestamps": times, "Values": api.values}
            yield {"MetricDataResults": [{"Id": query["Id"], **result} for query in self.request["MetricDataQueries"]]}
            return
        answers = {
            "list_endpoints": ("Endpoints", []),
            "describe_scalable_targets": ("ScalableTargets", self.targets()),
            "describe_scaling_policies": ("ScalingPolicies", api.policies),
            "describe_scaling_activities": ("ScalingActivities", api.activities[::-1]),
            "describe_scheduled_actions": ("ScheduledActions", api.schedules),
            "describe_alarms": ("MetricAlarms", [api.alarm, *api.more]),
            "describe_alarm_history": ("AlarmHistoryItems", [self.history_item(*change) for change in api.history]),
        }
        member, items = answers[self.operation]
        yield {member: items}

    def targets(self):
        return [{**self.api.target, "ResourceId": resource} for resource in self.request.get("ResourceIds", ())]

    @staticmethod
    def history_item(seconds, old, new):
        evaluated = moment(seconds).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        data = {
            "oldState": {"stateValue": old},
            "newState": {"stateValue": new, "stateReasonData": {"queryDate": evaluated}},
        }
        # AWS writes the item some time after the evaluation.
        return {
            "AlarmName": "high",
            "Timestamp": moment(seconds + 2),
            "HistoryItemType": "StateUpdate",
            "HistoryData": json.dumps(data),
        }


@pytest.fixture
def api():
    return Api()
