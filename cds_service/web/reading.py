"""Reading by a schema without the detours of its general way, which cost most of a foreign order.

The fields of the schema do the work here too. Whatever one of them refuses is left to the schema's
own `load`, which says what is wrong and where; what both take, they take alike (a test says so).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from marshmallow import Schema, ValidationError, fields, missing


class Step(NamedTuple):
    """How one member is read."""

    member: str
    name: str
    field: fields.Field[Any]
    part: type[Schema] | None
    validators: tuple[Callable[[Any], Any], ...]


@cache
def steps_of(schema: type[Schema]) -> tuple[Step, ...]:
    """Read from a schema how its members are read."""
    return tuple(
        Step(
            field.data_key or name,
            field.attribute or name,
            field,
            type(field.schema) if isinstance(field, fields.Nested) else None,
            tuple(field.validators),
        )
        for name, field in schema().load_fields.items()
    )


def read(schema: type[Schema], data: Any) -> dict[str, Any]:
    """Read an object by the fields of a schema; ValidationError where anything is refused.

    What the schema itself checks or makes of it afterwards is left to the caller.
    """
    if not isinstance(data, dict):
        raise ValidationError("refused")
    found = {}
    for member, name, field, part, validators in steps_of(schema):
        value = data.get(member, missing)
        if value is missing:
            if field.required:
                raise ValidationError("refused")
            continue
        if value is None:
            if not field.allow_none:
                raise ValidationError("refused")
        elif part is None:
            value = field._deserialize(value, member, data)  # noqa: SLF001 - what fields are made of
            for validator in validators:
                validator(value)
        else:
            value = read(part, value)
        found[name] = value
    return found
