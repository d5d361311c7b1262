import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

WriteModule = Callable[..., Path]


@pytest.fixture
def write_module(tmp_path):
    """Write `name=text` as files of one module directory; `main_tf` becomes main.tf."""

    def write(**files):
        for name, text in files.items():
            stem, _, suffix = name.rpartition("_")
            (tmp_path / f"{stem}.{suffix}").write_text(textwrap.dedent(text), encoding="utf-8")
        return tmp_path

    return write
