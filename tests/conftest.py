"""Short names for what the pytest plugin of scaleproof gives, and plans of the project's own modules."""

import gc
import hashlib
import os
import signal
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.localstack import control, environment
from scaleproof.pytest_plugin import current_run
from scaleproof.terraform import parts
from tests.contract.judging import check
from tests.plan.plan_cache import PlanCache, cached, kept_root
from tests.plan.planner import Planner

HERE = Path(__file__).parent
FIRST = [f"{HERE / tier}{os.sep}" for tier in ("static", "plan", "contract", "behaviour")]
"""What takes long in one file, then what needs no LocalStack: its environment may have to be built first."""

CACHE = pytest.StashKey[PlanCache]()

gc.disable()  # until all tests are collected
if os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >= (os.cpu_count() or 1) * 3 * 2**30:
    # A sixth of a plan's time is Go's collector of garbage, which memory saves.
    os.environ.setdefault("GOGC", "off")
    os.environ.setdefault("GOMEMLIMIT", "600MiB")
# Terraform's working directory has a link for whatever is beside a root or above it: not for what other runs left.
_APART = Path(tempfile.gettempdir()) / f"sp-{os.getuid()}-{hashlib.sha256(bytes(HERE)).hexdigest()[:6]}"
if "PYTEST_DEBUG_TEMPROOT" not in os.environ:
    _APART.mkdir(mode=0o700, exist_ok=True)
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(_APART)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As a shell without job control starts what runs in its background, and all that it starts in turn.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One more worker than cores for `-n auto`: a test often waits for Terraform, LocalStack or a clock."""
    return (os.cpu_count() or 1) + 1


def pytest_sessionstart(session):
    """Keeps plans on disk, and builds LocalStack's environment beside the first tests of a whole run."""
    standins = parts.provider_kind() != "registry"
    disk = getattr(session.config, "cache", None) if standins else None  # None with `-p no:cacheprovider`
    cache = session.config.stash[CACHE] = PlanCache(disk.mkdir("plans") if disk else None)
    run = current_run(session.config)
    run.plan = cached(run, cache)

    def build():
        with suppress(ScaleproofError):  # the tests that need it say why
            environment.ensure()

    elsewhere = {"AWS_ENDPOINT_URL", "LOCALSTACK_HOST"} & os.environ.keys()
    if session.config.args == ["tests"] and not hasattr(session.config, "workerinput") and not elsewhere:
        threading.Thread(target=build, daemon=True).start()


def pytest_collection_modifyitems(items):
    """What is in FIRST comes first: at the end of a run the other workers would wait for a long file."""

    def place(test):
        path = str(test.path)
        places = (number for number, tier in enumerate(FIRST) if path.startswith(tier))
        return next(places, len(FIRST))

    items.sort(key=place)


def pytest_collection_finish():
    """What collecting tests has made stays: the garbage collector need not walk it again and again."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000)


@pytest.fixture(scope="session")
def cloud(scaleproof_cloud):
    """The LocalStack of this run."""
    return scaleproof_cloud


@pytest.fixture(scope="session")
def new_account(scaleproof_new_account):
    """Gives an account that nothing has been put into, at each call."""
    return scaleproof_new_account


@pytest.fixture
def account(scaleproof_new_account):
    """An account of its own for the test: nothing of another test is in it."""
    return scaleproof_new_account()


@pytest.fixture
def connection(cloud, account):
    """The test's own account in the LocalStack of this run."""
    made = cloud.connection(account)
    yield made
    with suppress(ScaleproofError):  # a LocalStack of the user's without the emulator
        control.ask(made, "DELETE", "instances")


@pytest.fixture(scope="session")
def standins(scaleproof_standins):
    """The in-process providers, or None where SCALEPROOF_PROVIDERS asks for the registry's."""
    return scaleproof_standins


@pytest.fixture(scope="session")
def plan_cache(request):
    """What is kept of earlier runs of this state of the repository."""
    return request.config.stash[CACHE]


@pytest.fixture(scope="session")
def planner(request, tmp_path_factory, plan, standins, plan_cache):
    """Plans modules of the project; what breaks the contract with AWS fails the test."""
    directory = tmp_path_factory.mktemp("plans")
    planner = Planner(directory, plan, standins, cache=plan_cache, check=check)
    if standins is None:
        # The registry's providers ask the cloud even for a plan: here the same account as `plan` does.
        planner.connection = request.getfixturevalue("cloud").connection(planner.account)
    yield planner
    planner.close()


@pytest.fixture(scope="module")
def kept_plans(plan_cache):
    """What is proposed, and what a command plans, is planned once, in this run or an earlier one."""
    caching_root = kept_root(plan_cache)
    with pytest.MonkeyPatch.context() as patched:
        for room in ("studies.planned", "cli.sources"):
            patched.setattr(f"scaleproof.{room}.Root", caching_root)
        yield
