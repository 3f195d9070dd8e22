"""The process of `outside.companion`: one function, asked again and again, until nobody listens.

What the function keeps at the top of its module is still there at the next request; that is what
a companion is for.
"""

import importlib
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from taskforge.core.failures import JobError
from taskforge.outside.child.frames import HEADER_BYTES, Done, Failed, framed
from taskforge.outside.child.main import (
    GRACE_SECONDS,
    bound_memory,
    confine,
    die_with,
    failure,
)
from taskforge.outside.companion.frames import Ask, Begin, Halt, Order, Part, Reply, decode_order

Function = Callable[..., Any]


class Wire:
    """The way to the worker and back; what the function prints or reads cannot get into it."""

    def __init__(self) -> None:
        # Neither copy is inherited by processes that the function may start.
        self._from = os.dup(0)
        self._to = os.dup(1)
        self._lock = threading.Lock()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)

    def read(self) -> Order:
        """The next order; without one, because the worker has gone, this process ends."""
        size = int.from_bytes(self._exactly(HEADER_BYTES))
        return decode_order(self._exactly(size))

    def write(self, frame: Reply) -> None:
        """Send a frame.

        Raises:
            TypeError: it has parts that JSON cannot carry.
            ValueError: it is too large.
        """
        rest = memoryview(framed(frame))
        with self._lock:
            while rest:
                rest = rest[os.write(self._to, rest) :]

    def _exactly(self, size: int) -> bytes:
        held = bytearray()
        while len(held) < size:
            piece = os.read(self._from, size - len(held))
            if not piece:
                os._exit(0)
            held += piece
        return bytes(held)


class Desk:
    """Takes orders on a thread of its own, so that a halt is heard while the function works."""

    def __init__(self, wire: Wire) -> None:
        self.asks: queue.SimpleQueue[Ask] = queue.SimpleQueue()
        self.halted = threading.Event()
        self._wire = wire
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            match self._wire.read():
                case Ask() as ask:
                    self.halted.clear()  # a halt that came too late was meant for the one before
                    self.asks.put(ask)
                case Halt():
                    self.halted.set()
                case Begin():
                    os._exit(1)  # not twice


def main() -> None:
    """Serve until the worker has gone."""
    die_with(int(sys.argv[1]))
    wire = Wire()
    begin = wire.read()
    if not isinstance(begin, Begin):
        raise SystemExit("the first word must be `begin`")
    confine(begin.limits)
    signal.alarm(0)  # a request has a clock, the process has none
    desk = Desk(wire)
    function: Function | None = None
    while True:
        ask = desk.asks.get()
        signal.alarm(int(ask.seconds) + GRACE_SECONDS)
        try:
            function = function or _load(begin)
            answer: Done | Failed = Done(function(ask.request, _Say(wire, desk.halted)))
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker wants to know
            answer = failure(error)
        signal.alarm(0)
        _answer(wire, answer)


class _Say:
    """The `Say` that the function gets; may be called from any of its threads."""

    def __init__(self, wire: Wire, halted: threading.Event) -> None:
        self._wire = wire
        self._halted = halted

    def __call__(self, part: Any = None) -> bool:
        if part is not None and not self._halted.is_set():
            self._wire.write(Part(part))
        return self._halted.is_set()


def _load(begin: Begin) -> Function:
    module, name = begin.function.split(":")
    function: Function = getattr(importlib.import_module(module), name)
    bound_memory(begin.limits.memory_mb)
    return function


def _answer(wire: Wire, answer: Done | Failed) -> None:
    try:
        wire.write(answer)
    except (TypeError, ValueError, RecursionError) as error:
        wire.write(failure(JobError(f"the result cannot be handed over: {error}")))


if __name__ == "__main__":
    main()
