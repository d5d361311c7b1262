"""Whatever AWS does to an apply: the user reads why, the next apply goes on, and a destroy leaves nothing.

Each test is one account in which one thing after the other goes wrong. Faults end before the apply that is to
succeed, as they do on AWS; what is injected is described in `scaleproof.emulator.engine.faults`. Those that
hold outlast what a provider repeats: MAX_RETRIES bounds that, with the registry's providers too.
"""

import pytest

from scaleproof.emulator.api.autoscaling import CHANGES
from scaleproof.errors import ScaleproofError
from scaleproof.localstack import control
from scaleproof.localstack.control import recorded
from scaleproof.terraform.diagnostics import ApplyFailed
from tests.apply.parts import MODEL_ADDRESS, PARTS, REALTIME_ADDRESS, SMALLEST_PARTS, WAKE_UP_ALARM
from tests.plan.planner import IMAGE, PAIR
from tests.plan.planner import MODEL as MODULE_OF_MODEL

ENDPOINT = "speech-realtime"
MODEL = f"{MODEL_ADDRESS}.aws_sagemaker_model.this"
CONFIG = f'{REALTIME_ADDRESS}.module.endpoint.awscc_sagemaker_endpoint_config.this["ml.g6.2xlarge ml.g6e.2xlarge"]'
THE_ENDPOINT = f"{REALTIME_ADDRESS}.module.endpoint.awscc_sagemaker_endpoint.this"
TARGET = f"{REALTIME_ADDRESS}.module.endpoint.aws_appautoscaling_target.this[0]"
POLICY = f"{REALTIME_ADDRESS}.aws_appautoscaling_policy.concurrency"
SEEDS = (1,)
PATIENCE = 8
"""How often a user tries again."""


@pytest.fixture(scope="module", autouse=True)
def emulator(cloud):
    """A LocalStack without the emulator, which only a user can name, takes no faults."""
    try:
        control.ask(cloud.connection(), "GET", "faults")
    except ScaleproofError as error:
        if not cloud.external:
            raise
        pytest.skip(str(error))


@pytest.fixture
def stage(open_stage):
    """A model and a real-time endpoint."""
    return open_stage(PARTS, **{"async": None})


def fail(stage, *rules, **changes):
    """An apply that is to fail under these faults."""
    with stage.suffering(*rules):
        return stage.fail(**changes)


def told(failure, address, *words):
    """Asserts that there is one problem, which belongs to a resource and has all the words.

    They are words of AWS: what the providers say around them changes from release to release.
    """
    (problem,) = failure.error.diagnostics
    assert problem.address == address
    for word in words:
        assert word in f"{problem.summary} {problem.detail}"


def call(fault, service, operation, **more):
    return {"fault": fault, "service": service, "operation": operation, **more}


def assert_settled(step):
    """Asserts that a step has made everything and left nothing to do: no two resources fight."""
    assert step.remaining == []
    assert sorted(step.after.names) == MADE


MADE = [
    "alarms", "endpoint_configs", "endpoints", "log_groups", "models", "roles", "scalable_targets",
    "scaling_policies",
]  # fmt: skip


def test_calls_that_fail_or_whose_answer_gets_lost(stage):
    """Each apply gets one call further than the one before, and repeats nothing of what is done.

    What was made without Terraform's knowledge is named; once it is gone, the next apply goes on. So it is
    with the real providers: CreateModel takes no token by which AWS could know a repeated request, and
    RegisterScalableTarget refuses tags for a target that is there. Cloud Control takes a token, and whatever
    else puts something can put it again.
    """
    throttled = fail(stage, call("throttling", "sagemaker", "CreateModel"))
    told(throttled, MODEL, "ThrottlingException: Rate exceeded")
    assert list(throttled.after.names) == ["roles", "log_groups"]
    lost = fail(stage, call("lost", "sagemaker", "CreateModel", times=1))
    model = lost.after.the("models")
    told(lost, MODEL, f'Cannot create already existing model "{model["ModelArn"]}".')
    stage.connection.client("sagemaker").delete_model(ModelName=model["ModelName"])

    refused = fail(stage, call("unavailable", "cloudcontrol", "CreateResource"))
    told(refused, CONFIG, "ServiceUnavailable")
    assert refused.after["roles"] == throttled.after["roles"]

    # What meets the handler behind Cloud Control is told by the status of the request, a repeated one too.
    behind = fail(
        stage,
        call("lost", "cloudcontrol", "CreateResource", times=2),
        call("throttling", "sagemaker", "CreateEndpoint"),
    )
    told(behind, THE_ENDPOINT, "FAILED", "Rate exceeded", "Throttling")
    assert "ThrottlingException" not in behind.error.message
    assert behind.after["models"] == refused.after["models"]

    cut = fail(stage, call("timeout", "application-autoscaling", "RegisterScalableTarget"))
    told(cut, TARGET)
    lost = fail(stage, call("lost", "application-autoscaling", "RegisterScalableTarget", times=1))
    told(lost, TARGET, "The scalable target that you tried to tag already exists.")
    scope = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    target = {name: lost.after.target(ENDPOINT)[name] for name in scope}
    stage.connection.client("application-autoscaling").deregister_scalable_target(**target)

    failed = fail(stage, call("internal", "application-autoscaling", "PutScalingPolicy"))
    told(failed, POLICY, "InternalFailure")
    with stage.suffering(call("lost", "application-autoscaling", "PutScalingPolicy", times=1)):
        last = stage.apply()
    assert last.calls == ["PutScalingPolicy speech-realtime-concurrency"]
    assert_settled(last)

    rough = (
        call("lost", "cloudcontrol", "DeleteResource", times=2),
        call("lost", "application-autoscaling", "DeregisterScalableTarget", times=1),
        call("lost", "sagemaker", "DeleteModel", times=1),
        call("throttling", "iam", "DeleteRole"),
    )
    with stage.suffering(*rough), pytest.raises(ApplyFailed) as stuck:
        stage.destroy()
    (problem,) = stuck.value.diagnostics
    for word in (last.after.the("roles")["RoleName"], "Rate exceeded"):
        assert word in f"{problem.summary} {problem.detail}"
    with stage.suffering(call("lost", "iam", "DeleteRole", times=1)):
        assert stage.destroy().names == {}


@pytest.mark.nightly
def test_a_role_that_iam_has_not_spread_yet(open_stage):
    """The provider repeats CreateModel until the role can be assumed, and gives up at last."""
    stage = open_stage(MODULE_OF_MODEL)
    late = fail(stage, {"fault": "iam", "seconds": 600})
    told(
        late,
        "module.it.aws_sagemaker_model.this",
        "Could not assume role arn:aws:iam::",
        "allows principal 'sagemaker.amazonaws.com'",
    )
    # A role as young as that one was, also where Terraform takes its time to get to the model.
    with stage.suffering({"fault": "iam", "seconds": 2.5}):
        waited = stage.apply(replacing="module.it.aws_iam_role.this[0]")
    created = [one for one in waited.calls if one.startswith("CreateModel")]
    assert len(created) > 1, "the role was there at once"
    assert waited.after["roles"].keys() != late.after["roles"].keys()
    assert waited.remaining == []
    assert stage.destroy(refresh=False).names == {}


@pytest.mark.nightly
@pytest.mark.parametrize("seed", SEEDS)
def test_a_bad_day(stage, seed):
    """A share of all calls fails in one way or the other, drawn at random, from the first to the last."""
    rough = [
        {"fault": fault, "rate": 0.04, "seed": 10 * seed + index}
        for index, fault in enumerate(("throttling", "internal", "timeout"))
    ]
    rough.append({"fault": "lost", "service": "cloudcontrol", "rate": 0.05, "seed": seed})
    newer = {"image": f"{IMAGE}-next"}
    with stage.suffering(*rough):
        assert any(stage.attempt() for _ in range(PATIENCE))
        assert any(stage.attempt(model=newer) for _ in range(PATIENCE))
    assert stage.remaining() == []
    assert sorted(stage.inventory().names) == MADE
    with stage.suffering(*rough):
        assert any(stage.attempt(destroy=True) for _ in range(PATIENCE))
    assert stage.inventory().names == {}


PENDING = {"fault": "pending", "seconds": 0.3}
"""A second change of a target within this time is refused."""
ALARM = {"metric_name": "CPUUtilization", "namespace": "/aws/sagemaker/Endpoints", "threshold": 90}
STEP = {"steps": [{"lower_bound": 0, "adjustment": 1}], "alarm": ALARM}
DEPTH = {"metric_name": "Depth", "namespace": "Mine", "statistic": "Average"}
POLICIES = {
    "step": {"step": STEP},
    "tracking": {"target_tracking": {"custom_metric": DEPTH, "target_value": 9}},
}
NIGHT = {"schedule": "cron(0 20 * * ? *)", "min": 1}
MIXED = [{**PAIR[0], "max_concurrency": 10}, {**PAIR[1], "max_concurrency": 20}]
SERVICES = {
    "PutMetricAlarm": "cloudwatch",
    **dict.fromkeys(CHANGES, "application-autoscaling"),
}
"""By call, the service that takes it."""
PUT_POLICY, ALARM_OF = "PutScalingPolicy", "PutMetricAlarm"
STEPS = {
    "speech-realtime": [
        ("RegisterScalableTarget", "endpoint/speech-realtime/variant/AllTraffic"),
        (PUT_POLICY, "speech-realtime-concurrency"),
        (PUT_POLICY, "speech-realtime-guard"),
        (PUT_POLICY, "speech-realtime-tracking"),
        (PUT_POLICY, "speech-realtime-step"),
        (ALARM_OF, "speech-realtime-step"),
        ("PutScheduledAction", "speech-realtime-night"),
    ],
    "speech-async": [
        ("RegisterScalableTarget", "endpoint/speech-async/variant/AllTraffic"),
        (PUT_POLICY, "speech-async-backlog"),
        (PUT_POLICY, "speech-async-wake-up"),
        (ALARM_OF, WAKE_UP_ALARM),
        (PUT_POLICY, "speech-async-tracking"),
        (PUT_POLICY, "speech-async-step"),
        (ALARM_OF, "speech-async-step"),
        ("PutScheduledAction", "speech-async-night"),
    ],
}
"""What registers each endpoint, in order: the calls, and what they write."""
KINDS = {
    "scalable_targets": "RegisterScalableTarget",
    "scaling_policies": PUT_POLICY,
    "alarms": ALARM_OF,
    "scheduled_actions": "PutScheduledAction",
}
"""By kind of an inventory, the call that makes it."""


def scaled(kind, **more):
    """The variable of an endpoint with a policy of each type and a schedule of its own."""
    return {**SMALLEST_PARTS[kind], "policies": POLICIES, "schedules": {"night": NIGHT}, **more}


@pytest.mark.nightly
def test_changes_of_a_target_come_one_after_the_other(open_stage):
    """Made, replaced, rewritten and destroyed: AWS refuses none of them because of another one."""
    both = {kind: scaled(kind) for kind in ("realtime", "async")}
    stage = open_stage(PARTS, instance_pools=MIXED, **both)
    with stage.suffering(PENDING):
        made = stage.apply()
        assert changed_in_order(made.made) == {
            endpoint: [name for operation, name in steps if operation != ALARM_OF] for endpoint, steps in STEPS.items()
        }
        assert stage.apply(instance_pools=[MIXED[1], MIXED[0]]).remaining == []
        rewritten = {
            kind: scaled(kind, policies=POLICIES | {"step": {"step": STEP | {"cooldown": 60}}}, scale_in_cooldown=60)
            for kind in both
        }
        assert stage.apply(**rewritten).remaining == []
        with recorded(stage.connection) as calls:
            assert stage.destroy().names == {}
        assert changed_in_order(calls) == {
            endpoint: [name for operation, name in reversed(steps) if operation != ALARM_OF]
            for endpoint, steps in STEPS.items()
        }


def changed_in_order(calls):
    """By endpoint, the names of what the calls change of its scalable target."""
    found = {endpoint: [] for endpoint in STEPS}
    for call in calls:
        if call.operation in CHANGES:
            place = call.params["ResourceId"]
            name = call.params.get("ScheduledActionName") or call.params.get("PolicyName") or place
            found[place.split("/")[1]].append(name)
    return found


def standing(inventory):
    """What scales the endpoints of an account, as STEPS has it: without the alarms of target tracking."""
    return [
        (operation, name)
        for kind, operation in KINDS.items()
        for name in inventory[kind]
        if not name.startswith("TargetTracking-")
    ]


@pytest.mark.nightly
@pytest.mark.parametrize("endpoint", STEPS)
def test_each_step_of_a_registration_can_fail_and_leaves_those_before_it(open_stage, endpoint):
    """No schedule moves bounds without the module's own policy, and the next apply goes on from there."""
    kind = endpoint.removeprefix("speech-")
    other = "async" if kind == "realtime" else "realtime"
    stage = open_stage(PARTS, instance_pools=MIXED, **{kind: scaled(kind), other: None})
    steps = STEPS[endpoint]
    before = ""
    for index, (operation, _) in enumerate(steps):
        # This apply takes the step first that the one before was refused.
        failure = fail(stage, call("throttling", SERVICES[operation], operation, after=int(operation == before)))
        assert sorted(standing(failure.after)) == sorted(steps[:index])
        (problem,) = failure.error.diagnostics
        assert "Rate exceeded" in str(problem)
        before = operation
    last = stage.apply()
    assert [one.operation for one in last.made if one.operation in KINDS.values()] == [operation]
    assert last.remaining == []
    assert sorted(standing(last.after)) == sorted(steps)


@pytest.mark.nightly
def test_of_schedules_written_at_the_same_time_each_apply_writes_one(open_stage):
    """What is in one map, Terraform puts in no order (docs/traps.md)."""
    schedules = dict.fromkeys(("one", "two", "three"), NIGHT)
    realtime = {**SMALLEST_PARTS["realtime"], "schedules": schedules}
    stage = open_stage(PARTS, realtime=realtime, **{"async": None})
    with stage.suffering(PENDING | {"seconds": 2.0}):  # on a busy machine they begin one after the other
        for refused in (2, 1):
            problems = stage.fail().error.diagnostics
            assert len(problems) == refused
            for problem in problems:
                assert ".aws_appautoscaling_scheduled_action.this[" in str(problem.address)
                assert "ConcurrentUpdateException: You already have a pending update" in str(problem)
        assert stage.apply().remaining == []
