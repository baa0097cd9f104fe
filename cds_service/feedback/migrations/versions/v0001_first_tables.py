"""The first tables: cards issued, and what was done with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "issued",
        sa.Column("card", sa.String(36), primary_key=True),
        sa.Column("service", sa.String(255), nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("indicator", sa.String(16), nullable=False),
        sa.Column("content_version", sa.String(512), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("card", sa.String(512), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted", sa.JSON, nullable=False),
        sa.Column("reason_system", sa.String(512), nullable=False),
        sa.Column("reason_code", sa.String(512), nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("card", "outcome", "outcome_at", name="feedback_once"),
    )


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("feedback")
    op.drop_table("issued")
