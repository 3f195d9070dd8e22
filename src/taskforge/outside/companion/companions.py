"""Companions: child processes that outlive a job, because what they hold is dear to load.

A companion is confined like the child of one attempt (R-D12): a session, a temporary folder, limits
and an environment without secrets. It serves one request after another. Who leaves before the
answer halts the request, and a companion that does not obey is killed; the next request starts a
new one. It ends when nobody has asked for a while, and with its worker.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from taskforge.core.companion import CompanionLimits
from taskforge.core.failures import JobTimeout, SandboxDied
from taskforge.core.sandbox import SandboxLimits
from taskforge.outside.child.frames import Done, Failed, framed
from taskforge.outside.child.run import MEMORY_ERROR, death, own_end, rebuilt, reference_to
from taskforge.outside.companion.frames import Ask
from taskforge.outside.companion.process import CompanionProcess, Hear, begin

MAX_COMPANIONS = 8
"""Idle ones are ended before there are more."""
NO_END = 10**9
"""Seconds: a companion's processor time is bounded by its requests' wall time."""

AnyT = TypeVar("AnyT")


class Companions:
    """The companions of one process; belongs to the loop that uses it."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _Companion] = {}

    async def ask(
        self,
        function: Callable[..., Any] | str,
        request: Any,
        *,
        key: str,
        on_part: Hear | None = None,
        limits: CompanionLimits | None = None,
    ) -> Any:
        """Let a companion answer; see `handlers.context.Context.companion`."""
        limits = limits or CompanionLimits()
        reference = reference_to(function)
        order = Ask(request=request, seconds=limits.seconds)
        try:
            frame = framed(order)
        except (TypeError, RecursionError) as error:
            raise ValueError(f"{reference}: the request must be JSON: {error}") from error
        companion = self._known.get((reference, key)) or self._add(reference, key, limits)
        hear = _ignore if on_part is None else on_part
        answer = await companion.turn(frame, hear, limits)
        if isinstance(answer, Done):
            return answer.value
        raise rebuilt(answer, companion.confines)

    def pids(self) -> list[int]:
        """The processes that live now."""
        return [companion.pid for companion in self._known.values() if companion.pid]

    def _add(self, reference: str, key: str, limits: CompanionLimits) -> "_Companion":
        if len(self._known) >= MAX_COMPANIONS:
            for name in [name for name, known in self._known.items() if known.idle]:
                self._known.pop(name).retire()
        return self._known.setdefault((reference, key), _Companion(reference, limits))

    async def aclose(self) -> None:
        """End them all, and whatever they are doing."""
        await asyncio.gather(*(companion.close() for companion in self._known.values()))


def _ignore(_part: Any) -> None:
    return None


class _Companion:
    """One child process at most, and the queue of those who want to ask it."""

    def __init__(self, reference: str, limits: CompanionLimits) -> None:
        self._reference = reference
        self._idle_seconds = limits.idle_seconds
        self.confines = SandboxLimits(
            memory_mb=limits.memory_mb, file_mb=limits.file_mb, seconds=NO_END, cpu_seconds=NO_END
        )
        self._birth: asyncio.Future[CompanionProcess] | None = None
        """The process, as soon as it has started."""
        self._first_come = asyncio.Lock()
        self._tasks: set[asyncio.Future[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether nobody asks or waits."""
        return not self._tasks

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._child.process.pid if self._child else None

    @property
    def _child(self) -> CompanionProcess | None:
        born = self._birth and self._birth.done() and not self._birth.exception()
        return self._birth.result() if self._birth and born else None

    async def turn(self, frame: bytes, on_part: Hear, limits: CompanionLimits) -> Done | Failed:
        """Wait in line, ask, and pass parts on; whoever is cancelled leaves at once."""
        turn = self._keep(asyncio.ensure_future(self._turn(frame, on_part, limits)))
        try:
            return await asyncio.shield(turn)
        except asyncio.CancelledError:
            turn.cancel()  # it halts the request to the end, though nobody waits for it
            raise

    async def close(self) -> None:
        """End the process; those who wait are cancelled."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        if child := self._child:
            child.kill()  # no halt takes long now
        await asyncio.gather(*tasks, return_exceptions=True)
        self._disarm()
        await _end(self._lose())

    def retire(self) -> None:
        """End the process in the background, if nobody asks or waits."""
        if self.idle:
            self._keep(asyncio.ensure_future(_end(self._lose())))

    async def _turn(self, frame: bytes, on_part: Hear, limits: CompanionLimits) -> Done | Failed:
        async with self._first_come:
            self._disarm()
            clock = asyncio.timeout(limits.seconds)
            try:
                async with clock:
                    return await self._answer(frame, on_part)
            except BaseException as error:
                await self._halt(limits.stop_seconds)
                if isinstance(error, TimeoutError) and clock.expired():
                    late = f"The time limit of {limits.seconds:g} s is up."
                    raise JobTimeout(late) from error
                raise
            finally:
                self._timer = asyncio.get_running_loop().call_later(self._idle_seconds, self.retire)

    async def _answer(self, frame: bytes, on_part: Hear) -> Done | Failed:
        veteran = self._birth is not None
        child = await self._living()
        reply = await child.ask(frame, on_part)
        if reply is None and veteran and not child.spoke:  # it died after its last answer
            await _end(self._lose())
            child = await self._living()
            reply = await child.ask(frame, on_part)
        if reply is None:
            code = await own_end(child.process)
            died = death(code, self.confines, child.last_words())
            await _end(self._lose())
            raise died
        if isinstance(reply, Failed) and reply.lineage[0] == MEMORY_ERROR:
            await _end(self._lose())
        return reply

    async def _living(self) -> CompanionProcess:
        if self._birth is None:
            self._birth = asyncio.ensure_future(begin(self._reference, self.confines))
        try:
            # Shielded: a start that is cancelled half-way would leave a process nobody knows.
            return await asyncio.shield(self._birth)
        except OSError:
            self._birth = None
            raise

    async def _halt(self, seconds: float) -> None:
        """Bring the request under way to its end, so that the process can serve the next."""
        child = self._child
        if child is None or not child.busy:
            return
        try:
            async with asyncio.timeout(seconds):
                if await child.halt():
                    return
        except (TimeoutError, SandboxDied):
            pass
        await _end(self._lose())

    def _lose(self) -> asyncio.Future[CompanionProcess] | None:
        birth, self._birth = self._birth, None
        return birth

    def _disarm(self) -> None:
        if self._timer:
            self._timer.cancel()

    def _keep(self, task: "asyncio.Future[AnyT]") -> "asyncio.Future[AnyT]":
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: "asyncio.Future[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # seen: whoever asked may have left


async def _end(birth: asyncio.Future[CompanionProcess] | None) -> None:
    if birth:
        with suppress(OSError):  # it was never born
            await (await birth).end()
