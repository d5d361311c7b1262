"""Local times of a time zone as moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scaleproof.scaling.schedules.errors import ScheduleError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def zone(name: str) -> ZoneInfo:
    """The time zone with an IANA name. Raises ScheduleError if there is none."""
    try:
        return ZoneInfo(name)
    # What else is raised for names that are directories or no file names differs between versions of Python.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ScheduleError(
            f"There is no time zone {name!r}.",
            advice="It is a name of the IANA database such as Europe/Berlin. Where the system has no such "
            "database, the Python package tzdata brings it.",
        ) from None


def local(time: float, where: ZoneInfo) -> datetime:
    """A moment (epoch seconds) in a time zone."""
    return (EPOCH + timedelta(seconds=time)).astimezone(where)


def moment(naive: datetime, where: ZoneInfo) -> float:
    """A local time in epoch seconds.

    Of a time that comes twice, where clocks go back, the first; one that clocks jump over is taken with the
    offset from before, i.e. as much later as they jump.
    """
    return (naive.replace(tzinfo=where, fold=0) - EPOCH).total_seconds()


def jumped_over(naive: datetime, where: ZoneInfo) -> bool:
    """Whether a local time does not exist, since clocks go forward over it."""
    return local(moment(naive, where), where).replace(tzinfo=None) != naive
