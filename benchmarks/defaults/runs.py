"""The simulations, on all cores, and what each comes to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

from benchmarks.defaults.cases import DEFAULT, FLEETS, RIVALS, SETTINGS, SHORTAGES, TRAFFIC
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies import model
from scaleproof.studies.rivals import rivals
from scaleproof.studies.run import MONDAY, Setting
from scaleproof.studies.traffic import Named


@dataclass(frozen=True)
class Case:
    """What all contenders of one comparison share."""

    fleet: str
    traffic: str
    shortage: str
    seed: int


@dataclass(frozen=True)
class Found:
    """One contender in one case. `capacity_hours`: instance-hours times what each instance sustains, which
    stands for the cost of types of unequal size."""

    case: Case
    contender: str
    overload_seconds: float
    lost: float
    instance_hours: float
    capacity_hours: float
    reversals: int


def everything(
    endpoints: Mapping[tuple[str, str], Endpoint], seeds: int, progress: Callable[[float], None]
) -> list[Found]:
    """Every case with every contender, `seeds` times."""
    cases = [Case(*parts) for parts in itertools.product(FLEETS, TRAFFIC, SHORTAGES, range(seeds))]
    found: list[Found] = []
    with ProcessPoolExecutor() as pool:
        tasks = [
            pool.submit(_case, case, {name: endpoints[case.fleet, name] for name in SETTINGS})
            for case in cases
        ]
        for number, task in enumerate(tasks):
            found += task.result()
            progress((number + 1) / len(tasks))
    return found


def _case(case: Case, configured: Mapping[str, Endpoint]) -> list[Found]:
    traffic = TRAFFIC[case.traffic](case.seed)
    behaviour = replace(model.DEFAULT.behaviour, shortages=SHORTAGES[case.shortage])
    setting = Setting(replace(model.DEFAULT, behaviour=behaviour), seed=case.seed)
    contenders = dict(configured)
    for rival in rivals(configured[DEFAULT], traffic, behaviour, MONDAY, RIVALS):
        contenders[rival.name] = rival.endpoint
    return list(_simulated(case, contenders, setting, Named(case.traffic, traffic)))


def _simulated(
    case: Case, contenders: Mapping[str, Endpoint], setting: Setting, traffic: Named
) -> Iterator[Found]:
    limits = dict(FLEETS[case.fleet])
    for name, endpoint in contenders.items():
        totals = setting.simulate(endpoint, traffic).totals
        hours = {kind: seconds / 3_600 for kind, seconds in totals.instance_seconds.items()}
        yield Found(
            case=case,
            contender=name,
            overload_seconds=totals.overload_seconds,
            lost=(totals.refused + totals.cut) / max(totals.arrivals, 1),
            instance_hours=sum(hours.values()),
            capacity_hours=sum(number * limits[kind] for kind, number in hours.items()),
            reversals=totals.elasticity.reversals,
        )
