"""An event loop whose clock jumps to what is due next: nobody waits, and a busy machine changes nothing."""

import asyncio
import selectors
import time
from unittest.mock import patch


class _Selector(selectors.DefaultSelector):
    passed = 0.0

    def select(self, timeout=None):
        events = super().select(0)
        if not events:
            assert timeout is not None, "everything waits, and nothing is due"
            self.passed += timeout
        return events


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.selector = _Selector()
        super().__init__(self.selector)

    def time(self):
        return self.selector.passed

    def run_in_executor(self, executor, func, *arguments):
        """At once: time would pass while a thread works."""
        made = self.create_future()
        try:
            made.set_result(func(*arguments))
        except BaseException as error:
            made.set_exception(error)
        return made


def run(coroutine):
    """Runs it as `asyncio.run` does; what `time` has follows the loop's clock, which begins at 0."""
    loop = _Loop()
    began = time.time()

    def sleep(seconds):
        loop.selector.passed += seconds

    with (
        asyncio.Runner(loop_factory=lambda: loop) as runner,
        patch.multiple(time, monotonic=loop.time, time=lambda: began + loop.time(), sleep=sleep),
    ):
        return runner.run(coroutine)
