"""Mail from templates: minijinja with a bounded number of steps, and styles moved into the tags."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from css_inline import CSSInliner, InlineError
from minijinja import Environment, TemplateError

from taskforge.core.failures import InvalidInput
from taskforge.handlers.mail.catalogue import CATALOGUE, FOLDER, OWN, PROVIDED
from taskforge.handlers.mail.plain import html_to_text

FUEL = 500_000
"""Steps of one rendering, some milliseconds; a loop that runs away ends there."""
MAX_TEMPLATE = 262_144
MAX_RENDERED = 1_048_576
FORMS = ("html", "txt")

_SOURCES = {path.name: path.read_text() for path in FOLDER.iterdir()}
_INLINER = CSSInliner(load_remote_stylesheets=False)


class Bodies(NamedTuple):
    """The two forms of a message."""

    text: str
    html: str | None
    """None: text alone."""


class Templates:
    """The templates that a job can use.

    Args:
        folder: of the installation's own; None when it has none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._read: dict[str, str | None] = {}
        self._environment = Environment(
            loader=self._source,
            fuel=FUEL,
            undefined_behavior="strict",
            debug=False,
            auto_escape_callback=lambda name: name.endswith(".html"),
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def forms(self, name: str) -> list[str]:
        """Which of `html` and `txt` a template has.

        Raises:
            InvalidInput: neither.
        """
        found = [form for form in FORMS if self._source(f"{name}.{form}") is not None]
        if not found:
            where = (
                "MAIL_TEMPLATES_DIR is not set"
                if self._folder is None
                else "no file of it can be read"
            )
            raise InvalidInput(f"There is no mail template {name!r}: {where}.")
        return found

    def asked_for(self, name: str) -> set[str]:
        """Every variable that a template names, those with a condition included.

        Raises:
            InvalidInput: it cannot be read.
        """
        names: set[str] = set()
        for form in self.forms(name):
            try:
                names |= self._environment.undeclared_variables_in_template(f"{name}.{form}")
            except TemplateError as error:
                raise _failed(name, error, set()) from error
        return names

    def try_out(self, name: str, values: Mapping[str, Any]) -> None:
        """See whether a template can be rendered with these values.

        Raises:
            InvalidInput: a value is missing, or the template cannot be rendered.
        """
        for form in self.forms(name):
            self._render(name, form, values)

    def render(self, name: str, values: Mapping[str, Any]) -> Bodies:
        """The message that a template makes of these values.

        Raises:
            InvalidInput: a value is missing, or the template cannot be rendered.
        """
        made = {form: self._render(name, form, values) for form in self.forms(name)}
        html = made.get("html")
        if html is not None:
            try:
                html = _INLINER.inline(html)
            except InlineError as error:
                raise InvalidInput(f"The styles of mail template {name!r}: {error}") from error
        text = made["txt"] if "txt" in made else html_to_text(html or "")
        return Bodies(text, html)

    def _render(self, name: str, form: str, values: Mapping[str, Any]) -> str:
        try:
            made = self._environment.render_template(f"{name}.{form}", **values)
        except TemplateError as error:
            raise _failed(name, error, self.asked_for(name) - set(values)) from error
        if len(made) > MAX_RENDERED:
            raise InvalidInput(f"Mail template {name!r} made more than 1 MiB of {form}.")
        return made

    def _source(self, file: str) -> str | None:
        """The text of a template, the same throughout an attempt; None if there is none."""
        if not file.startswith(OWN):
            return _SOURCES.get(file)
        if file not in self._read:
            self._read[file] = self._file(file.removeprefix(OWN))
        return self._read[file]

    def _file(self, name: str) -> str | None:
        # One folder and nothing else: a template may include another, and names it as it likes.
        if self._folder is None or "/" in name or "\\" in name or name.startswith("."):
            return None
        path = self._folder / name
        try:
            if not path.is_file() or path.stat().st_size > MAX_TEMPLATE:
                return None
            return path.read_text(encoding="utf-8")
        except (OSError, ValueError):  # not to be read, not UTF-8, or no file name at all
            return None


def unused(names: set[str], asked_for: set[str], template: str) -> list[str]:
    """Given variables that nothing uses, most likely misspelt."""
    known = CATALOGUE.get(template)
    used = asked_for | PROVIDED | (known.required if known else frozenset[str]())
    return sorted(names - used)


def _failed(name: str, error: TemplateError, missing: set[str]) -> InvalidInput:
    hint = f"; not given: {', '.join(sorted(missing))}" if missing else ""
    return InvalidInput(f"Mail template {name!r} cannot be rendered: {error}{hint}.")
