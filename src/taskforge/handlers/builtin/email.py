"""Send mail from templates to many recipients, each outcome kept, nothing sent twice."""

from typing import Any

from taskforge.core.job import Estimate
from taskforge.handlers.base import Context, job_type
from taskforge.handlers.mail.payload import EmailJob
from taskforge.handlers.mail.result import Result
from taskforge.handlers.mail.work import Mailing

EXAMPLES: list[dict[str, Any]] = [
    {
        "to": "ann@demo.taskforge.test",
        "subject": "Nightly import finished",
        "template": "notification",
        "variables": {
            "message": "All files of tonight are in.",
            "details": {"Files": 12, "Rows": 48210},
        },
    },
    {
        "subject": "Welcome to {{ product }}, {{ name }}",
        "template": "welcome",
        "variables": {"product": "TaskForge"},
        "recipients": [
            {"email": "ben@demo.taskforge.test", "name": "Ben"},
            {"email": "cleo@demo.taskforge.test", "name": "Cleo"},
            {"email": "reject@demo.taskforge.test", "name": "Nobody"},
        ],
    },
    {
        "to": ["ops@demo.taskforge.test", "lead@demo.taskforge.test"],
        "subject": "[{{ severity }}] Disk almost full",
        "template": "alert",
        "variables": {
            "severity": "high",
            "message": "The disk of db-1 is 91 % full.",
            "details": {"Host": "db-1", "Free": "41 GB"},
        },
        "priority": "high",
    },
]


def summarise(ask: EmailJob) -> str:
    """One line, such as `Welcome → ben@example.com and 2 others`."""
    everyone = ask.everyone()
    first = everyone[0].email if len(everyone[0].email) <= 45 else f"{everyone[0].email[:44]}…"
    others = len(everyone) - 1
    whom = f"{first} and {others} other{'s' * (others > 1)}" if others else first
    subject = ask.subject if len(ask.subject) <= 50 else f"{ask.subject[:49]}…"
    return f"{subject} → {whom}"


def estimate(ask: EmailJob) -> Estimate:
    """A server near by takes some 150 messages a second, or as many as the pace allows."""
    messages = len(ask.everyone())
    pace = min(150.0, ask.per_minute / 60) if isinstance(ask.per_minute, int) else 150.0
    return Estimate(
        seconds=round(0.5 + messages / pace, 1),
        note="1 message" if messages == 1 else f"{messages:,} messages",
    )


@job_type(
    "email",
    EmailJob,
    title="E-mail",
    examples=EXAMPLES,
    viewer="mail",
    icon="mail",
    result=Result,
    timeout_seconds=3_600,
    max_retries=5,
    summarise=summarise,
    estimate=estimate,
)
async def email(ask: EmailJob, ctx: Context) -> Any:
    """Send a message of its own to each recipient, over SMTP.

    Messages come from a template with variables, or are given as text. Without a mail server
    (SMTP_URL) they go over real SMTP to the worker's sink, and can be read in the mailbox: nothing
    leaves the machine. There, `reject@`, `defer@` and `slow@demo.taskforge.test` show what mail
    servers do on bad days.

    Each recipient's outcome is stored before the next message is sent, so that a retry sends only
    what was not accepted. A 4xx answer is deferred: the job is retried for those recipients. A 5xx
    answer is final. The job succeeds when every recipient has an outcome and one of them at least
    accepted; it fails when none did. A crash between an answer and its record is the one case in
    which a message is sent twice, with the same Message-ID. To send later, give the job a
    `scheduled_at`.
    """
    return await Mailing(ask, ctx).run()
