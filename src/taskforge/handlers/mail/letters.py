"""The messages of one job: who sends them, what they say, made one at a time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

from taskforge.core.failures import BlockedByPolicy, InvalidInput, NotConfigured
from taskforge.handlers.base import Context
from taskforge.handlers.mail.address import Mailbox, mailbox
from taskforge.handlers.mail.attachments import Encoded, read_attachments
from taskforge.handlers.mail.catalogue import REPORT, reported_job
from taskforge.handlers.mail.connection import Envelope
from taskforge.handlers.mail.message import Letter, compose
from taskforge.handlers.mail.payload import EmailJob, Recipient
from taskforge.handlers.mail.rendering import Bodies, Templates, unused
from taskforge.handlers.mail.report import report_of
from taskforge.handlers.mail.result import Preview
from taskforge.handlers.mail.words import fill

TEXT_OF = "taskforge.handlers.mail.plain:convert"


class Source(NamedTuple):
    """Where the bodies come from: one of the two."""

    literal: Bodies | None
    templates: Templates
    values: Mapping[str, Any]
    """What a template may name beside the variables."""


class Letters:
    """Makes the messages.

    Args:
        job_id: of the job.
        ask: its payload.
        sender: as in `From`.
        source: of the bodies.
        files: for every message.
    """

    def __init__(
        self, job_id: UUID, ask: EmailJob, sender: Mailbox, source: Source, files: Sequence[Encoded]
    ) -> None:
        self.sender = sender
        self.files = files
        self._job_id = job_id
        self._ask = ask
        self._source = source

    def bodies(self, recipient: Recipient) -> Bodies:
        """What the message says.

        Raises:
            InvalidInput: the template cannot be rendered for this recipient.
        """
        if self._source.literal:
            return self._source.literal
        return self._source.templates.render(self._ask.template_name, self._values(recipient))

    def try_out(self, recipient: Recipient) -> None:
        """See whether there will be a message for a recipient.

        Raises:
            InvalidInput: the template cannot be rendered for this recipient.
        """
        if not self._source.literal:
            self._source.templates.try_out(self._ask.template_name, self._values(recipient))

    def envelope(self, recipient: Recipient) -> Envelope:
        """The message as it is sent now."""
        ask = self._ask
        letter = Letter(
            job_id=self._job_id,
            sender=self.sender,
            to=recipient.mailbox,
            cc=tuple(mailbox(copy) for copy in recipient.cc),
            reply_to=mailbox(ask.reply_to) if isinstance(ask.reply_to, str) else None,
            subject=ask.subject_for(recipient),
            headers=ask.headers,
            priority=ask.priority,
            unsubscribe=self._unsubscribe(recipient),
        )
        source = compose(letter, self.bodies(recipient), self.files, datetime.now(UTC))
        copies = [mailbox(copy).email for copy in (*recipient.cc, *recipient.bcc)]
        return Envelope(self.sender.email, recipient.mailbox.email, copies, source)

    def preview(self, recipient: Recipient) -> Preview:
        """The message as people see it."""
        bodies = self.bodies(recipient)
        return Preview(
            sender=written(self.sender),
            to=written(recipient.mailbox),
            subject=self._ask.subject_for(recipient),
            text=bodies.text,
            html=bodies.html,
            attachments=tuple(file.name for file in self.files),
        )

    def unused_variables(self) -> list[str]:
        """Variables that are given and that nothing uses, most likely misspelt."""
        if self._source.literal:
            return []
        ask = self._ask
        given = {name for one in ask.everyone() for name in {**ask.variables, **one.variables}}
        texts = f"{ask.subject} {ask.list_unsubscribe}"
        asked_for = self._source.templates.asked_for(ask.template_name)
        named = {name for name in given if name in texts}
        return unused(given - named, asked_for, ask.template_name)

    def _values(self, recipient: Recipient) -> dict[str, Any]:
        ask = self._ask
        subject = {"subject": ask.subject_for(recipient)}
        return {**ask.values_for(recipient), **subject, **self._source.values}

    def _unsubscribe(self, recipient: Recipient) -> str | None:
        if not isinstance(self._ask.list_unsubscribe, str):
            return None
        values = self._ask.values_for(recipient)
        return fill(self._ask.list_unsubscribe, values, quote=lambda text: quote(text, safe=""))


async def prepare(ask: EmailJob, ctx: Context) -> Letters:
    """Gather what the messages are made of.

    Raises:
        NotConfigured: MAIL_FROM is no address.
        BlockedByPolicy: a sender, or HTML, that this installation does not allow.
        InvalidInput: a template, job or file that is not there.
        TargetError: the job to report on has not ended.
    """
    sender = sender_of(ask, ctx)
    folder = ctx.setting("MAIL_TEMPLATES_DIR")
    templates = Templates(Path(folder) if folder else None)
    values: dict[str, Any] = {}
    if not ask.is_literal and ask.template_name == REPORT:
        job_id = reported_job(ask.variables)
        values["report"] = report_of(job_id, await ctx.result_of(job_id))
    literal = await _literal(ask, ctx) if ask.is_literal else None
    files = await read_attachments(ctx, ask.attachments)
    return Letters(ctx.job_id, ask, sender, Source(literal, templates, values), files)


def sender_of(ask: EmailJob, ctx: Context) -> Mailbox:
    """Who the messages are from.

    Raises:
        NotConfigured: MAIL_FROM is no address.
        BlockedByPolicy: the job names a sender that is not among those allowed.
    """
    try:
        usual = mailbox(ctx.setting("MAIL_FROM"))
    except ValueError as error:
        raise NotConfigured(f"MAIL_FROM is no address: {error}.") from error
    if not isinstance(ask.from_, str):
        return usual
    wanted = mailbox(ask.from_)
    if wanted.key == usual.key:
        return Mailbox(usual.email, wanted.name or usual.name)
    allowed = {one.strip().lower() for one in ctx.setting("MAIL_SENDERS").split(",")}
    if not allowed & {wanted.key, f"@{wanted.key.rpartition('@')[2]}"}:
        raise BlockedByPolicy(
            f"{wanted.email} is not a sender that jobs may use; MAIL_SENDERS lists those."
        )
    return wanted


def written(one: Mailbox) -> str:
    """An address as people write it."""
    return f"{one.name} <{one.email}>" if one.name else one.email


async def _literal(ask: EmailJob, ctx: Context) -> Bodies:
    html = ask.html if isinstance(ask.html, str) else None
    if html is not None and ctx.setting("MAIL_HTML").lower() != "true":
        # Nothing that is installed can clean HTML of what it may do to a reader (S-36).
        raise BlockedByPolicy(
            "HTML in a job is not sent here; use a template or `text`, or let the operator set"
            " MAIL_HTML=true."
        )
    if isinstance(ask.text, str):
        return Bodies(ask.text, html)
    if html is None:
        raise InvalidInput("There is neither a text nor a template to send.")
    return Bodies(await ctx.sandbox(TEXT_OF, html), html)
