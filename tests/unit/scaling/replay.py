"""One scalable target with its alarms and instances, run in virtual time as the captures of AWS ran."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scaleproof.scaling.alarms import NEW, Alarm, AlarmStatus, Signal, arrives
from scaleproof.scaling.autoscaling import Activity, Autoscaler, Capacity, Decision, Status
from scaleproof.scaling.metrics import MetricStat, Window

Step = tuple[float, Callable[["Replay"], None]]


@dataclass
class Replay:
    """`phases`: when in its interval each alarm is evaluated. `points`: the one metric, by period, each with
    when it can be read. `seen`: what happened, as (time, what, in words)."""

    autoscaler: Autoscaler
    desired: int
    phases: Mapping[str, float]
    points: Mapping[int, tuple[float, float]]
    now: float
    seen: list[tuple[float, str, str]] = field(default_factory=list)
    running: int = 0
    statuses: dict[str, AlarmStatus] = field(default_factory=dict)
    watched: dict[str, Alarm] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)
    _signals: list[tuple[float, str, Signal]] = field(default_factory=list)
    _open: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.running = self.desired

    @property
    def capacity(self) -> Capacity:
        return Capacity(self.desired, self.running)

    def watch(self) -> None:
        """The alarms are created now."""
        for name, settings in self.autoscaler.alarms.items():
            alarm = Alarm(settings, self.phases[name])
            self.watched[name], self.statuses[name] = alarm, NEW
            self._due[name] = alarm.next_evaluation(self.now)

    def run(self, until: float, script: list[Step]) -> None:
        """Everything that happens until then, in the order of time; `script` is what comes from outside."""
        waiting = sorted(script, key=lambda step: step[0])
        while True:
            times = [time for time, _ in waiting[:1]] + [time for time, _, _ in self._signals]
            times += self._due.values()
            event = self.autoscaler.next_event()
            time = min([*times, *([event] if event is not None else [])], default=until + 1)
            if time > until:
                self.now = until
                return
            self.now = time
            if waiting and waiting[0][0] == time:
                waiting.pop(0)[1](self)
            for decision in self.autoscaler.due(time, self.capacity) if event == time else ():
                self._take(decision)
            for name in [name for name, due in self._due.items() if due == time]:
                self._evaluate(name)
            for entry in [entry for entry in self._signals if entry[0] == time]:
                self._signals.remove(entry)
                self._take(self.autoscaler.signalled(entry[1], entry[2], time, self.capacity))

    def complete(self) -> None:
        """All instances are in service."""
        self.running = self.desired
        for number in self._open:
            ended = self.autoscaler.ended(number, self.now, Status.SUCCESSFUL)
            assert ended is not None
            self.seen.append((self.now, "activity_end", str(ended.status)))
        self._open.clear()

    def _read(self, _metric: MetricStat, window: Window) -> dict[int, float]:
        known = {time: value for time, (value, readable) in self.points.items() if readable <= self.now}
        return {time: known[time] for time in window.times if time in known}

    def _evaluate(self, name: str) -> None:
        alarm, before = self.watched[name], self.statuses[name]
        self._due[name] = alarm.next_evaluation(self.now)
        result = alarm.evaluate(before, self.now, alarm.points(alarm.window(self.now), self._read))
        self.statuses[name] = result.status
        if result.changed:
            self.autoscaler.changed(name, result.status.state)
            self.seen.append((self.now, name, f"{before.state} to {result.status.state}"))
        if result.signal:
            self._signals.append((arrives(result.signal), name, result.signal))

    def _take(self, decision: Decision) -> None:
        if decision.activity:
            self.seen.append((self.now, *told(decision.activity)))
        if decision.desired is not None:
            assert decision.activity
            self.desired = decision.desired
            self._open.append(decision.activity.id)


def told(activity: Activity) -> tuple[str, str]:
    """An activity as the timelines have it."""
    if activity.not_scaled:
        ((code, high, low, current),) = activity.not_scaled
        bound = {"MaxCapacity": high, "MinCapacity": low, "CurrentCapacity": current}
        return "not_scaled", ", ".join([code, *(f"{k} {v}" for k, v in bound.items() if v is not None)])
    if activity.desired is None:
        low, high = (int(word) for word in activity.description.split() if word.isdecimal())
        return "bounds", f"min {low}, max {high}"
    reason = f", cause: {activity.cause}" if activity.alarm is None else ""
    return "activity_start", f"desired {activity.before} to {activity.desired}{reason}"
