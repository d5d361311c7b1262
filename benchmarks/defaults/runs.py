"""The simulations, on all cores, and what each comes to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

from benchmarks.defaults.cases import STUDIES, Study
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies import assumptions
from scaleproof.studies.rivals import rivals
from scaleproof.studies.run import Setting
from scaleproof.studies.traffic import MONDAY, TrafficSpec


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
    stands for the cost of types of unequal size. `lost` and `cut` by scale-in: shares of the requests.
    `waiting`: mean and 95th percentile, in seconds."""

    case: Case
    contender: str
    overload_seconds: float
    lost: float
    cut: float
    waiting: tuple[float, float]
    instance_hours: float
    capacity_hours: float
    reversals: int


def everything(
    study: Study,
    endpoints: Mapping[tuple[str, str], Endpoint],
    seeds: int,
    progress: Callable[[float], None],
) -> list[Found]:
    """Every case with every contender, `seeds` times."""
    parts = itertools.product(study.fleets, study.traffic, study.shortages, range(seeds))
    cases = [Case(*values) for values in parts]
    found: list[Found] = []
    with ProcessPoolExecutor() as pool:
        tasks = [
            # By number: what draws traffic is no data that travels between processes.
            pool.submit(
                _case,
                STUDIES.index(study),
                case,
                {name: endpoints[case.fleet, name] for name in study.settings},
            )
            for case in cases
        ]
        for number, task in enumerate(tasks):
            found += task.result()
            progress((number + 1) / len(tasks))
    return found


def _case(number: int, case: Case, configured: Mapping[str, Endpoint]) -> list[Found]:
    study = STUDIES[number]
    traffic = study.traffic[case.traffic](case.seed)
    preferred, _ = study.fleets[case.fleet][0]
    behaviour = replace(assumptions.DEFAULT.behaviour, shortages=study.shortages[case.shortage](preferred))
    setting = Setting(replace(assumptions.DEFAULT, behaviour=behaviour))
    contenders = dict(configured)
    for rival in rivals(configured[study.default], traffic, behaviour, MONDAY, study.rivals):
        contenders[rival.name] = rival.endpoint
    limits = dict(study.fleets[case.fleet])
    return list(_simulated(case, contenders, setting, TrafficSpec(case.traffic, traffic, seed=case.seed), limits))


def _simulated(
    case: Case,
    contenders: Mapping[str, Endpoint],
    setting: Setting,
    traffic: TrafficSpec,
    limits: Mapping[str, int],
) -> Iterator[Found]:
    for name, endpoint in contenders.items():
        totals = setting.simulate(endpoint, traffic).totals
        hours = {kind: seconds / 3_600 for kind, seconds in totals.instance_seconds.items()}
        yield Found(
            case=case,
            contender=name,
            overload_seconds=totals.overload_seconds,
            lost=(totals.refused + totals.expired) / max(totals.arrivals, 1),
            cut=totals.cut / max(totals.arrivals, 1),
            waiting=(totals.waiting.mean, totals.waiting.p95),
            instance_hours=sum(hours.values()),
            capacity_hours=sum(number * limits[kind] for kind, number in hours.items()),
            reversals=totals.elasticity.reversals,
        )
