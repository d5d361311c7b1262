"""A process without a network, started by a user or by root."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from scaleproof.processes import parent_watch

LEAVE = """
import os, socket, sys
exec(sys.stdin.read(), names := {"__name__": "parent_watch"})
print(names["leave_network"]())
open(sys.argv[1], "w").close()
print(os.getuid(), os.getgid())
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[2])), 5)
except OSError as error:
    print(type(error).__name__)
"""


@pytest.fixture
def listening():
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


# Not 65534, which is who a user is whom a namespace does not know.
NOBODY = ["setpriv", "--reuid=65533", "--regid=65533", "--clear-groups"]


@pytest.mark.parametrize("become", [[], NOBODY], ids=["this user", "a user without rights"])
def test_it_reaches_nothing_and_its_files_have_the_same_owner(listening, become):
    if become and subprocess.run([*become, sys.executable, "-c", ""], capture_output=True).returncode:
        pytest.skip("this user cannot start Python as another user")
    with TemporaryDirectory(dir="/tmp") as directory:
        Path(directory).chmod(0o777 if become else 0o755)
        if not become and subprocess.run(["sh", "-c", "unshare --net true"], capture_output=True).returncode == 0:
            os.chown(directory, 65533, 65533)  # root writes there still, but not in a namespace of users
        file = Path(directory) / "made"
        command = [*become, sys.executable, "-I", "-c", LEAVE, str(file), str(listening)]
        source = Path(parent_watch.__file__).read_text()  # which may be in a directory of another user
        ran = subprocess.run(command, input=source, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        left, owner, *reached = ran.stdout.splitlines()
        by_hand = [*become, "sh", "-c", "unshare --net true || unshare --map-current-user --net true"]
        assert left == str(subprocess.run(by_hand, capture_output=True).returncode == 0)
        if left == "False":
            pytest.skip("this system allows no network namespaces")
        assert reached == ["OSError"]
        assert owner == f"{file.stat().st_uid} {file.stat().st_gid}"
        assert file.stat().st_uid == (65533 if become else os.getuid())


def test_where_there_is_none_the_process_goes_on(monkeypatch):
    def refused():
        raise OSError

    monkeypatch.setattr(parent_watch, "_unshare", refused)
    assert not parent_watch.leave_network()
