"""Functions that tests let companions serve with."""

import ctypes
import os
import time

from taskforge.core.failures import InvalidInput

served = []


def count(request, say):
    """How many requests this process has served, and its id."""
    served.append(request)
    return {"count": len(served), "pid": os.getpid(), "request": request}


def recite(request, say):
    """Say numbers until there are enough, or nobody listens."""
    for number in range(request):
        if say(number):
            return "halted"
    return "done"


def last_until_halted(request, say):
    while not say({"pid": os.getpid()}):
        time.sleep(0.01)
    served.append("halted")
    return "halted"


def stick(request, say):
    # Holds the interpreter for minutes: it hears nothing meanwhile.
    say({"pid": os.getpid()})
    return pow(7, 1 << 40) % 10


def refuse(request, say):
    raise InvalidInput(f"not {request}")


def crash(request, say):
    ctypes.string_at(0)


def hoard(request, say):
    return len(bytearray(request << 20))


def look(request, say):
    return {
        "env": sorted(os.environ),
        "cwd": os.getcwd(),
        "session": os.getsid(0),
        "pid": os.getpid(),
        "stdin": os.read(0, 1).decode(),
    }


def return_nonsense(request, say):
    return object()


def mix(request, say):
    """One function for conversations of several kinds."""
    return globals()[request["do"]](request.get("with"), say)
