"""`taskforge top`: the installation on one screen, as it changes."""

import os
import select
import sys
import termios
import time
import tty
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.live import Live

from taskforge.cli.client import Api, open_api
from taskforge.cli.output import Json, data, show
from taskforge.cli.top_feed import Feed, look
from taskforge.cli.top_pictures import Frame, picture
from taskforge.cli.top_view import Rates, View

app = typer.Typer(add_completion=False)

TURN_SECONDS = 0.25
"""Between two looks at the keyboard."""
AGE_SECONDS = 1.0
"""After so long it is drawn again although nothing is new: ages grow, terminals change."""


@app.command()
def top(
    once: Annotated[bool, typer.Option("--once", help="Print it once, and end.")] = False,
    as_json: Json = False,
) -> None:
    """Watch queues, workers, running jobs, rates and failures; q ends it, p holds it still.

    Prints it once where stdout is no terminal.
    """
    api = open_api()
    view, answers = look(api)
    if as_json:
        show({"at": datetime.now(UTC), **answers}, as_json=True, picture=str)
    elif once or not data.is_terminal or data.is_dumb_terminal:
        rows = data.height if data.is_terminal else 1_000
        frame = Frame(api.http.url, rows, time.monotonic(), keys=False)
        data.print(picture(view, Rates(), frame))
    else:
        _watch(api, view)


def _watch(api: Api, view: View) -> None:
    """Draw until somebody has had enough.

    Raises:
        TaskForgeError: the API knows us no more.
    """
    feed, rates, shown = Feed(api, view), Rates(), view
    paused = False
    drawn: tuple[object, ...] = ()
    feed.start()
    with _keys() as key, Live(console=data, screen=True, auto_refresh=False) as live:
        while feed.broken is None:
            now = time.monotonic()
            if feed.view is not shown or not drawn:
                rates.note(now, feed.view.figures.ended)
            if not paused:
                shown = feed.view
            state = (shown, paused, data.size, paused or now // AGE_SECONDS)
            if state != drawn:  # what is drawn again and again flickers
                frame = Frame(api.http.url, data.height, now, paused=paused)
                live.update(picture(shown, rates, frame), refresh=True)
                drawn = state
            match key():
                case "q" | "Q":
                    break
                case "p" | "P" | " ":
                    paused = not paused
                case _:
                    pass
    feed.stop()
    if feed.broken is not None:
        raise feed.broken


class _Keyboard:
    """Waits a moment for a key."""

    def __init__(self, source: int | None) -> None:
        self._source = source

    def __call__(self) -> str:
        """The key, or nothing."""
        if self._source is None:
            time.sleep(TURN_SECONDS)
            return ""
        ready, _, _ = select.select([self._source], [], [], TURN_SECONDS)
        if not ready:
            return ""
        pressed = os.read(self._source, 1).decode(errors="replace")
        if not pressed:  # the terminal is gone, and we with it
            return "q"
        return pressed


@contextmanager
def _keys() -> Generator[_Keyboard]:
    """The keyboard, key by key and unechoed; it is as it was afterwards."""
    if not sys.stdin.isatty():
        yield _Keyboard(None)
        return
    source = sys.stdin.fileno()
    before = termios.tcgetattr(source)
    try:
        tty.setcbreak(source)
        yield _Keyboard(source)
    finally:
        termios.tcsetattr(source, termios.TCSADRAIN, before)
