"""Prints what a module `opendht` offers, as JSON: class → member → names of its arguments, None where it does not say."""

import inspect
import json

import opendht


def main():
    told = {"classes": {}, "functions": {}, "others": [], "aio": None, "aio_names": []}
    for name in (name for name in dir(opendht) if not name.startswith("__")):
        thing = getattr(opendht, name)
        if inspect.isclass(thing):
            told["classes"][name] = members(thing)
        elif callable(thing):
            told["functions"][name] = arguments(thing)
        told["others"].append(name)
    told["others"] += [name for name in ("__version__",) if hasattr(opendht, name)]
    told["core"] = sorted(name for name in dir(getattr(opendht, "_core", None)) if not name.startswith("_"))
    names = {}
    exec("from opendht import *", names)
    told["star"] = sorted(name for name in names if not name.startswith("_"))
    try:
        import opendht.aio as aio
        told["aio"], told["aio_names"] = members(aio.DhtRunner), dir(aio)
    except ImportError:
        pass
    print(json.dumps(told))


def members(kind):
    names = set(dir(kind)) - set(dir(object)) | {"__init__"}
    return {name: arguments(getattr(kind, name)) for name in names if not name.startswith("_") or name in SPECIAL}


SPECIAL = {"__init__", "__iter__", "__next__", "__bool__", "__bytes__", "__aenter__", "__aexit__", "__getattr__"}


def arguments(function):
    if not callable(function):
        return None
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return None  # an extension module need not say
    return [name for name in names if name not in ("self", "args", "kwargs")]


main()
