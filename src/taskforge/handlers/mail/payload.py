"""What an `email` job asks for, checked as far as it can be without the installation's settings."""

import re
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from taskforge.core.files import ArtifactName
from taskforge.handlers.base import Payload
from taskforge.handlers.mail.address import Mailbox, mailbox, one_line
from taskforge.handlers.mail.catalogue import DEFAULT_TEMPLATE, OWN, REPORT, check_choice
from taskforge.handlers.mail.words import fill, names_in

MAX_TO = 50
MAX_RECIPIENTS = 500
MAX_COPIES = 10
MAX_BODY = 262_144
MAX_VARIABLES = 65_536
"""Bytes of JSON."""
SUBJECT_LIMIT = 200

_HEADER = re.compile(r"X-[A-Za-z0-9][A-Za-z0-9-]{0,60}")
OURS = "x-taskforge-"
"""Headers that are ours to set."""

AddressText = Annotated[
    str, Meta(min_length=3, max_length=400, description="`ann@example.com` or `Ann <ann@…>`.")
]
Copies = Annotated[tuple[AddressText, ...], Meta(max_length=MAX_COPIES)]
TemplateName = Annotated[
    str,
    Meta(
        pattern=r"^(own/)?[a-z0-9][a-z0-9_-]{0,63}$(?!\n)",
        description="plain, notification, welcome, report, alert, or `own/<name>` for a file of"
        " MAIL_TEMPLATES_DIR. `notification` when left out.",
    ),
]
Variables = Annotated[dict[Annotated[str, Meta(max_length=64)], Any], Meta(max_length=200)]


class Recipient(Payload, frozen=True):
    """Who gets a message of their own."""

    email: AddressText
    name: Annotated[str, Meta(max_length=100)] = ""
    variables: Variables = msgspec.field(default_factory=dict[str, Any])
    """Beside, or in place of, the job's."""
    cc: Copies = ()
    bcc: Copies = ()

    def __post_init__(self) -> None:
        for address in (*self.cc, *self.bcc):
            mailbox(address)
        mailbox(self.email, self.name)

    @property
    def mailbox(self) -> Mailbox:
        """The address with the name."""
        return mailbox(self.email, self.name)


class Attachment(Payload, frozen=True):
    """A file to attach: an artifact of a job, or an upload."""

    job_id: UUID | UnsetType = UNSET
    artifact: ArtifactName | UnsetType = UNSET
    upload: Annotated[UUID, Meta(extra_json_schema={"x-upload": "{id}"})] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if (self.job_id is UNSET) != (self.artifact is UNSET):
            raise ValueError("`job_id` and `artifact` go together")
        if (self.upload is UNSET) == (self.job_id is UNSET):
            raise ValueError("Give either `upload`, or `job_id` and `artifact`")


class EmailJob(Payload, frozen=True):
    """A message for each recipient, from a template or with a text of its own."""

    subject: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=SUBJECT_LIMIT,
            description="One line; `{{ name }}` stands for a variable.",
        ),
    ]
    to: AddressText | Annotated[tuple[AddressText, ...], Meta(max_length=MAX_TO)] = ()
    recipients: Annotated[
        tuple[AddressText | Recipient, ...],
        Meta(max_length=MAX_RECIPIENTS, description="Further ones; duplicates get one message."),
    ] = ()
    template: TemplateName | UnsetType = UNSET
    variables: Variables = msgspec.field(default_factory=dict[str, Any])
    text: Annotated[str, Meta(min_length=1, max_length=MAX_BODY)] | UnsetType = UNSET
    """In place of a template; sent as it is."""
    html: Annotated[str, Meta(min_length=1, max_length=MAX_BODY)] | UnsetType = UNSET
    """In place of a template; sent as it is, where the setting MAIL_HTML is `true`."""
    from_: Annotated[
        AddressText | UnsetType, Meta(description="MAIL_FROM, unless MAIL_SENDERS allows another.")
    ] = msgspec.field(name="from", default=UNSET)
    reply_to: AddressText | UnsetType = UNSET
    attachments: Annotated[tuple[Attachment, ...], Meta(max_length=5)] = ()
    list_unsubscribe: (
        Annotated[
            str,
            Meta(
                pattern=r"^https://[!-~ ]+$(?!\n)",
                max_length=800,
                description="For one click (RFC 8058); `{{ email }}` stands for the recipient.",
            ),
        ]
        | UnsetType
    ) = UNSET
    headers: Annotated[dict[str, str], Meta(max_length=20)] = msgspec.field(
        default_factory=dict[str, str]
    )
    """Names that begin with `X-`; values of one line."""
    priority: Literal["low", "normal", "high"] = "normal"
    per_minute: Annotated[int, Meta(ge=1, le=10_000)] | UnsetType = UNSET
    """Most messages a minute; as fast as the server takes them when left out."""
    ignore_suppressed: bool = False
    """Whether to write to addresses that bounced in the last 30 days too."""

    def __post_init__(self) -> None:
        for address in (self.from_, self.reply_to, *self._to):
            if isinstance(address, str):
                mailbox(address)
        check_headers(self.headers)
        if len(msgspec.json.encode(self.variables)) > MAX_VARIABLES:
            raise ValueError(f"`variables` have more than {MAX_VARIABLES:,} bytes of JSON")
        if self.is_literal and self.template is not UNSET:
            raise ValueError("Give either `template`, or `text` and `html`")
        everyone = self.everyone()
        check_number(everyone)
        for recipient in everyone:
            self._check_for(recipient)

    @property
    def is_literal(self) -> bool:
        """Whether the bodies come with the job, and no template is used."""
        return self.text is not UNSET or self.html is not UNSET

    @property
    def template_name(self) -> str:
        """The template that is used."""
        return self.template if isinstance(self.template, str) else DEFAULT_TEMPLATE

    def everyone(self) -> list[Recipient]:
        """All recipients, each address once; the first mention counts."""
        listed = [Recipient(email=address) for address in self._to]
        listed += [Recipient(email=one) if isinstance(one, str) else one for one in self.recipients]
        unique: dict[str, Recipient] = {}
        for recipient in listed:
            unique.setdefault(recipient.mailbox.key, recipient)
        return list(unique.values())

    @property
    def mentioned(self) -> int:
        """How many recipients are named, duplicates included."""
        return len(self._to) + len(self.recipients)

    def values_for(self, recipient: Recipient) -> dict[str, Any]:
        """What templates, the subject and links may name."""
        mine = recipient.mailbox
        return {"name": mine.name, **self.variables, **recipient.variables, "email": mine.email}

    def subject_for(self, recipient: Recipient) -> str:
        """The subject with its names replaced, at most 400 characters.

        Raises:
            ValueError: a name without a value, or a value that a subject cannot hold.
        """
        subject = one_line(fill(self.subject, self.values_for(recipient)), "`subject`")
        if len(subject) > 2 * SUBJECT_LIMIT:
            raise ValueError(f"`subject` has more than {2 * SUBJECT_LIMIT} characters when filled")
        return subject

    @property
    def _to(self) -> tuple[str, ...]:
        return (self.to,) if isinstance(self.to, str) else self.to

    def _check_for(self, recipient: Recipient) -> None:
        values = self.values_for(recipient)
        one_line(self.subject, "`subject`")
        names_in(self.subject)
        self.subject_for(recipient)
        if isinstance(self.list_unsubscribe, str):
            names_in(self.list_unsubscribe)
            fill(self.list_unsubscribe, values)
        if self.is_literal or self.template_name.startswith(OWN):
            return
        check_choice(self.template_name, values, recipient.email)
        if self.template_name == REPORT and "job_id" in recipient.variables:
            raise ValueError("A report is about one job: give `job_id` in the job's `variables`")


def check_number(everyone: list[Recipient]) -> None:
    """Refuse too many.

    Raises:
        ValueError: nobody, or more than 500 addresses with all copies.
    """
    if not everyone:
        raise ValueError("Give at least one recipient, in `to` or `recipients`")
    addresses = sum(1 + len(one.cc) + len(one.bcc) for one in everyone)
    if addresses > MAX_RECIPIENTS:
        raise ValueError(
            f"One job writes to at most {MAX_RECIPIENTS} addresses, copies included; these are"
            f" {addresses}"
        )


def check_headers(headers: dict[str, str]) -> None:
    """Refuse headers that are not for users to set.

    Raises:
        ValueError: a name without `X-`, one of ours, or a value that is too long or no line.
    """
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or name.lower().startswith(OURS):
            raise ValueError(
                f"Header {name[:80]!r}: names begin with `X-`, and not with `X-TaskForge-`"
            )
        if len(one_line(value, f"Header {name!r}")) > 500:
            raise ValueError(f"Header {name!r} has more than 500 characters")
