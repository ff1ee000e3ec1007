"""Libraries that are installed and not wanted."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

__all__ = ["without_rich"]


@contextmanager
def without_rich() -> Generator[None]:
    """The SDK's server loads rich for its logging wherever it can be imported: a tenth of the cold start, and for
    nothing, as our own logging is set up before."""
    modules = cast(dict[str, Any], sys.modules)
    hidden = {name: modules.get(name) for name in ("rich.console", "rich.logging")}
    modules |= dict.fromkeys(hidden)
    try:
        yield
    finally:
        for name, module in hidden.items():
            if module is None:
                del modules[name]
            else:
                modules[name] = module
