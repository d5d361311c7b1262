"""The directories in which programs are searched."""

import os


def directories() -> list[str]:
    """The absolute directories of PATH, in their order.

    A relative or empty one would be the working directory, which may be a repository of somebody else.
    """
    return list(dict.fromkeys(filter(os.path.isabs, os.environ.get("PATH", os.defpath).split(os.pathsep))))
