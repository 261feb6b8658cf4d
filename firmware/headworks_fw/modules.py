"""Modules that are needed now and then: dropped again, so that their memory serves the loop."""

import gc
import sys

_PACKAGE = __name__.rsplit(".", 1)[0]


def load(name):
    """The module of this package. ImportError where there is none."""
    if _PACKAGE + "." + name not in sys.modules:
        gc.collect()  # what stays of it should not lie between garbage
        __import__(_PACKAGE + "." + name)
    return sys.modules[_PACKAGE + "." + name]


def drop(name):
    """Forgets a module; what nobody else holds of it is garbage."""
    if sys.modules.pop(_PACKAGE + "." + name, None) is not None:
        delattr(sys.modules[_PACKAGE], name)
