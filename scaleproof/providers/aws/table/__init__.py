"""The resource types that the stand-in applies, one entry each."""

from __future__ import annotations

from scaleproof.providers.aws.entry import Entry
from scaleproof.providers.aws.table import monitoring, scaling, storage

RESOURCES: dict[str, Entry] = {
    f"aws_{name.lower()}": entry
    for module in (monitoring, scaling, storage)
    for name, entry in vars(module).items()
    if isinstance(entry, Entry)
}
