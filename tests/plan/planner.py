"""Plans modules of the project with inputs given as Python values, one set of them or many in one run."""

import json
import os
import re
import shlex
import shutil
import sys
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from unittest.mock import patch

from scaleproof.providers.aws import data
from tests.plan.batches import BatchRoot, Verdict, judge
from tests.plan.plan_cache import PlanCache
from tools.terraform_module import Module

REPOSITORY = Path(__file__).resolve().parent.parent.parent
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.4"
PAIR = [
    {"instance_type": "ml.g6.2xlarge", "max_concurrency": 12},
    {"instance_type": "ml.g6e.2xlarge", "max_concurrency": 12},
]
COMPUTED = f"28.8{'0' * 150}1"
"""48 * 0.6 as Terraform computes and writes it."""

ACCOUNT = "ACCOUNT"
"""Stands for the account of a plan, in inputs and in what a test expects."""


@contextmanager
def _elsewhere():
    """The stand-ins plan in an account that no test names, as the registry's providers do."""
    with patch.object(data, "PLACEHOLDER_ACCOUNT", "999988887777"):
        yield


MAX_RETRIES = 4
"""How often the providers send a request that fails for a time: as often as the stand-ins do.

By themselves the real ones send it 25 times, with pauses of up to five minutes. Both take the argument, but
only aws takes AWS_MAX_ATTEMPTS. Sources: aws_config.go of hashicorp/aws-sdk-go-base, max_retries in the
documentation of aws, internal/provider/provider.go of hashicorp/terraform-provider-awscc.
"""

ROOT, MODEL, REALTIME, ASYNC, MONITORING = (
    ".",
    "modules/model",
    "modules/realtime",
    "modules/async",
    "modules/monitoring",
)
_ENDPOINT = {
    "name": "speech",
    "model_name": "nova-3",
    "instance_pools": PAIR,
    "capacity": {"min": 1, "max": 4},
}
SMALLEST = {
    ROOT: {
        "name": "speech",
        "model": {"image": IMAGE},
        "instance_pools": PAIR,
        "realtime": {"capacity": {"min": 1, "max": 4}},
        "async": {"capacity": {"min": 0, "max": 5}, "s3_output_path": "s3://acme-transcripts/out/"},
    },
    MODEL: {"name": "speech", "image": IMAGE},
    REALTIME: _ENDPOINT,
    ASYNC: {**_ENDPOINT, "capacity": {"min": 0, "max": 5}, "s3_output_path": "s3://acme-transcripts/out/"},
    MONITORING: {
        "kind": "realtime",
        "endpoint_name": "speech",
        "instance_pools": PAIR,
        "capacity": {"min": 1, "max": 4},
        "signal": {"target": 9},
    },
}
"""The least that each module plans with."""
_ELSEWHERE = re.compile(r"\b(local|data|module)\.[a-z_]")
"""What a condition names that is not in the file of an input."""
BATCH = 250
"""Sets of inputs in one plan: starting Terraform costs as much as some ten of them."""


class Planner:
    """Plans modules, each in a root that passes every input through; remembers its plans.

    `check` fails the test that asks for what breaks the contract with AWS (tests/contract/judging.py).

    The root's only content is the module, under the name `it`, whose outputs are the output `it`. Inputs may
    have ACCOUNT in them. Nobody may change a plan: another test gets the same.
    """

    def __init__(self, directory, plan, standins=None, connection=None, cache=None, check=lambda *_: None):
        """`directory` holds the generated roots; `plan` plans single inputs, the others serve for many.

        `check` gets a module, sets of inputs, their verdicts and the account.
        """
        self._directory, self._plan, self._check = directory, plan, check
        self._standins, self.connection = standins, connection
        self._cache = cache or PlanCache(None)
        self._known = {}
        self._roots = {}

    @_elsewhere()
    def __call__(self, module, **changes):
        """The plan of `module` with its smallest inputs and `changes`; None leaves an input to its default.

        Raises `PlanFailed`.
        """
        inputs = self.own({**SMALLEST[module], **changes})
        key = _key(module, inputs)
        if key not in self._known:
            plan = self._alone(module, inputs)
            self._check(module, [inputs], [Verdict(plan)], self.account)
            self._known[key] = plan
        return self._known[key]

    def _alone(self, module, inputs):
        directory = self._directory / f"alone-{_word(module)}"
        if not directory.exists():
            _write(configuration(module, directory), directory)
        return self._plan(directory, **inputs)

    def together(self, module, variants):
        """Plans with each of these changes in one run of Terraform, so that `planner(...)` has them at once.

        Not what is refused or warned of: the call that asks for it plans it alone, and says why.
        """
        names = Module.read(REPOSITORY / module).variables.keys()
        cases = (self.own({**SMALLEST[module], **changes}) for changes in variants)
        # An instance takes no notice of an element that is no input.
        unplanned = {_key(module, inputs): inputs for inputs in cases if inputs.keys() <= names}
        unplanned = {key: inputs for key, inputs in unplanned.items() if key not in self._known}
        verdicts = self.judge(module, list(unplanned.values()))
        for key, verdict in zip(unplanned, verdicts, strict=True):
            if verdict.plan is not None and not verdict.plan.warnings:
                self._known[key] = verdict.plan

    @_elsewhere()
    def judge(self, module, cases):
        """What becomes of each set of inputs, in their order."""
        owned = [self.own(case) for case in cases]
        verdicts = []
        for place in range(0, len(owned), BATCH):
            # What is said against one may depend on the others, so they are one entry.
            batch = owned[place : place + BATCH]
            verdicts += self._cache.get(_key(module, batch), partial(self._judged, module, batch))
        self._check(module, owned, verdicts, self.account)
        return verdicts

    def _judged(self, module, cases):
        if module not in self._roots:
            self._roots[module] = [self._root("together", module, REPOSITORY / module)]
            files = list((REPOSITORY / module).glob("variables*.tf"))
            if not any(_ELSEWHERE.search(file.read_text(encoding="utf-8")) for file in files):
                # What the inputs' own rules refuse is found without anything else of the module.
                inputs = self._directory / f"inputs-of-{_word(module)}"
                inputs.mkdir(parents=True)
                for file in files:
                    shutil.copy(file, inputs)
                self._roots[module].insert(0, self._root("inputs", module, inputs))
        return judge(self._roots[module], cases)

    def _root(self, kind, module, source):
        directory = self._directory / f"{kind}-{_word(module)}"
        _write(instances(module, directory, source), directory)
        return BatchRoot(directory, standins=self._standins, connection=self.connection)

    def own(self, inputs):
        """Inputs with the account of the plans instead of ACCOUNT."""
        return _within(self.account, inputs) if ACCOUNT in json.dumps(inputs) else dict(inputs)

    @cached_property
    @_elsewhere()
    def account(self):
        """The account that plans are made in, as STS says."""
        directory = self._directory / "account"
        directory.mkdir(parents=True)
        caller = {"data": {"aws_caller_identity": {"own": {}}}, **providers()}
        (directory / "main.tf.json").write_text(json.dumps(caller))
        return expected(self._plan(directory), ACCOUNT)

    def close(self):
        """Removes the working directories."""
        for roots in self._roots.values():
            for root in roots:
                root.close()


def command(module, inputs):
    """A command that plans a module with exactly these inputs."""
    words = [sys.executable, "-m", "scaleproof", "plan", str((REPOSITORY / module).resolve())]
    for name, value in inputs.items():
        if value is not None:
            words += ["--var", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
    return shlex.join(words)


def _word(module):
    return module.replace("/", "-").replace(".", "root")


def _key(module, inputs):
    return json.dumps([module, inputs], sort_keys=True)


def _write(root, directory):
    directory.mkdir(parents=True)
    (directory / "main.tf.json").write_text(json.dumps({**root, "output": {"it": {"value": "${module.it}"}}}))


def configuration(module, directory, source=None):
    """A root for `directory` whose only content is `module`, with each of its inputs as a variable.

    `source`: a directory with the same inputs that takes the place of the module.
    """
    names = sorted(Module.read(REPOSITORY / module).variables)
    # Relative: an absolute source would be a package of its own, whose modules could not name their siblings.
    source = Path(os.path.relpath(source or REPOSITORY / module, directory.resolve()))
    return {
        **providers(),
        "variable": {name: {"type": "any", "default": None} for name in names},
        "module": {"it": {"source": str(source), **{name: f"${{var.{name}}}" for name in names}}},
    }


def providers():
    """What a root says of its providers."""
    names = ("aws", "awscc")
    return {
        "terraform": {"required_providers": {name: {"source": f"hashicorp/{name}"} for name in names}},
        "provider": {name: {"region": "us-east-1", "max_retries": MAX_RETRIES} for name in names},
    }


def instances(module, directory, source=None):
    """The same with an instance of the module for each element of `var.cases`, which are its inputs."""
    alone = configuration(module, directory, source)
    inputs = {name: f"${{try(each.value.{name}, null)}}" for name in alone["variable"]}
    return {
        **alone,
        "variable": {"cases": {"type": "any"}},
        "module": {"it": {**alone["module"]["it"], "for_each": "${var.cases}", **inputs}},
    }


def expected(plan, value):
    """`value` with the account of the plan, as STS says, instead of ACCOUNT."""
    (account,) = {
        resource.values["account_id"] for resource in plan.resources.values() if resource.type == "aws_caller_identity"
    }
    return _within(account, value)


def _within(account, value):
    return json.loads(json.dumps(value).replace(ACCOUNT, account))


def content(plan):
    """What the name of the one configuration hangs on, beside the time."""
    name = "module.it.module.endpoint.terraform_data.revision["
    (revision,) = [resource for address, resource in plan.resources.items() if address.startswith(name)]
    return str(revision.values["triggers_replace"])
