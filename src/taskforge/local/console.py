"""The output of many programs on one terminal, and in one file for each."""

import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

FILE_BYTES = 5_000_000
"""Of each log file; one older one is kept."""
_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
_WIDTH = 10


class Console:
    """Prefixes each line with the name of the program that said it.

    Args:
        stream: usually stdout; coloured when it is a terminal and NO_COLOR is unset.
        folder: takes `<name>.log`.
    """

    def __init__(self, stream: TextIO, folder: Path) -> None:
        self._stream = stream
        self._folder = folder
        self._coloured = stream.isatty() and not os.environ.get("NO_COLOR")
        self._files: dict[str, RotatingFileHandler] = {}
        self._prefixes: dict[str, str] = {}
        self._open = True

    def say(self, name: str, line: str) -> None:
        """Print a line, and write it to the program's file."""
        self._file(name).emit(logging.makeLogRecord({"msg": line}))
        self.show(f"{self._prefix(name)}{line}")

    def show(self, text: str) -> None:
        """Print text as it is; a reader that has gone away is no reason to stop."""
        if not self._open:
            return
        try:
            self._stream.write(f"{text}\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._open = False

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def _file(self, name: str) -> RotatingFileHandler:
        if name not in self._files:
            path = self._folder / f"{name}.log"
            self._files[name] = RotatingFileHandler(
                path, maxBytes=FILE_BYTES, backupCount=1, encoding="utf-8", errors="replace"
            )
        return self._files[name]

    def _prefix(self, name: str) -> str:
        if name not in self._prefixes:
            plain = f"{name:<{_WIDTH}} │ "
            colour = _COLOURS[len(self._prefixes) % len(_COLOURS)]
            self._prefixes[name] = f"\x1b[{colour}m{plain}\x1b[0m" if self._coloured else plain
        return self._prefixes[name]
