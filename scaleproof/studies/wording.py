"""Writes numbers as text for people: durations, shares, counts and money."""

from __future__ import annotations

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0


def duration(seconds: float) -> str:
    """Two units at most: 0.4 s, 35 s, 4 min 10 s, 3 h 20 min, 2 d 4 h."""
    if seconds < 10:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    if round(seconds) < HOUR:
        return _two_units(round(seconds), 60, "min", "s")
    if round(seconds / MINUTE) < DAY / MINUTE:
        return _two_units(round(seconds / MINUTE), 60, "h", "min")
    return _two_units(round(seconds / HOUR), 24, "d", "h")


def _two_units(number: int, size: int, large_name: str, small_name: str) -> str:
    large, small = divmod(number, size)
    return " ".join(f"{value} {name}" for value, name in ((large, large_name), (small, small_name)) if value)


def share(value: float) -> str:
    """A share in percent. Only exact values read 100 % or 0 %."""
    percent = value * 100
    if percent in (0.0, 100.0):
        return f"{percent:.0f} %"
    if percent < 0.001:
        return "< 0.001 %"
    if percent > 99.999:
        return "> 99.999 %"
    if percent > 99:
        return f"{percent:.3f}".rstrip("0").rstrip(".") + " %"
    return f"{percent:.1f} %" if percent >= 10 else f"{percent:.2g} %"


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 request, 1,204 requests."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def little(requests: int, seconds: float) -> str:
    """What traffic is too little to choose settings on, as in "8 requests in 10 min"; else nothing."""
    enough = requests >= ENOUGH_REQUESTS and seconds >= DAY
    return "" if enough else f"{count(requests, 'request')} in {duration(seconds)}"


ENOUGH_REQUESTS = 1_000
"""Below, one request in a thousand that is lost cannot be told from none."""


def per_day(number: float) -> str:
    """A number that need not be whole, such as one of things a day: 0.4, 7, 1,204."""
    return f"{number:.2g}" if 0 < number < 10 else f"{number:,.0f}"


def hours(number: float) -> str:
    """Hours: 0.4, 12.5, 1,240."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}"


def money(usd: float) -> str:
    """US dollars: $0.42, $12.50, $1,240."""
    return f"${usd:,.0f}" if usd >= 1000 else f"${usd:.2f}"


def more(before: float, after: float, *, priced: bool) -> str:
    """What a change costs, in USD if `priced`, else in instance-hours: 12.0 instance-hours more, +8.0 %."""
    difference = after - before
    if abs(difference) < 0.0005 * before or difference == 0:
        return "at the same cost" if priced else "as many instance-hours"
    size = money(abs(difference)) if priced else f"{hours(abs(difference))} instance-hours"
    text = f"{size} {'more' if difference > 0 else 'less'}"
    digits = 0 if abs(difference) > 0.1 * before else 1
    return f"{text}, {100 * difference / before:+.{digits}f} %" if before else text
