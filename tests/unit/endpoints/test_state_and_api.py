"""What was applied reads the same from the state as from the API, and as from the plan before it."""

import json
from dataclasses import replace

import boto3
import pytest

from scaleproof.endpoints import EndpointError, from_api, from_file, from_plan, from_state
from scaleproof.errors import FailedError
from scaleproof.scaling.target_tracking import MetricMath, TargetTracking
from scaleproof.terraform.root import Root
from tests.plan.planner import IMAGE, REPOSITORY


class Applied:
    """The complete example, applied."""

    def __init__(self, root, connection):
        self.root, self.connection = root, connection
        self.state = root.state()


@pytest.fixture(scope="module")
def applied(cloud, new_account, standins):
    connection = cloud.connection(new_account())
    variables = {"region": "us-east-1", "image": IMAGE}
    directory = REPOSITORY / "examples" / "complete"
    with Root(directory, standins=standins, connection=connection, variables=variables) as root:
        try:
            root.apply()
            yield Applied(root, connection)
        finally:
            if cloud.external:  # another one ends with this run, and what stands in it
                root.destroy()


def plain(endpoints):
    """Endpoints without what only some sources tell: what an instance sustains, how many there are now.

    Policies and the pieces of their configurations are ordered: their order means nothing.
    """
    result = []
    for one in endpoints:
        assert one.target
        policies = sorted(map(settled, one.target.policies), key=lambda policy: policy.name)
        pools = tuple(replace(pool, max_concurrency=None) for pool in one.pools)
        target = replace(one.target, policies=tuple(policies))
        result.append(replace(one, pools=pools, target=target))
    return result


def settled(policy):
    """The policy with its queries in a fixed order."""
    if not isinstance(policy, TargetTracking) or not isinstance(policy.metric, MetricMath):
        return policy
    queries = sorted(policy.metric.queries, key=lambda query: query.id)
    return replace(policy, metric=MetricMath(tuple(queries)))


def test_plan_state_and_api_agree(applied, example):
    planned = plain(from_plan(example("complete")))
    assert plain(from_state(applied.state)) == planned
    names = [one.name for one in planned]
    assert plain(from_api(applied.connection.client, names)) == planned
    assert plain(from_api(applied.connection.client)) == planned


def test_an_empty_plan_still_says_what_stands(applied, example):
    plan = applied.root.plan()
    assert plan.empty
    assert plain(from_plan(plan)) == plain(from_plan(example("complete")))


def test_files(applied, example, tmp_path):
    planned = plain(from_plan(example("complete")))
    shown = tmp_path / "state.json"
    shown.write_text(json.dumps(applied.state.raw))
    saved = tmp_path / "plan.json"
    saved.write_text(json.dumps(example("complete").raw))
    for path in (shown, saved):
        assert plain(from_file(path)) == planned
    with pytest.raises(EndpointError, match=r"is a state in Terraform's own format\. Terraform saved it: terraform "):
        from_file(applied.root.state_file)


def test_an_endpoint_that_is_not_there(connection):
    with pytest.raises(EndpointError, match=r"There is no endpoint nowhere\. There is none"):
        from_api(connection.client, ["nowhere"])


def test_without_credentials(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    session = boto3.Session(region_name="us-east-1")
    with pytest.raises(FailedError, match=r"The API cannot be read: Unable to locate credentials"):
        from_api(session.client)
