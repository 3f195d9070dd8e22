"""Search: sketches of payloads, words of errors, and indexes of what is seldom."""

import sqlalchemy as sa
from alembic import op

PUNCTUATION = "\t\n\r!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~"
WORDS = (
    "(array_remove(string_to_array(translate(lower((((((error ->> 'class') || ' ')"
    " || (error ->> 'kind')) || ' ') || (error ->> 'message')) COLLATE \"C\"), '"
    + PUNCTUATION
    + f"', '{' ' * 35}'), ' '), ''))"
)
DURATION_BUCKET = (
    "width_bucket(duration_seconds,"
    " '{1,2,5,10,20,30,60,120,300,600,1800,3600,10800,21600,86400}'::double precision[])"
)

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_sketches",
        sa.Column("last_id", sa.Uuid(), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("last_id", name=op.f("pk_job_sketches")),
    )
    op.create_index(
        "ix_job_results_failed",
        "job_results",
        ["job_id"],
        postgresql_where=sa.text("error IS NOT NULL"),
    )
    op.create_index(
        "ix_job_results_words",
        "job_results",
        [sa.text(WORDS)],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 256},
        postgresql_where=sa.text("error IS NOT NULL"),
    )
    op.create_index(
        "ix_jobs_duration",
        "jobs",
        [sa.text(DURATION_BUCKET), "id"],
        postgresql_where=sa.text("duration_seconds >= 1"),
    )
    op.create_index(
        "ix_jobs_attempt", "jobs", ["attempt", "id"], postgresql_where=sa.text("attempt >= 2")
    )
    op.create_index(
        "ix_jobs_failures", "jobs", ["failures", "id"], postgresql_where=sa.text("failures >= 1")
    )


def downgrade() -> None:
    for name in ("failures", "attempt", "duration"):
        op.drop_index(f"ix_jobs_{name}", "jobs")
    for name in ("words", "failed"):
        op.drop_index(f"ix_job_results_{name}", "job_results")
    op.drop_table("job_sketches")
