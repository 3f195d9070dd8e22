"""Alembic's environment: runs the revisions on the connection that `db/migrate.py` hands over."""

from alembic import context
from sqlalchemy import Connection

from taskforge.db.people_tables import Person


def run(connection: Connection) -> None:
    """Run the revisions, each in a transaction of its own: none holds locks for another."""
    context.configure(
        connection=connection,
        target_metadata=Person.metadata,
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


run(context.config.attributes["connection"])
