"""Data sources that a plan without a cloud cannot read.

Terraform reads a data source at plan unless its arguments are unknown, and takes no unknown values from a
provider. So the root's working directory overrides one argument by `uuid()`, which is unknown until the
apply: the data source, and all that follows from it, is "known after apply", as it is where it waits for a
resource. Child modules have no file that could override theirs: the stand-in refuses to read those.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from scaleproof.errors import ScaleproofError
from scaleproof.hcl import read_file, read_json


def overrides(root: Path, unread: Mapping[str, str]) -> dict[str, dict[str, dict[str, str]]]:
    """The `data` of an override file for `root`, in JSON syntax; empty where there is nothing to override.

    `unread`: an argument to leave unknown, by type of data source. A file that cannot be read has nothing:
    Terraform says what is wrong with it.
    """
    found: dict[str, dict[str, dict[str, str]]] = {}
    worth_parsing = re.compile(rf'\bdata\b[\s":{{]+(?:{"|".join(unread)})\b')
    for file in sorted(root.iterdir()) if unread else ():
        if not file.name.endswith((".tf", ".tf.json")):
            continue
        try:
            if not worth_parsing.search(file.read_text(encoding="utf-8")):
                continue
            blocks = read_json(file) if file.suffix == ".json" else read_file(file)
        except (OSError, ValueError, ScaleproofError):
            continue
        for block in blocks:
            if block.type == "data" and len(block.labels) == 2 and block.labels[0] in unread:
                kind, name = block.labels
                found.setdefault(kind, {})[name] = {unread[kind]: "${uuid()}"}
    return found
