"""Reading what the project says in words, to hold it against what is there."""

import re
import shlex
from itertools import pairwise

from taskforge.cli.lazy import open_command
from taskforge.cli.main import Commands
from taskforge.core.query import parse


def commands_in(text):
    """Each `taskforge …` of a page of Markdown, without its first word and remarks."""
    text = text.replace(r"\|", "|")  # as tables want it
    return sorted({it.strip() for it in re.findall(r"(?<![\w/])taskforge ([^`#\n]+)", text)})


def check_command(line):
    """Fail unless the command is there, with its options, and its queries are understood.

    `list|show` stands for both.
    """
    name, *words = shlex.split(line)
    commands = [open_command(Commands.entries[name].place)]
    while words and all(getattr(command, "commands", None) for command in commands):
        if words[0].startswith("-"):
            break  # the group's own options
        named = words.pop(0).split("|")
        commands = [command.commands[one] for command in commands for one in named]
    for command in commands:
        options = {name for option in command.params for name in option.opts}
        assert {word for word in words if word.startswith("-")} <= options
    for option, value in pairwise(words):
        if option == "--query":
            parse(value)
