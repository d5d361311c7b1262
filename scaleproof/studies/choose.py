"""Chooses real-time or asynchronous, instances and settings: the best answer and its runners-up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation.demand import offered
from scaleproof.studies.candidate import Candidate, misses
from scaleproof.studies.choice import Choice, Schedules, Unseen
from scaleproof.studies.run import Progress, Setting, within
from scaleproof.studies.scheduled_minimums import AHEAD, TooLittleTrafficError, Week, split
from scaleproof.studies.search import AT_ONCE, Search
from scaleproof.studies.shape import Shape, feasible
from scaleproof.studies.space import FILLS, UTILIZATION, Planner, Space
from scaleproof.studies.traffic import TrafficSpec
from scaleproof.studies.trials import Goal, Judge, Point, Score
from scaleproof.studies.wording import count, more
from scaleproof.workers import TaskMap

ROUNDS = 2
"""Times that settings are chosen: again on the seeds on which the first proposal misses."""
UNSEEN = 10
"""Seeds that a proposal is tried on after it was chosen on others."""
NEAREST = 12
"""Of the points that held, so many of the cheapest are tried on further seeds."""
HARDEST = 3
"""Of the seeds on which a proposal misses, so many are chosen on as well: those on which it misses most."""
NEAR = 1.1
"""An order of types whose best start costs so much more than that of another is searched no further."""
SAVES = 0.97
"""Schedules pay if they cost at most this share on the days that they are judged on."""
FEWER, MORE = 0.25, 5.0
"""Shares of the limit of what scale-in cuts off, for what fewer and more cost."""


def choose(
    shape: Shape,
    pools: Sequence[tuple[str, float]],
    traffic: Sequence[TrafficSpec],
    setting: Setting,
    planner: Planner,
    *,
    most: int | None = None,
    unseen: Iterable[TrafficSpec] = (),
    timezone: str = "UTC",
    progress: Progress | None = None,
    tasks: TaskMap = map,
) -> Choice:
    """The best settings of the module for some work.

    `pools`: instance types with what one instance sustains, in the user's order; with prices, each is tried
    as the preferred one. `traffic`: the same with different seeds; a proposal must do well on all of them.
    `unseen`: with further seeds, on which the best is tried. `most`: the most instances. `timezone`: an IANA
    name, for schedules. `tasks` runs independent simulations, as `map` does, for example on all cores; the
    choice does not depend on it. Raises ScaleproofError if no endpoint takes the work, or if the plan cannot
    be simulated.
    """
    possible = feasible(shape)
    judge = Judge(shape, setting, tuple(traffic))
    peaks = [max(offered(spec.traffic)) for spec in traffic]
    hardest = sorted(range(len(traffic)), key=lambda seed: -peaks[seed])
    goal = Goal(setting.max_cut, shape.flaps)
    options = [(kind, order) for kind in possible.kinds for order in orders(pools, bool(setting.price))]
    ranking: list[Ranked] = []
    for number, (kind, order) in enumerate(options):
        within(progress, number, 4 * len(options))
        space = Space(kind, order, max(peaks), planner, most)
        ranking.append(started(space, Search(judge, space.values, space.endpoint, hardest, tasks), goal))
    promising = [_may_win(ranked, ranking) for ranked in ranking]
    for number in range(len(ranking)):
        if promising[number]:
            within(progress, len(options) + number, 4 * len(options))
            ranking[number] = ranking[number].descended(goal)
    ranking.sort(key=lambda ranked: ranked.score.rank)
    ranking, missed, fresh = _on_further_seeds(ranking, unseen, goal, within(progress, 2, 4))
    best, others, steady, missed = _compared(ranking, goal, fresh, missed)
    part = within(progress, 3, 4)
    schedules, scheduled, missed = with_schedules(best, goal, timezone, fresh, missed, part)
    if scheduled is not None:
        others = [best.candidate("without schedules", best.score.point), *others]
        best = scheduled
    others.sort(key=lambda candidate: candidate.rank)
    last = Unseen.from_traffic(missed, [best.search.judge.traffic[seed] for seed in fresh])
    proposal = best.candidate("proposal", best.score.point)
    first = setting.outcome(proposal.endpoint, traffic[0])  # with what happened when
    proposal = replace(proposal, outcomes=(first, *proposal.outcomes[1:]))
    return Choice(possible, proposal, tuple(others), schedules, last, steady)


@dataclass(frozen=True)
class Ranked:
    """What a search has found. `constant`: the smallest fleet of constant size that holds. `roughly`: by its starts
    alone."""

    space: Space
    search: Search
    score: Score
    constant: Point
    roughly: bool = False

    def descended(self, goal: Goal) -> Ranked:
        """What a descent gets to from here."""
        return replace(self, score=self.search.descend(self.score, goal), roughly=False)

    def candidate(self, role: str, point: Point) -> Candidate:
        """A point with its trials on all seeds."""
        trials = self.search.trials(point, sorted(self.search.seeds))
        outcomes = tuple(trial.outcome for trial in trials if trial.outcome)
        missed = max(misses(self.search.judge.shape, outcome) for outcome in outcomes)
        return Candidate(self.space.proposal(point), self.space.endpoint(point), outcomes, missed, role)


def searched(space: Space, search: Search, goal: Goal) -> Ranked:
    """The best of a space, and the smallest fleet of constant size that holds, or else the largest."""
    return started(space, search, goal).descended(goal)


def started(space: Space, search: Search, goal: Goal) -> Ranked:
    """As `searched`, but the best of the points to start from."""
    # Raises what the module says of the instance types.
    search.judge.setting.check_created(space.endpoint(space.usual))
    sizes = [space.constant(int(size)) for size in space.values["max"]]
    constant = _first(search, sizes, goal).point
    start = _start(space, search, constant, goal)
    return Ranked(space, search, start, constant, roughly=True)


def _may_win(ranked: Ranked, ranking: Sequence[Ranked]) -> bool:
    """Whether an order of types may be the best of its kind, by the starts of all."""
    same = [other.score for other in ranking if other.space.kind is ranked.space.kind]
    best = min(same, key=lambda score: score.rank)
    return bool(best.distance or ranked.score.distance) or ranked.score.price <= NEAR * best.price


def _first(search: Search, points: Sequence[Point], goal: Goal) -> Score:
    """The first of some points that meets a goal, else the last. After one that does, all do."""
    low, high = 0, len(points) - 1
    while low < high:
        middle = (low + high) // 2
        (score,) = search.scores([points[middle]], goal)
        low, high = (middle + 1, high) if score.distance else (low, middle)
    (score,) = search.scores([points[low]], goal)
    return score


def _on_further_seeds(
    ranking: list[Ranked], unseen: Iterable[TrafficSpec], goal: Goal, progress: Progress | None
) -> tuple[list[Ranked], int, Sequence[int]]:
    """The same after the seeds on which the best misses what was asked were chosen on as well; on how many of
    the last seeds the best misses, and which these are. Nothing is tried that misses anyway."""
    upcoming, missed, seeds = iter(unseen), [], range(0)
    for number in range(ROUNDS):
        best = ranking[0]
        fresh = list(islice(upcoming, UNSEEN))
        if best.score.distance or not fresh:
            return ranking, 0, range(0)
        within(progress, number, ROUNDS)
        known = len(best.search.judge.traffic)
        seeds = range(known, known + len(fresh))
        for ranked in ranking:
            judge = ranked.search.judge
            ranked.search.judge = replace(judge, traffic=(*judge.traffic, *fresh))
        trials = best.search.trials(best.score.point, seeds)
        distances = {seed: trial.distance(goal) for seed, trial in zip(seeds, trials, strict=True)}
        missed = sorted(filter(distances.get, distances), key=lambda seed: -distances[seed])
        if not missed or number == ROUNDS - 1:
            break
        again: list[Ranked] = []
        for ranked in ranking:
            # More seeds make nothing cheaper.
            if not again or ranked.score.rank < min(other.score.rank for other in again):
                again.append(_on_hard_seeds(ranked, missed[:HARDEST], goal))
        ranking = sorted(again, key=lambda ranked: ranked.score.rank) + ranking[len(again) :]
    return ranking, len(missed), seeds


def _on_hard_seeds(ranked: Ranked, missed: Sequence[int], goal: Goal) -> Ranked:
    """The best of a space on the seeds on which the best so far misses, and on those before."""
    space, search, low = ranked.space, ranked.search, int(ranked.constant["max"])
    held = [score.point for score in search.known(goal)[:NEAREST]]
    search.seeds = [*missed, *search.seeds]
    for fleet in (space.constant(int(size)) for size in space.values["max"] if size >= low):
        (least,) = search.scores([fleet], goal)
        if not least.distance:
            break
    constant = least.point
    # A larger maximum may be all that they want.
    roomy = [{**point, "max": max(point["max"], constant["max"])} for point in held]
    score = search.among(least, roomy, goal, AT_ONCE)
    if score is least:
        score = _start(space, search, constant, goal)
    return replace(ranked, score=search.descend(score, goal), constant=constant, roughly=False)


def _start(space: Space, search: Search, constant: Point, goal: Goal) -> Score:
    """The best of the points that span a space. `constant`: the smallest fleet of constant size that holds."""
    size, high = int(constant["max"]), int(space.values["max"][-1])
    start = search.start(space.starts(size), goal)
    if start.point == constant:  # what starts with few instances may need more of them than what always runs
        start = search.among(start, space.starts(min(2 * size, high))[2:], goal)
    return start


def with_schedules(
    best: Ranked,
    goal: Goal,
    timezone: str,
    unseen: Sequence[int],
    missed: int,
    progress: Progress | None = None,
) -> tuple[Schedules, Ranked | None, int]:
    """Whether schedules pay beside the best settings without; the best with them if they do, and on how many
    of the seeds that were not seen (`missed` without) it misses what was asked.

    They are made from the first days, and searched on the last ones, like all other settings.
    """

    def refused(why: str, schedules: Schedules) -> tuple[Schedules, None, int]:
        return replace(schedules, sentence=f"No schedules: {why}"), None, missed

    schedules = Schedules(pay=False, sentence="", timezone=timezone)
    judge, seeds = best.search.judge, best.search.seeds
    start, behaviour = judge.setting.began(judge.traffic[seeds[0]]), judge.setting.model.behaviour
    if best.space.kind is Kind.ASYNC:
        return refused("an asynchronous endpoint has a queue, which bridges the start-up.", schedules)
    try:
        days = split(judge.traffic[seeds[0]], start, timezone)
        week = Week.from_traffic([judge.traffic[seed] for seed in seeds], start, days)
    except TooLittleTrafficError as error:
        return refused(str(error), schedules)
    ahead = math.ceil(AHEAD * (behaviour.provisioning.median + behaviour.start_up.median) / 60)
    first, end = days.span
    part, tasks, plain = judge.part(first, end), best.search.tasks, best.space
    search = Search(part, plain.values, plain.endpoint, seeds, tasks)
    without = search.best([best.score.point], goal)
    space = plain.scheduled(week, ahead, first)
    search = Search(part, space.values, space.endpoint, seeds, tasks)
    target = max(without.point["target"], UTILIZATION)
    low = {**without.point, "min": space.values["min"][0], "target": target}
    starts = [low | {"fill": fill} for fill in FILLS] + [{**without.point, "fill": FILLS[-1]}]
    schedules = Schedules(False, "", timezone, len(days.fitted), len(days.judged), without.price)
    possible = [score.point for score in search.scores(starts, goal)]
    if not possible:
        return refused("the same minimum suits all hours of the week.", schedules)
    judged = search.best(possible, goal, progress)
    how = f"made from {count(len(days.fitted), 'day')} and judged on the {len(days.judged)} after them"
    words = more(without.price, judged.price, priced=bool(judge.setting.price))
    schedules = replace(schedules, scheduled=judged.price)
    if judged.distance > without.distance:
        return refused(f"{how}, they would miss what was asked.", schedules)
    if judged.distance == without.distance and judged.price > SAVES * without.price:
        return refused(f"{how}, they do not pay ({words}).", schedules)
    space = best.space.scheduled(week, ahead, start.timestamp())
    search = Search(judge, space.values, space.endpoint, seeds, best.search.tasks)
    (score,) = search.scores([judged.point], goal)
    if score.distance > best.score.distance:
        return refused(f"{how}, they pay ({words}), but on all days they would miss what was asked.", schedules)
    times = _times_missed(search, judged.point, unseen, goal)
    if times > missed:
        others = f"they would miss what was asked on {times} of {count(len(unseen), 'other seed')}."
        return refused(f"{how}, they pay ({words}), but {others}", schedules)
    ranked = Ranked(space, search, score, best.constant)
    return replace(schedules, pay=True, sentence=f"Schedules, {how}: {words}."), ranked, times


def _times_missed(search: Search, point: Point, seeds: Sequence[int], goal: Goal) -> int:
    """On how many seeds a point misses a goal."""
    return sum(trial.distance(goal) > 0 for trial in search.trials(point, seeds))


def _compared(
    ranking: Sequence[Ranked], goal: Goal, fresh: Sequence[int], missed: int
) -> tuple[Ranked, list[Candidate], Candidate | None, int]:
    """The best, what it is compared with, the best without flapping if it flaps, and on how many of the `fresh` seeds
    it misses. What is searched for comparison may turn out to be better, and is the best then."""
    best, others, steady = ranking[0], list(_others(ranking, goal)), _steady(ranking[0], goal)
    search = best.search
    held = [score.point for score in search.known(goal)[:NEAREST]]
    score = search.descend(search.among(best.score, held, goal, AT_ONCE), goal)
    if steady and steady.rank < score.rank:
        score = steady
    if score is not best.score and (times := _times_missed(search, score.point, fresh, goal)) <= missed:
        return _compared([replace(best, score=score), *ranking[1:]], goal, fresh, times)
    return best, others, best.candidate("without flapping", steady.point) if steady else None, missed


def _others(ranking: Sequence[Ranked], goal: Goal) -> Iterator[Candidate]:
    """What the proposal is compared with, each once: usual settings, a constant fleet, other first types,
    fewer and more requests cut off."""
    best = ranking[0]
    seen = [_acting(best.score.point)]

    def unless_seen(role: str, point: Point) -> Iterator[Candidate]:
        if _acting(point) not in seen:
            seen.append(_acting(point))
            yield best.candidate(role, point)

    yield from unless_seen("module's defaults", best.space.usual)
    for ranked in ranking[1:]:
        role = f"{ranked.space.pools[0][0]} first{', roughly' if ranked.roughly else ''}"
        kinds = {other.space.kind for other in ranking}
        yield ranked.candidate(role if len(kinds) == 1 else f"{ranked.space.kind.value}, {role}", ranked.score.point)
    search, cut = best.search, max(trial.cut for trial in best.search.trials(best.score.point, best.search.seeds))
    limits = [("more cut off", MORE, "target")]
    if cut:
        limits.insert(0, ("fewer cut off", FEWER, "min"))
    for role, share, name in limits if not best.score.distance else ():
        limited = replace(goal, limit=replace(goal.limit, most=share * goal.limit.most))
        other = _limited(best, limited, name)
        (same,) = search.scores([other.point], goal)
        if not other.distance and (name == "min" or same.distance):
            yield from unless_seen(role, other.point)
    yield from unless_seen("constant fleet", best.constant)


def _steady(best: Ranked, goal: Goal) -> Score | None:
    """About the best of those that do not flap, if the best does."""
    search = best.search
    if not any(trial.flaps for trial in search.trials(best.score.point, search.seeds)):
        return None
    steady = replace(goal, flaps=False)
    (other,) = search.scores([best.constant], steady)
    cooldowns = search.values["scale_in_cooldown"]
    longer = [{**best.score.point, "scale_in_cooldown": value} for value in cooldowns]
    longer = [point for point in longer if point["scale_in_cooldown"] > best.score.point["scale_in_cooldown"]]
    held = [score.point for score in search.known(steady)[:NEAREST]]
    other = search.among(other, [*longer, *held], steady, AT_ONCE)
    return search.descend(other, steady)


def _acting(point: Point) -> Point:
    """What of a point does anything: of a fleet of constant size its size."""
    constant = point["min"] == point["max"] and "fill" not in point
    return {"min": point["min"], "max": point["max"]} if constant else point


def _limited(best: Ranked, goal: Goal, name: str) -> Score:
    """About the best with another goal: with another value of one input and then of the cooldown of scale-in; or a
    fleet of constant size. It is looked for on the two hardest seeds."""
    search, seeds = best.search, best.search.seeds
    search.seeds, point = seeds[:2], best.score.point
    values = sorted(search.values[name], reverse=name == "target")
    tighter = [{**point, name: value} for value in values if name != "min" or value <= point["max"]]
    score = search.moved(_first(search, tighter, goal), [("scale_in_cooldown", 1)], goal)
    search.seeds = seeds
    return min(search.scores([score.point, best.constant], goal), key=lambda score: score.rank)


def orders(pools: Sequence[tuple[str, float]], priced: bool) -> Iterator[tuple[tuple[str, float], ...]]:
    """The pools as given and, with prices, with each other pool first."""
    yield tuple(pools)
    if priced:
        for index in range(1, len(pools)):
            yield (pools[index], *pools[:index], *pools[index + 1 :])
