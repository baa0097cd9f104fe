"""To whom a card was issued, and with which suggestions: feedback is held against both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns; cards from before belong to no registered client."""
    client = sa.Column("client", sa.String(64), nullable=False, server_default="")
    suggestions = sa.Column("suggestions", sa.JSON, nullable=False, server_default="[]")
    op.add_column("issued", client)
    op.add_column("issued", suggestions)


def downgrade() -> None:
    """Drop both columns."""
    op.drop_column("issued", "suggestions")
    op.drop_column("issued", "client")
