"""Client tokens that were used, so that none is accepted twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "used",
        sa.Column("token", sa.String(64), primary_key=True),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_used_until", "used", ["until"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("used")
