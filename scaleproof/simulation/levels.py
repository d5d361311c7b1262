"""How the demand of generated traffic changes: requests at a time, `time` seconds after a Monday's midnight.

Functions of a module and not closures, because traffic is sent to other processes.
"""

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0


def constant(level: float, _time: float) -> float:
    """Always `level`."""
    return level


def diurnal(low: float, peak: float, weekend: float, time: float) -> float:
    """`low` at night; up to `peak` by day, and to the share `weekend` of it on Saturday and Sunday."""
    share = weekend if int(time // DAY) % 7 >= 5 else 1.0
    return low + max(peak * share - low, 0.0) * _day(time % DAY / HOUR)


def ramp(base: float, top: float, after: float, hours: float, time: float) -> float:
    """`base`, and from `after` so many hours a rise to `top` within `hours`."""
    share = min(max((time / HOUR - after) / hours, 0.0), 1.0) if hours else float(time >= after * HOUR)
    return base + (top - base) * share


def step(base: float, top: float, after: float, time: float) -> float:
    """`base`, and `top` after so many hours."""
    return top if time >= after * HOUR else base


def spike(base: float, top: float, every: float, minutes: float, time: float) -> float:
    """`base`, and `top` for some minutes in the middle of `every` so many hours."""
    since = time % (every * HOUR) - every * HOUR / 2
    return top if 0 <= since < minutes * MINUTE else base


def _day(hour: float) -> float:
    """The share of the peak at an hour of a working day, with two humps as in call centres."""
    if not 7 <= hour < 21:
        return 0.0
    edge = min(1.0, (hour - 7) / 2, (21 - hour) / 3)
    return edge * (1.0 if hour < 12 else 0.8 if hour < 13 else 0.9 if hour < 17 else 0.7)
