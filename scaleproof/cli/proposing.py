"""Chooses settings for some work, and writes the block that plans what was chosen."""

from __future__ import annotations

import itertools
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scaleproof.errors import FailedError
from scaleproof.progress import bar
from scaleproof.scaling.cron import zone
from scaleproof.simulation import Work
from scaleproof.studies import traffic as spelled
from scaleproof.studies.assumptions import parse as assumed
from scaleproof.studies.choose import Choice
from scaleproof.studies.choose import choose as find
from scaleproof.studies.planned import ModulePlanner
from scaleproof.studies.proposal import block
from scaleproof.studies.run import MONDAY, Progress, Setting
from scaleproof.studies.shape import Shape, feasible
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.workers import TaskMap

SEEDS = 3
"""Settings are chosen on this many seeds at first."""
NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,44}")
"""What the module takes as a name."""
DEFAULT_NAME = "model"
"""Where the user names none."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a choice, whatever the endpoint: see the options of `scaleproof choose`.

    `module`: the module's directory, `model`: its input of that name.
    """

    setting: Setting
    longest: float | None
    largest: float | None
    within: float | None
    most_cut: float | None
    flaps: bool
    timezone: str
    most: int | None
    module: Path
    module_source: str | None
    model: Mapping[str, str]
    s3_output_path: str | None
    allow_network: bool

    def assuming(self, words: Iterable[str]) -> Asked:
        """The same with other assumptions, as values of --assume."""
        return replace(self, setting=replace(self.setting, model=assumed(words, self.setting.model)))

    def seeds(self, words: str) -> Iterator[TrafficSpec]:
        """The traffic of each seed, without an end."""
        return (spelled.parse(words, seed=self.setting.seed + number) for number in itertools.count())

    def dated(self, traffic: TrafficSpec) -> Setting:
        """The setting on some traffic: weeks that are described begin in the time zone that is asked for."""
        if self.setting.start is None and traffic.described:
            return replace(self.setting, start=MONDAY.replace(tzinfo=zone(self.timezone)))
        return self.setting

    def shape(self, named: Sequence[TrafficSpec]) -> Shape:
        """The shape of the work. Raises NoEndpointError if no endpoint takes it."""
        work, within = named[0].traffic.work, self.within
        took = self.longest or max(one.longest for one in named)
        if within is None:
            within = math.inf if work is Work.FILE else 0.0
        largest = self.largest or named[0].largest
        found = Shape(work, took, largest, None if math.isinf(within) else within, self.most_cut, self.flaps)
        feasible(found)
        return found

    def propose(
        self,
        name: str,
        pools: Sequence[tuple[str, float]],
        words: str,
        place: Path,
        means: Mapping[str, Any],
        each: TaskMap,
        progress: Progress | None = None,
    ) -> tuple[Choice, str]:
        """The choice and its block, for a root in the directory `place`.

        `words`: the traffic. `means`: how to plan, as `planning` yields it. `progress`: instead of a bar of
        its own. Raises ScaleproofError.
        """
        unseen = self.seeds(words)
        named = list(itertools.islice(unseen, SEEDS))
        shape = self.shape(named)
        with closing(ModulePlanner(self.module, name, allow_network=self.allow_network, **means)) as planner:
            shown = bar(f"Trying settings for {name}") if progress is None else nullcontext(progress)
            with shown as update:
                choice = find(
                    shape,
                    pools,
                    named,
                    self.dated(named[0]),
                    planner.endpoint,
                    most=self.most,
                    unseen=unseen,
                    timezone=self.timezone,
                    progress=update,
                    each=each,
                )
            source = self.module_source or _relative(self.module, place)
            s3_output_path = self.s3_output_path or f"s3://{name.lower()}-results/out/"
            text = block(
                choice.best.proposal,
                name=name,
                source=source,
                model=self.model,
                s3_output_path=s3_output_path,
            )
            # Print only what was simulated.
            if planner.check(text, source) != choice.best.endpoint:
                raise FailedError("The block plans another endpoint than the one simulated (a defect).")
        return choice, text


def _relative(module: Path, place: Path) -> str:
    """The module's directory as the source in a root at `place`; Terraform needs a leading dot."""
    found = os.path.relpath(module, place)
    return found if found.startswith("../") or found == ".." else f"./{'' if found == '.' else found}"
