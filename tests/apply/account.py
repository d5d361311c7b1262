"""Reads back, through boto3, everything that stands in one account."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from botocore.exceptions import ClientError

Json = dict[str, Any]
Clients = Callable[[str], Any]

_UUID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


@dataclass(frozen=True)
class Inventory:
    """What one account holds: by kind, then by name, in the words of its APIs, with tags as a mapping."""

    account: str
    kinds: dict[str, dict[str, Json]]

    def __getitem__(self, kind):
        """The resources of one kind by name."""
        return self.kinds[kind]

    @property
    def names(self):
        """The names of all there is; empty when nothing is there."""
        return {kind: sorted(resources) for kind, resources in self.kinds.items() if resources}

    @property
    def counts(self):
        """How many there are of each kind of which there is one."""
        return {kind: len(resources) for kind, resources in self.kinds.items() if resources}

    def the(self, kind):
        """The only resource of one kind."""
        (resource,) = self.kinds[kind].values()
        return resource

    def statements(self):
        """The statements of all inline policies of the only role."""
        policies = self.the("roles")["InlinePolicies"].values()
        return [statement for policy in policies for statement in policy["Statement"]]

    def model_policy(self):
        """The name of the only inline policy of the only role that the model needs."""
        names = self.the("roles")["InlinePolicies"]
        (policy,) = (name for name in names if name.startswith("sagemaker-execution-"))
        return str(policy)

    def variant(self, endpoint):
        """The only production variant of an endpoint, as it lives."""
        (variant,) = self.kinds["endpoints"][endpoint]["ProductionVariants"]
        return dict(variant)

    def config(self, endpoint):
        """The configuration that an endpoint runs."""
        return self.kinds["endpoint_configs"][self.kinds["endpoints"][endpoint]["EndpointConfigName"]]

    def pools(self, endpoint):
        """Priority and instance type of the pools in the endpoint's configuration, by priority."""
        (variant,) = self.config(endpoint)["ProductionVariants"]
        return sorted((pool["Priority"], pool["InstanceType"]) for pool in variant["InstancePools"])

    def target(self, endpoint):
        """The scalable target of an endpoint's variant."""
        (target,) = self._scaling("scalable_targets", endpoint)
        return target

    def policies(self, endpoint):
        """The scaling policies of an endpoint's variant, by name."""
        return self._scaling("scaling_policies", endpoint)

    def alarms(self, policy):
        """The alarms that act on a scaling policy, by name: of target tracking AlarmHigh, then AlarmLow."""
        return [alarm for alarm in self.kinds["alarms"].values() if policy["PolicyARN"] in alarm["AlarmActions"]]

    def scaling(self):
        """Targets, policies and their alarms as `portable` has them."""
        kinds = ("scalable_targets", "scaling_policies", "alarms")
        none = {kind: {} for kind in self.kinds if kind not in kinds}
        portable = Inventory(self.account, {**self.kinds, **none}).portable()
        return {kind: portable[kind] for kind in kinds}

    def portable(self):
        """The same in any account at any time: without times, and with words for what is made up anew."""
        text = json.dumps(_without_times({kind: resources for kind, resources in self.kinds.items() if resources}))
        # The alarms of two policies on one variant differ in nothing but what is made up.
        for policy in self.kinds["scaling_policies"].values():
            for alarm in policy.get("Alarms", []):
                text = text.replace(alarm["AlarmName"], _UUID.sub(policy["PolicyName"], alarm["AlarmName"]))
        for pattern, word in (
            (self.account, "ACCOUNT"),
            (_UUID, "UUID"),
            (r"\bscalable-target/[0-9a-f]{32}\b", "scalable-target/ID"),
            (r"-\d{18}[0-9a-f]{8}\b", "-SUFFIX"),
            (r"-[0-9a-f]{8}\b", "-HASH"),
        ):
            text = re.sub(pattern, word, text)
        kinds = json.loads(text, object_pairs_hook=_distinct)
        # In the order of the words, since that of what is made up is another each time.
        return {kind: dict(sorted(resources.items())) for kind, resources in kinds.items()}

    def _scaling(self, kind, endpoint):
        start = f"endpoint/{endpoint}/variant/"
        return [resource for resource in self.kinds[kind].values() if resource["ResourceId"].startswith(start)]


def read(connection):
    """Everything that stands in the account of a connection, in its region."""
    clients = partial(_client, connection)
    kinds = {}
    for kind, (name, reader) in READERS.items():
        resources = {resource[name]: resource for resource in reader(clients)}
        kinds[kind] = dict(sorted(resources.items()))
    return Inventory(connection.account, kinds)


@cache
def _client(connection, service):
    # Reading happens before and after every apply, and a client takes longer to make than to use.
    return connection.client(service)


def _pages(client, operation, members, **arguments):
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(members, ())


def _sagemaker(kind):
    """A reader of models, endpoint configurations or endpoints; `kind` as in "endpoint_config"."""
    camel = "".join(word.capitalize() for word in kind.split("_"))

    def read_all(clients):
        client = clients("sagemaker")
        for row in _pages(client, f"list_{kind}s", f"{camel}s"):
            name = {f"{camel}Name": row[f"{camel}Name"]}
            yield _described(getattr(client, f"describe_{kind}")(**name)) | {
                "Tags": _tags(client.list_tags(ResourceArn=row[f"{camel}Arn"])["Tags"])
            }

    return read_all


def _scaling(kind):
    """A reader of scalable targets, scaling policies or scheduled actions."""
    camel = "".join(word.capitalize() for word in kind.split("_"))

    def read_all(clients):
        client = clients("application-autoscaling")
        for row in _pages(client, f"describe_{kind}", camel, ServiceNamespace="sagemaker"):
            if arn := row.get("ScalableTargetARN"):
                row["Tags"] = client.list_tags_for_resource(ResourceARN=arn)["Tags"]
            yield _ordered(row)

    return read_all


def _alarms(clients):
    client = clients("cloudwatch")
    for kind in ("MetricAlarm", "CompositeAlarm"):
        for row in _pages(client, "describe_alarms", f"{kind}s", AlarmTypes=[kind]):
            tags = client.list_tags_for_resource(ResourceARN=row["AlarmArn"])["Tags"]
            # What an alarm says is its own matter, and changes with time.
            defined = {key: value for key, value in row.items() if not key.startswith("State")}
            yield _ordered(defined) | {"Tags": _tags(tags)}


def _dashboards(clients):
    client = clients("cloudwatch")
    for row in _pages(client, "list_dashboards", "DashboardEntries"):
        body = client.get_dashboard(DashboardName=row["DashboardName"])["DashboardBody"]
        yield {**row, "Body": json.loads(body)}


def _roles(clients):
    client = clients("iam")
    for row in _pages(client, "list_roles", "Roles"):
        name = row["RoleName"]
        role = client.get_role(RoleName=name)["Role"]
        inline = _pages(client, "list_role_policies", "PolicyNames", RoleName=name)
        attached = _pages(client, "list_attached_role_policies", "AttachedPolicies", RoleName=name)
        yield {
            **{key: value for key, value in role.items() if key not in ("RoleId", "RoleLastUsed")},
            "Tags": _tags(role.get("Tags", [])),
            "InlinePolicies": {
                policy: client.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"] for policy in inline
            },
            "AttachedPolicies": [policy["PolicyArn"] for policy in attached],
        }


def _buckets(clients):
    client = clients("s3")
    for row in client.list_buckets()["Buckets"]:
        name = row["Name"]
        encryption = _if_any(client.get_bucket_encryption, name, "ServerSideEncryptionConfiguration") or {}
        yield {
            "Name": name,
            "Encryption": encryption.get("Rules"),
            "Lifecycle": _if_any(client.get_bucket_lifecycle_configuration, name, "Rules"),
            "Policy": json.loads(_if_any(client.get_bucket_policy, name, "Policy") or "null"),
            "PublicAccessBlock": _if_any(client.get_public_access_block, name, "PublicAccessBlockConfiguration"),
            "Tags": _tags(_if_any(client.get_bucket_tagging, name, "TagSet") or []),
        }


def _topics(clients):
    client = clients("sns")
    for row in _pages(client, "list_topics", "Topics"):
        attributes = client.get_topic_attributes(**row)["Attributes"]
        yield {
            **row,
            "KmsMasterKeyId": attributes.get("KmsMasterKeyId"),
            "Policy": json.loads(attributes["Policy"]),
            "Tags": _tags(client.list_tags_for_resource(ResourceArn=row["TopicArn"])["Tags"]),
        }


def _keys(clients):
    client = clients("kms")
    for row in _pages(client, "list_keys", "Keys"):
        name = {"KeyId": row["KeyId"]}
        key = client.describe_key(**name)["KeyMetadata"]
        # A key goes only once its waiting time is over; AWS's own keys are nobody's.
        if key["KeyState"] == "PendingDeletion" or key["KeyManager"] == "AWS":
            continue
        yield {
            "Arn": key["Arn"],
            "Aliases": [alias["AliasName"] for alias in _pages(client, "list_aliases", "Aliases", **name)],
            "Description": key["Description"],
            "KeyState": key["KeyState"],
            "Policy": json.loads(client.get_key_policy(**name, PolicyName="default")["Policy"]),
            "Rotation": client.get_key_rotation_status(**name)["KeyRotationEnabled"],
            "Tags": {tag["TagKey"]: tag["TagValue"] for tag in _pages(client, "list_resource_tags", "Tags", **name)},
        }


def _log_groups(clients):
    client = clients("logs")
    for row in _pages(client, "describe_log_groups", "logGroups"):
        arn = row["arn"].removesuffix(":*")
        yield {
            "arn": arn,
            "kmsKeyId": row.get("kmsKeyId"),
            "logGroupName": row["logGroupName"],
            "retentionInDays": row.get("retentionInDays"),
            "Tags": client.list_tags_for_resource(resourceArn=arn)["tags"],
        }


def _listed(service, operation, members, **arguments):
    """A reader of what a list says of each."""
    return lambda clients: _pages(clients(service), operation, members, **arguments)


def _queues(clients):
    return ({"QueueUrl": url} for url in _pages(clients("sqs"), "list_queues", "QueueUrls"))


READERS = {
    "models": ("ModelName", _sagemaker("model")),
    "endpoint_configs": ("EndpointConfigName", _sagemaker("endpoint_config")),
    "endpoints": ("EndpointName", _sagemaker("endpoint")),
    "scalable_targets": ("ResourceId", _scaling("scalable_targets")),
    "scaling_policies": ("PolicyName", _scaling("scaling_policies")),
    "scheduled_actions": ("ScheduledActionName", _scaling("scheduled_actions")),
    "alarms": ("AlarmName", _alarms),
    "dashboards": ("DashboardName", _dashboards),
    "roles": ("RoleName", _roles),
    "policies": ("PolicyName", _listed("iam", "list_policies", "Policies", Scope="Local")),
    "buckets": ("Name", _buckets),
    "topics": ("TopicArn", _topics),
    "keys": ("Arn", _keys),
    "queues": ("QueueUrl", _queues),
    "log_groups": ("logGroupName", _log_groups),
}
"""Every kind of resource that is looked for: the member that names one, and what reads them."""


def _described(response):
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


def _tags(pairs):
    return {pair["Key"]: pair["Value"] for pair in pairs}


def _if_any(call, bucket, member):
    """One of a bucket's subresources, None where the bucket has none."""
    try:
        return call(Bucket=bucket)[member]
    except ClientError as error:
        if error.response["Error"]["Code"].startswith(("NoSuch", "ServerSideEncryptionConfigurationNotFound")):
            return None
        raise


def _ordered(value):
    """Dimensions by name and metric queries by id: their order means nothing."""
    if isinstance(value, dict):
        result = {key: _ordered(member) for key, member in value.items()}
        for key, name in (("Dimensions", "Name"), ("Metrics", "Id")):
            if key in result:
                result[key] = sorted(result[key], key=lambda member: member[name])
        return result
    return [_ordered(member) for member in value] if isinstance(value, list) else value


def _distinct(pairs):
    # Two resources that differ in made-up parts only must not pass for one.
    by_name = dict(pairs)
    assert len(by_name) == len(pairs), f"two alike among {sorted(name for name, _ in pairs)}"
    return by_name


def _without_times(value):
    if isinstance(value, dict):
        return {key: _without_times(member) for key, member in value.items() if not isinstance(member, datetime)}
    return [_without_times(member) for member in value] if isinstance(value, list) else value
