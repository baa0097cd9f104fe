"""Writing by a schema without the detours of its general way, which cost more than all the rules.

Nothing null or empty is written (conformance 4.2).
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from marshmallow import Schema, fields


class Step(NamedTuple):
    """How one field is written: attribute, member, and the schema and number of what it holds."""

    attribute: str
    member: str
    part: type[Schema] | None
    many: bool


class Plan(NamedTuple):
    """How one object is written: members that are always the same, then its fields."""

    constants: dict[str, Any]
    steps: tuple[Step, ...]


@cache
def plan_of(schema: type[Schema]) -> Plan:
    """Read from a schema how its objects are written."""
    constants: dict[str, Any] = {}
    steps = []
    for name, field in schema().dump_fields.items():
        member = field.data_key or name
        if isinstance(field, fields.Constant):
            constants[member] = field.constant
            continue
        many = isinstance(field, fields.List)
        inner = field.inner if isinstance(field, fields.List) else field
        part = type(inner.schema) if isinstance(inner, fields.Nested) else None
        steps.append(Step(field.attribute or name, member, part, many))
    return Plan(constants, tuple(steps))


def write(schema: type[Schema], thing: object) -> dict[str, Any]:
    """Write an object by its schema, without anything null or empty."""
    constants, steps = plan_of(schema)
    written = dict(constants)
    for attribute, member, part, many in steps:
        value = getattr(thing, attribute)
        if not value:
            continue
        if part is None:
            written[member] = value
        else:
            written[member] = [write(part, one) for one in value] if many else write(part, value)
    return written
