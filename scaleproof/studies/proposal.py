"""A proposal: settings of the module for one endpoint, as inputs and as a block of HCL to paste."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.wording import count

PLACEHOLDER = "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.0"
"""The image of plans if the user names none."""


@dataclass(frozen=True)
class Floor:
    """A scheduled action: from `schedule` (a cron expression) in `timezone` on, the minimum is `min`."""

    name: str
    schedule: str
    timezone: str
    min: int


@dataclass(frozen=True)
class Proposal:
    """One way to set the module. `pools`: instance types in priority order with what an instance sustains.

    `target` is target_utilization of a real-time and backlog_per_instance of an asynchronous endpoint;
    cooldowns in seconds; `wake_instances` and `wake_periods` matter only if `min` is 0. `schedules` move the
    minimum of a real-time endpoint; `min` holds until the first of them runs.
    """

    kind: Kind
    pools: tuple[tuple[str, float], ...]
    min: int
    max: int
    target: float
    scale_out_cooldown: int
    scale_in_cooldown: int
    invocations: int = 1
    wake_instances: int = 1
    wake_periods: int = 2
    schedules: tuple[Floor, ...] = ()

    @property
    def words(self) -> str:
        """The settings in one line; of a fleet of constant size its size."""
        if self.min == self.max and not self.schedules:
            return count(self.min, "instance")
        share = f"{100 * self.target:.0f} % of each"
        aim = share if self.kind is Kind.REALTIME else f"{self.target:g} per instance"
        cooldowns = f"{self.scale_out_cooldown}/{self.scale_in_cooldown} s"
        low = min((schedule.min for schedule in self.schedules), default=self.min)
        text = f"{low} to {count(self.max, 'instance')} at {aim}, cooldowns {cooldowns}"
        if self.schedules:
            most = max(schedule.min for schedule in self.schedules)
            text += f", at least {low} to {most} by {len(self.schedules)} schedules"
        if self.kind is Kind.ASYNC and not self.min:
            text += f", wakes by {self.wake_instances} after {self.wake_periods} min"
        return text

    def inputs(self) -> dict[str, Any]:
        """The module's inputs as JSON values, without name, source and model."""
        pools = [{"instance_type": kind, "max_concurrency": _plain(sustained)} for kind, sustained in self.pools]
        common = {
            "capacity": {"min": self.min, "max": self.max},
            "scale_out_cooldown": self.scale_out_cooldown,
            "scale_in_cooldown": self.scale_in_cooldown,
        }
        if self.kind is Kind.REALTIME:
            realtime = {**common, "target_utilization": self.target}
            if self.schedules:
                realtime["schedules"] = {
                    schedule.name: {
                        "schedule": schedule.schedule,
                        "timezone": schedule.timezone,
                        "min": schedule.min,
                        "max": self.max,
                    }
                    for schedule in self.schedules
                }
            return {"instance_pools": pools, "realtime": realtime}
        settings = {
            **common,
            "backlog_per_instance": _plain(self.target),
            "max_concurrent_invocations_per_instance": self.invocations,
        }
        if not self.min:
            settings["wake_up"] = {
                "instances": self.wake_instances,
                "evaluation_periods": self.wake_periods,
            }
        return {"instance_pools": pools, "async": settings}


def block(proposal: Proposal, *, name: str, source: str, model: Mapping[str, str], s3_output_path: str) -> str:
    """The module block of a proposal, formatted as `terraform fmt` does.

    `model` is the module's input `model`; only asynchronous endpoints use `s3_output_path`.
    """
    inputs = proposal.inputs()
    if "async" in inputs:
        inputs["async"]["s3_output_path"] = s3_output_path
    parts = [
        f'module "{identifier(name)}" {{',
        f"  source = {inline(source)}",
        "",
        f"  name = {inline(name)}",
    ]
    for key, value in {"model": dict(model), **inputs}.items():
        parts += ["", *entry(key, value, 2)]
    return "\n".join([*parts, "}", ""])


def _plain(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value


def identifier(name: str) -> str:
    """A name of letters, digits and hyphens as a label that Terraform takes."""
    return name.replace("-", "_") if name[:1].isalpha() else f"m_{name}".replace("-", "_")


def entry(key: str, value: Any, indent: int = 0) -> list[str]:
    """The lines of an attribute whose value is an object or a list, with one line for each member."""
    space = " " * indent
    if isinstance(value, dict):
        return [f"{space}{key} = {{", *_aligned(value, indent + 2), f"{space}}}"]
    return [f"{space}{key} = [", *(f"{space}  {inline(element)}," for element in value), f"{space}]"]


def inline(value: Any) -> str:
    """A value on one line: an object, a text or a number."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {inline(element)}" for key, element in value.items()) + " }"
    if isinstance(value, str):
        quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
        return f'"{quoted}"'
    return f"{value:g}" if isinstance(value, float) else str(value)


def _aligned(values: Mapping[str, Any], indent: int) -> list[str]:
    """Attributes on lines of their own, with aligned equals signs; an object of objects takes several lines,
    after the others."""
    tables = {key: value for key, value in values.items() if _is_table(value)}
    plain = {key: value for key, value in values.items() if key not in tables}
    width = max(map(len, plain), default=0)
    lines = [f"{' ' * indent}{key:<{width}} = {inline(value)}" for key, value in plain.items()]
    for key, value in tables.items():
        lines += ["", *entry(key, value, indent)]
    return lines


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(element, dict) for element in value.values())
