"""Alembic's environment: runs the revisions on the connection that `db/migrate.py` hands over."""

from alembic import context
from sqlalchemy import Connection, text

from taskforge.db.people_tables import Person

LOCK = 0x7A5F_0001
"""Advisory lock that lets one process migrate at a time (R-93)."""


def run(connection: Connection) -> None:
    """Run the revisions in one transaction, alone."""
    context.configure(
        connection=connection, target_metadata=Person.metadata, compare_server_default=False
    )
    with context.begin_transaction():
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        context.run_migrations()
    connection.commit()


run(context.config.attributes["connection"])
