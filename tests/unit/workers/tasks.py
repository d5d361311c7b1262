"""What workers do in the tests: functions of a module, because they are sent to other processes."""

import os
import signal
import threading
import time

from scaleproof.errors import FailedError


def process(_number):
    return os.getpid()


def process_after(seconds):
    time.sleep(seconds)
    return os.getpid()


def raised(base, number):
    return base**number


def refusing(number):
    if number == 4:
        raise FailedError("Four is too many.", advice="Take three.")
    return number


class TwoError(Exception):
    """An error whose constructor does not take what it keeps."""

    def __init__(self, first, other):
        super().__init__(f"{first} and {other}")


def failing(kind, _number):
    """Raises an error of one's own, or one with a member that no process can send to another."""
    if kind == "own":
        raise TwoError("one", "other")
    error = ValueError("It has a lock.")
    error.lock = threading.Lock()
    raise error


def killed_once(fatal, place, number):
    """Kills the process that is the first to work on the wanted number, and notes that in `place`."""
    if number == fatal and not place.exists():
        place.write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def killed(fatal, number):
    """Kills each process that works on the wanted number."""
    if number == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def waiting(place, number):
    """Says which process it is, and works without an end."""
    (place / str(number)).write_text(str(os.getpid()))
    while True:
        signal.pause()


def meeting(place, name, number, member):
    """Waits until so many are here: they have to run at the same time."""
    (place / name.format(member)).write_text(str(os.getpid()))
    deadline = time.monotonic() + 60
    while len(list(place.glob(name.format("*")))) < number:
        assert time.monotonic() < deadline, "nobody else came"
        time.sleep(0.01)
    return member


def slowly(place, number):
    """Notes that it has begun."""
    (place / str(number)).touch()
    time.sleep(0.2)
    return number
