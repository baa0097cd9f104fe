"""The tables of the store; `migrations/` makes them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA: Final = MetaData()

ISSUED: Final = Table(
    "issued",
    METADATA,
    Column("card", String(36), primary_key=True),
    Column("service", String(255), nullable=False),
    Column("rules", JSON, nullable=False),
    Column("indicator", String(16), nullable=False),
    Column("content_version", String(512), nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("client", String(64), nullable=False, server_default=""),
    Column("suggestions", JSON, nullable=False, server_default="[]"),
)
"""Every card that went out: no patient, no order, no request.

`client` is a hash of the issuer that got it, empty where nobody was asked; `suggestions` are ids.
"""

FEEDBACK: Final = Table(
    "feedback",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("card", String(512), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("outcome_at", DateTime(timezone=True), nullable=False),
    Column("accepted", JSON, nullable=False),
    Column("reason_system", String(512), nullable=False),
    Column("reason_code", String(512), nullable=False),
    Column("comment", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("card", "outcome", "outcome_at", name="feedback_once"),
)
"""What was done with a card of ours. Times are UTC."""

USED: Final = Table(
    "used",
    METADATA,
    Column("token", String(64), primary_key=True),
    Column("until", BigInteger, nullable=False, index=True),
)
"""Client tokens that were used: a hash of issuer and `jti`, and until when it must be known."""

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    Column("record", Text, nullable=False),
    Column("before", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
"""The audit trail: each record is a JSON text, with the hash of the one before it."""

AUDIT_END: Final = Table(
    "audit_end",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""One row: the last record of the trail. Who holds its lock writes; all others wait."""
