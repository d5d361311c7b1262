"""What somebody does by hand to the endpoints of a root of PARTS, past Terraform."""

from botocore.exceptions import ClientError

from tests.apply.parts import WAKE_UP_ALARM

_TARGET = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
_REALTIME = {**_TARGET, "ResourceId": "endpoint/speech-realtime/variant/AllTraffic"}
_ASYNC = {**_TARGET, "ResourceId": "endpoint/speech-async/variant/AllTraffic"}


def update(stage, types):
    """UpdateEndpoint of the real-time endpoint with the same model on other pools; gives its refusal.

    Where it is not refused the endpoint is moved back.
    """
    client = stage.connection.client("sagemaker")
    name = client.describe_endpoint(EndpointName="speech-realtime")["EndpointConfigName"]
    variant = client.describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"][0]
    variant["InstancePools"] = [{"InstanceType": kind, "Priority": index} for index, kind in enumerate(types, start=1)]
    client.create_endpoint_config(EndpointConfigName="by-hand", ProductionVariants=[variant])
    try:
        for config in ("by-hand", name):
            client.update_endpoint(
                EndpointName="speech-realtime",
                EndpointConfigName=config,
                RetainAllVariantProperties=True,
                RetainDeploymentConfig=True,
            )
            stage.await_endpoint("speech-realtime")
    except ClientError as refusal:
        return refusal
    finally:
        client.delete_endpoint_config(EndpointConfigName="by-hand")
    return None


def delete(stage):
    """Deletes a policy, and the alarm of another."""
    stage.connection.client("application-autoscaling").delete_scaling_policy(
        **_REALTIME, PolicyName="speech-realtime-concurrency"
    )
    stage.connection.client("cloudwatch").delete_alarms(AlarmNames=["speech-realtime-burst"])


def edit(stage):
    """Moves bounds, a target value, a threshold, and the endpoint to a configuration without tags."""
    scaling = stage.connection.client("application-autoscaling")
    scaling.register_scalable_target(**_REALTIME, MinCapacity=1, MaxCapacity=10)
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", PolicyNames=["speech-async-backlog"])[
        "ScalingPolicies"
    ]
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    scaling.put_scaling_policy(
        **_ASYNC,
        PolicyName=policy["PolicyName"],
        PolicyType=policy["PolicyType"],
        TargetTrackingScalingPolicyConfiguration={**tracking, "TargetValue": 50},
    )
    cloudwatch = stage.connection.client("cloudwatch")
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[WAKE_UP_ALARM])["MetricAlarms"]
    members = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    settings = {key: value for key, value in alarm.items() if key in members}
    cloudwatch.put_metric_alarm(**{**settings, "Threshold": 100.0})
    sagemaker = stage.connection.client("sagemaker")
    name = sagemaker.describe_endpoint(EndpointName="speech-async")["EndpointConfigName"]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=name)
    sagemaker.create_endpoint_config(
        EndpointConfigName="by-hand",
        ProductionVariants=config["ProductionVariants"],
        AsyncInferenceConfig=config["AsyncInferenceConfig"],
    )
    sagemaker.update_endpoint(
        EndpointName="speech-async", EndpointConfigName="by-hand", RetainAllVariantProperties=True
    )
    stage.await_endpoint("speech-async")
    sagemaker.delete_endpoint_config(EndpointConfigName="by-hand")


def tear_down(stage):
    """Deregisters one scalable target, and deletes the endpoint of the other."""
    stage.connection.client("application-autoscaling").deregister_scalable_target(**_ASYNC)
    stage.connection.client("sagemaker").delete_endpoint(EndpointName="speech-realtime")
    stage.await_endpoint("speech-realtime", "deleted")
