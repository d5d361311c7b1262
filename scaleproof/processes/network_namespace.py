"""Takes the network away from a process and all that it starts, where the system allows that.

In a network namespace of its own nothing can be reached, not even the loopback. Unix sockets that have a path
stay. On Linux root may make one, and other users where user namespaces are allowed.
"""

import ctypes
import os
from pathlib import Path

NO_NETWORK = "--no-network"
"""The first argument of a program that leaves the network, see `begin`."""
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # linux/sched.h


def begin(arguments: list[str]) -> list[str]:
    """The arguments of a program without NO_NETWORK. Leaves the network if that is the first."""
    if arguments[:1] != [NO_NETWORK]:
        return arguments
    leave_network()
    return arguments[1:]


def leave_network() -> bool:
    """Moves this process, which must have one thread, into such a namespace; says whether it could.

    A system may refuse half of it (AppArmor on Ubuntu 24.04), so a child process tries first.
    """
    child = os.fork()
    if child == 0:
        try:
            _unshare()
        except BaseException:
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        return False
    _unshare()
    return True


def _unshare() -> None:
    # os.unshare came with Python 3.12.
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(_NEW_NETWORK) == 0:
        return
    user, group = os.geteuid(), os.getegid()
    if library.unshare(_NEW_USER | _NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    # The user stays who they are, so files get the right owner.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
