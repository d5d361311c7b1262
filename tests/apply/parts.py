"""A root of the modules below the root module, wired as that wires them: a third less for each plan."""

import os

from tests.plan.planner import ASYNC, MODEL, REALTIME, REPOSITORY, ROOT, SMALLEST, configuration
from tools.terraform_module import Module

PARTS = "parts"
"""Where `open_stage` takes a path: the model and both endpoints. `async=None` or `realtime=None` leaves
one out."""
SMALLEST_PARTS = {name: SMALLEST[ROOT][name] for name in ("model", "instance_pools", "realtime", "async")}
POLICIES = {
    "speech-realtime": ["speech-realtime-concurrency"],
    "speech-async": ["speech-async-backlog", "speech-async-wake-up"],
}
"""By endpoint, what scales it."""
WAKE_UP_ALARM = "speech-async-has-backlog-without-capacity"
SCALED = 3
"""Instances that run at the time of a change, where a story scales; both endpoints start with one."""
MODEL_ADDRESS, REALTIME_ADDRESS, ASYNC_ADDRESS = "module.model", "module.realtime[0]", "module.async[0]"


def parts(directory):
    """The root for a directory. Its variables are those of the root module that the modules take."""
    return {
        **configuration(MODEL, directory),
        "variable": {
            name: {"type": "any", "default": None} for name in ("async", "instance_pools", "model", "realtime", "tags")
        },
        "module": {
            "model": {**_handed(MODEL, "model", directory), "name": "speech", "tags": "${var.tags}"},
            "realtime": _endpoint(REALTIME, "realtime", directory),
            "async": _endpoint(ASYNC, "async", directory),
        },
    }


def _endpoint(module, kind, directory):
    return {
        **_handed(module, kind, directory),
        "count": f"${{var.{kind} == null ? 0 : 1}}",
        "instance_pools": "${var.instance_pools}",
        "model_name": "${module.model.name}",
        "name": f"speech-{kind}",
        "tags": "${var.tags}",
    }


def _handed(module, variable, directory):
    """A module with each of its inputs out of one variable, where that has it."""
    source = os.path.relpath(REPOSITORY / module, directory.resolve())
    inputs = Module.read(REPOSITORY / module).variables
    return {"source": source, **{name: f"${{try(var.{variable}.{name}, null)}}" for name in inputs}}
