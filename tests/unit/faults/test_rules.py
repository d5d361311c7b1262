"""Rules of injected faults: what they take, whom they hit, and how often."""

import pytest

from scaleproof.emulator.engine.faults import Injection, available, of_containers, parse, requested
from scaleproof.emulator.errors import AwsError
from scaleproof.errors import ScaleproofError

CREATE = ("sagemaker", "CreateModel")


class Clock:
    """Seconds that pass when told."""

    now = 100.0

    def __call__(self):
        return self.now


def injection(*rules, clock=None):
    made = Injection(clock or Clock())
    made.set(parse(list(rules)))
    return made


def test_nothing_is_injected_unasked():
    made = Injection()
    assert made.strike(*CREATE) is None
    assert made.trusts("speech")
    assert made.permits("speech")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "a list of objects"),
        (["throttling"], "a list of objects"),
        ([{}], "fault must be one of throttling, internal, unavailable, expired, timeout, lost, "),
        ([{"fault": "thottling"}], "not 'thottling'"),
        ([{"fault": "throttling", "operations": "CreateModel"}], "throttling takes service, operation"),
        ([{"fault": "throttling", "times": "2"}], "times of throttling cannot be '2'"),
        ([{"fault": "throttling", "times": True}], "times of throttling cannot be True"),
        ([{"fault": "throttling", "times": -1}], "times of throttling must be 0 or more"),
        ([{"fault": "lost", "rate": 1.5}], "rate of lost must be from 0 to 1"),
        ([{"fault": "iam"}], "iam needs seconds"),
        ([{"fault": "pending"}], "pending needs seconds"),
        ([{"fault": "startup", "times": 1}], "startup takes no members, not times"),
        ([{"fault": "capacity", "count": 1}], "instance_type and count together"),
        ([{"fault": "unlisted"}], "unlisted needs instance_type"),
        ([{"fault": "assumed", "name": "schedule_delay"}], "assumed needs name and value"),
        ([{"fault": "assumed", "name": "x", "value": 1}], "There is no assumption 'x'"),
        ([{"fault": "assumed", "name": "cooldown_scope", "value": "all"}], "cooldown_scope cannot be 'all'"),
        ([{"fault": "assumed", "name": "extra_periods", "value": 1.5}], "extra_periods cannot be 1.5"),
        ([{"fault": "assumed", "name": "refused_retry", "value": None}], "refused_retry cannot be None"),
        ([{"fault": "assumed", "name": "action_delay", "value": 1}], "action_delay has one answer here"),
    ],
)
def test_rules_that_are_none(given, said):
    with pytest.raises(ScaleproofError, match=said):
        parse(given)


def test_a_rule_hits_the_calls_that_it_names_and_so_many_of_them():
    made = injection({"fault": "throttling", "service": CREATE[0], "operation": CREATE[1], "times": 2})
    assert made.strike("sagemaker", "DescribeModel") is None
    assert made.strike("iam", CREATE[1]) is None
    assert [made.strike(*CREATE) for _ in range(3)] == ["throttling", "throttling", None]
    assert [rule.times for rule in made.rules] == [0]


def test_a_rule_lets_calls_pass_before_the_first_that_it_hits():
    made = injection({"fault": "lost", "operation": CREATE[1], "after": 2, "times": 1})
    struck = [made.strike(*call) for call in (CREATE, ("iam", "CreateRole"), CREATE, CREATE, CREATE)]
    assert struck == [None, None, None, "lost", None]


def test_the_first_rule_that_takes_a_call_hits_it():
    made = injection({"fault": "internal", "service": "iam", "times": 1}, {"fault": "lost"})
    assert [made.strike("iam", "GetRole") for _ in range(2)] == ["internal", "lost"]


def test_a_share_of_calls_is_the_same_for_the_same_seed():
    def hits(seed):
        made = injection({"fault": "unavailable", "rate": 0.25, "seed": seed})
        return [made.strike(*CREATE) is not None for _ in range(1000)]

    assert hits(1) == hits(1) != hits(2)
    assert 200 < sum(hits(1)) < 300


def test_a_role_spreads_and_so_do_its_permissions():
    """Of two rules the longer one counts."""
    clock = Clock()
    made = injection({"fault": "iam", "seconds": 10}, {"fault": "iam", "seconds": 3}, clock=clock)
    assert made.trusts("older")
    made.observe("CreateRole", "speech")
    assert (made.trusts("speech"), made.permits("speech")) == (False, False)
    clock.now += 6
    made.observe("PutRolePolicy", "speech")
    clock.now += 4
    assert (made.trusts("speech"), made.permits("speech")) == (True, False)
    clock.now += 6
    assert made.permits("speech")
    made.observe("GetRole", "speech")
    assert made.permits("speech")


def test_deployments_go_wrong_together():
    limited = {"fault": "capacity", "instance_type": "ml.g6.2xlarge", "count": 3}
    made = injection(limited, {"fault": "silent"}).rules
    assert (requested("silent", made), requested("startup", made)) == (True, False)
    running = {"ml.g6.2xlarge": 2, "ml.g5.2xlarge": 2}
    assert available(made, running, "ml.g6.2xlarge") == 1
    assert available(made, running, "ml.g5.2xlarge") is None
    assert available(injection({"fault": "capacity"}).rules, running, "ml.g5.2xlarge") == 0


def test_a_model_and_an_account_ask_for_a_fault_by_the_same_rule():
    limited = {"fault": "capacity", "instance_type": "ml.g6.2xlarge", "count": 3}
    words = " startup,capacity=ml.g6.2xlarge:3 ,, silent"
    carried = of_containers([{"Environment": {"SCALEPROOF_FAIL": words}}, {"Image": "speech"}])
    assert carried == parse([{"fault": "startup"}, limited, {"fault": "silent"}])


def test_the_tightest_of_several_limits_holds():
    both = parse([{"fault": "capacity", "instance_type": "ml.g6.2xlarge", "count": n} for n in (3, 1, 2)])
    assert available(both, {}, "ml.g6.2xlarge") == 1


def test_a_handler_of_cloud_control_meets_a_fault_as_its_error_code():
    made = injection({"fault": "throttling", "times": 1}, {"fault": "lost"})
    codes = []
    for _ in range(2):
        with pytest.raises(AwsError) as refused:
            made.check(*CREATE)
        codes.append(refused.value.handler)
    assert codes == ["Throttling", "ServiceInternalError"]
