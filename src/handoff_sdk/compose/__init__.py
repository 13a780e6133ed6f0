"""The composition root: settings become a store, a desk and an application. The only room that names a database.

Source: sdk.md, The engine in your own process; api.md, Who calls (keys of a new folder).
"""

from __future__ import annotations

from handoff_sdk.store.inspection import Inspection, Lingering, Size
from handoff_sdk.store.sqlite import checkpoint_risk

from .building import build_desk
from .in_process import OpenDesk, open_desk
from .keys import ROLES, new_key
from .process import serve
from .stores import copy_desk, inspected, on_postgresql, path_of, schema_of, store_of

__all__ = [
    "ROLES",
    "Inspection",
    "Lingering",
    "OpenDesk",
    "Size",
    "build_desk",
    "checkpoint_risk",
    "copy_desk",
    "inspected",
    "new_key",
    "on_postgresql",
    "open_desk",
    "path_of",
    "schema_of",
    "serve",
    "store_of",
]
