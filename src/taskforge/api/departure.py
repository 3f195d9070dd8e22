"""Taking no more connections without breaking one that is being made (R-91).

A listener that closes resets what stands in its queue: clients that are connected, may have sent a
request, and will never know whether anybody read it. So first the kernel is told to overlook who
comes now, then the server takes in the queue, and then it may close. Who was overlooked knocks
again after a second, is refused, and goes to another process: nothing of it has been sent.

Linux can do this; elsewhere the queue is reset as before.
"""

import asyncio
import ctypes
import socket
import struct
import sys

READ_SECONDS = 0.1
"""How long it may take to read the request of a connection that it has just accepted."""
TICK_SECONDS = 0.01
QUEUE_TICKS = 100
"""How many of them the server may take to empty its queue."""

_SO_ATTACH_FILTER = 26  # asm-generic/socket.h
_SYN, _FLAGS_AT = 0x02, 13  # of a TCP header
_OVERLOOK = (  # code, where to jump if true and if not, operand: classic BPF (linux/filter.h)
    (0x30, 0, 0, _FLAGS_AT),  # load the byte with the flags
    (0x45, 0, 1, _SYN),  # is it the first packet of a connection?
    (0x06, 0, 0, 0),  # yes: take none of it
    (0x06, 0, 0, 0xFFFF_FFFF),  # no: take all of it
)
_UNACKED_AT, _INFO_BYTES = 24, 28  # tcpi_unacked: of a listener, the length of its queue


async def turn_away(listener: socket.socket) -> None:
    """Let nobody else in, and return when the server has taken in who stands in the queue.

    Args:
        listener: a listening TCP socket, or a duplicate of one that the server accepts from.
    """
    if not sys.platform.startswith("linux"):
        return
    program = b"".join(struct.pack("HBBI", *step) for step in _OVERLOOK)
    held = ctypes.create_string_buffer(program)
    given = struct.pack("HP", len(_OVERLOOK), ctypes.addressof(held))
    try:
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, given)
    except OSError:  # not in this kernel, or not in this sandbox
        return
    for _ in range(QUEUE_TICKS):
        if not _queued(listener):
            break
        await asyncio.sleep(TICK_SECONDS)
    await asyncio.sleep(READ_SECONDS)


def _queued(listener: socket.socket) -> int:
    info = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
    return struct.unpack_from("I", info, _UNACKED_AT)[0]
