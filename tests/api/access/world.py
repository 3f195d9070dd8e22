"""Everybody who may ask, and things that belong to them."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import httpx
from litestar import Litestar
from sqlalchemy import text

from support.make import draft
from support.people import open_session, sign_up
from taskforge.core.fleet import Wanted, WorkerFacts, WorkerStatus
from taskforge.core.history import ArtifactRecord
from taskforge.core.ids import new_id
from taskforge.core.mailbox import Caught
from taskforge.core.operation import OperationAction
from taskforge.core.people import Permission, Principal, Role
from taskforge.db import moves
from taskforge.db.birth import create
from taskforge.db.engine import transaction
from taskforge.db.mailbox import MailFilters, add_caught, list_mail
from taskforge.db.operations import NewOperation, add_operation
from taskforge.db.roster import Member, beat
from taskforge.db.uploads import NewUpload, add_upload
from taskforge.flows.deps import Deps
from tests.api.conftest import HASHED, http_client

ACCOUNTS = {
    "viewer": Role.VIEWER,
    "operator": Role.OPERATOR,
    "admin": Role.ADMIN,
    "robot": Role.OPERATOR,
    "leaver": Role.OPERATOR,
    "other": Role.OPERATOR,
}
"""`robot` has the keys, `leaver` is disabled, `other` owns what is foreign to everybody."""

SCOPES: dict[str, dict[str, Any] | None] = {
    "key": None,
    **{f"key of {it.value}": {"permissions": [it.value]} for it in Permission},
    "key of other type": {"types": ["email"]},
    "key of other queue": {"priorities": ["low"]},
}
ACTORS = (
    "anonymous", "viewer", "operator", "admin", "disabled", "expired key", "revoked key", *SCOPES,
)  # fmt: skip
KEYS = "/api/v1/auth/api-keys"
FAILURE = "9f2c41d0a7b35e68"


class Actor(NamedTuple):
    """Who asks: with which headers, and whose account it is."""

    headers: dict[str, str]
    account: Principal


class World:
    """One installation with everybody in it."""

    def __init__(self, app: Litestar) -> None:
        self.app = app
        self.deps: Deps = app.state["deps"]
        self.people: dict[str, Principal] = {}
        self.actors: dict[str, Actor] = {}

    async def people_it(self) -> None:
        """Make all accounts and credentials, then end those that are to be ended."""
        await self.people_with(*ACCOUNTS)
        await self._disable_leaver()
        robot = http_client(self.app, **await self.sign_in("robot"))
        for name, scope in SCOPES.items():
            self.actors[name] = await self._with_key(robot, name, scope)
        await self._end_keys(robot)

    async def people_with(self, *names: str) -> None:
        """Make some of the accounts, and sign those in that act."""
        for name in names:
            made = await sign_up(
                self.deps.db, self.deps.settings, name, ACCOUNTS[name], password_hash=HASHED
            )
            self.people[name] = Principal(made.id, name, ACCOUNTS[name])
            if name in ACTORS:
                self.actors[name] = Actor(made.headers, self.people[name])
        self.actors["anonymous"] = Actor({}, self.people[names[0]])

    async def sign_in(self, name: str) -> dict[str, str]:
        """Headers of a new session."""
        user_id = self.people[name].user_id
        token = await open_session(self.deps.db, self.deps.settings, user_id)
        return {"Authorization": f"Bearer {token}"}

    async def renew(self, name: str) -> None:
        """After it has signed out: an actor signs in again."""
        headers = await self.sign_in(name)
        self.actors[name] = self.actors[name]._replace(headers=headers)

    async def _disable_leaver(self) -> None:
        headers, leaver = await self.sign_in("leaver"), self.people["leaver"]
        self.actors["disabled"] = Actor(headers, leaver)
        admin = http_client(self.app, **self.actors["admin"].headers)
        done = await admin.patch(f"/api/v1/users/{leaver.user_id}", json={"active": False})
        assert done.status_code == 200, done.text

    async def _with_key(
        self, robot: httpx.AsyncClient, name: str, scope: dict[str, Any] | None
    ) -> Actor:
        made = (await robot.post(KEYS, json={"name": name, "scope": scope})).json()
        return Actor({"X-API-Key": made["key"]}, self.people["robot"])

    async def _end_keys(self, robot: httpx.AsyncClient) -> None:
        for name in ("expired key", "revoked key"):
            self.actors[name] = await self._with_key(robot, name, None)
        live = {key["name"]: key["id"] for key in (await robot.get(KEYS)).json()["items"]}
        await robot.delete(f"{KEYS}/{live['revoked key']}")
        await self.run("UPDATE api_keys SET expires_at = now() WHERE name = 'expired key'")

    async def run(self, statement: str, **values: Any) -> Any:
        """Run a statement; the first value of its first row, if it has any."""
        async with self.deps.db.connect() as connection:
            done = await connection.execute(text(statement), values)
            row = done.first() if done.returns_rows else None
            return row[0] if row else None

    async def job(
        self, owner: Principal, *, ended: bool = False, webhook: str | None = None
    ) -> UUID:
        """A job that waits for its time, or that was cancelled."""
        new = draft(
            type="data_processing",
            delay_seconds=3600.0,
            created_by=owner.user_id,
            webhook_url=webhook,
        )
        async with self.deps.db.connect() as connection:
            await create(connection, [new])
            if ended:
                await moves.cancel(connection, [new.id], owner)
        return new.id

    async def artifact(self, owner: Principal, name: str) -> UUID:
        """A job with a file of this name."""
        job_id = await self.job(owner, ended=True)
        record = ArtifactRecord(
            name=name, attempt=1, media_type="text/plain", size_bytes=2, sha256="0" * 64,
            created_at=datetime.now(UTC),
        )  # fmt: skip
        await self.run(
            "INSERT INTO job_artifacts (job_id, name, attempt, media_type, size_bytes, sha256)"
            " VALUES (:job_id, :name, 1, 'text/plain', 2, :sha256)",
            job_id=job_id, name=name, sha256=record.sha256,
        )  # fmt: skip
        place = self.deps.store.artifact(job_id, record)
        place.parent.mkdir(parents=True)
        place.write_bytes(b"ok")
        return job_id

    async def upload(self, owner: Principal) -> UUID:
        """A listed upload; no job reads it, so its bytes do not matter."""
        new = NewUpload(new_id(), owner.user_id, "a.csv", "csv", 2, "0" * 64)
        async with transaction(self.deps.db) as connection:
            await add_upload(connection, new)
        return new.id

    async def mail(self) -> UUID:
        """A message in the mailbox."""
        one = Caught(
            job_id=None, sender="a@example.com", recipient="b@example.com", subject="Hi",
            message_id="<1@example.com>",
            source=b"Subject: Hi\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>\r\n",
        )  # fmt: skip
        async with self.deps.db.connect() as connection:
            await add_caught(connection, [one])
            return (await list_mail(connection, MailFilters(), after=None, limit=1)).items[0].id

    async def worker(self, *, drained: bool = False) -> UUID:
        """A worker unit that is there, or that was drained."""
        member = Member(new_id(), "one", 1, "0.1.0", ["default"], ["email"], 1)
        async with self.deps.db.connect() as connection:
            await beat(
                connection,
                member,
                status=WorkerStatus.ONLINE,
                facts=WorkerFacts(),
                wanted=Wanted.DRAIN if drained else Wanted.RUN,
            )
        return member.id

    async def delivery(self, owner: Principal) -> UUID:
        """A webhook that is owed."""
        job_id = await self.job(owner, ended=True, webhook="https://example.com/hook")
        return await self.run("SELECT id FROM webhook_deliveries WHERE job_id = :id", id=job_id)

    async def endpoint(self, owner: Principal) -> UUID:
        """A receiver of webhooks."""
        endpoint_id = new_id()
        await self.run(
            "INSERT INTO webhook_endpoints (id, user_id, url) VALUES (:id, :user_id, :url)",
            id=endpoint_id, user_id=owner.user_id, url=f"https://example.com/{endpoint_id}",
        )  # fmt: skip
        return endpoint_id

    async def rotation(self, owner: Principal) -> None:
        """Two signing secrets that are live."""
        for end in (datetime.now(UTC) + timedelta(days=1), None):
            await self.run(
                "INSERT INTO webhook_secrets (id, user_id, sealed, expires_at)"
                " VALUES (:id, :user_id, '', :end)",
                id=new_id(), user_id=owner.user_id, end=end,
            )  # fmt: skip

    async def operation(self, owner: Principal) -> UUID:
        """A bulk operation that nobody has begun to carry out."""
        new = NewOperation(OperationAction.CANCEL, None, [new_id()], None, None)
        async with transaction(self.deps.db) as connection:
            made = await add_operation(connection, new, owner, most=1_000)
        if made is None:
            raise LookupError("too many operations")
        return made.id

    async def failure(self) -> None:
        """A group of failures that nobody has looked at."""
        await self.run("DELETE FROM failure_groups")
        await self.run(
            "INSERT INTO failure_groups (fingerprint, type, error_class, kind, message, job_id,"
            " total, still_failed, queues, first_seen, last_seen)"
            " VALUES (:mark, 'data_processing', 'internal', 'ValueError', 'boom', :job_id,"
            " 1, 0, 4, now(), now())",
            mark=FAILURE, job_id=new_id(),
        )  # fmt: skip

    async def key(self, owner: Principal) -> UUID:
        """A live API key."""
        key_id = new_id()
        await self.run(
            "INSERT INTO api_keys (id, user_id, name, prefix, digest, is_default)"
            " VALUES (:id, :user_id, 'spare', 'tf_x', :digest, false)",
            id=key_id, user_id=owner.user_id, digest=key_id.hex,
        )  # fmt: skip
        return key_id

    async def session(self, owner: Principal) -> UUID:
        """A live session."""
        session_id, end = new_id(), datetime.now(UTC) + timedelta(days=1)
        await self.run(
            "INSERT INTO sessions (id, user_id, expires_at) VALUES (:id, :user_id, :end)",
            id=session_id, user_id=owner.user_id, end=end,
        )  # fmt: skip
        return session_id

    async def schedule(self, owner: Principal) -> UUID:
        """A paused schedule of `data_processing` jobs."""
        schedule_id = new_id()
        await self.run(
            "INSERT INTO schedules (id, name, cron, timezone, template, overlap, missed,"
            " created_by, paused_at, paused_by)"
            " VALUES (:id, :name, '0 0 * * *', 'UTC',"
            " '{\"type\": \"data_processing\"}', 'skip', 'skip', :user_id, now(), 'user:ann')",
            id=schedule_id, name=str(schedule_id), user_id=owner.user_id,
        )  # fmt: skip
        return schedule_id
