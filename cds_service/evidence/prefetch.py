"""The queries of this service, and the prefetch templates made of them."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from cds_service.clinical.evidence import ON_DEMAND, QUERIES
from cds_service.errors import ContentError

PATIENT: Final = "{{context.patientId}}"
"""The only token in use: every hook has it and every client can fill it."""

_CODES: Final = "$codes"
_FORMS: Final = ("template", "asked", "simpler")
_FILE: Final = Path(__file__).with_name("queries.toml")


@dataclass(frozen=True, slots=True)
class Query:
    """One question to a record, in the forms in which it may be put.

    `template` is what discovery shows, `asked` what the service itself sends first, `simpler`
    what it sends once more when a server refuses that; all are relative FHIR URLs. `kind` is the
    resource type that is asked for.
    """

    name: str
    template: str
    asked: str = ""
    simpler: str = ""
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        """Take the kind from the template, once."""
        object.__setattr__(self, "kind", self.template.replace("/", "?").split("?")[0])

    @property
    def is_read(self) -> bool:
        """Tell whether one resource is read, and not a set searched."""
        return "?" not in self.template

    @property
    def needs_codes(self) -> bool:
        """Tell whether the form still waits for the codes of the fact tables."""
        return any(_CODES in form for form in (self.template, self.asked, self.simpler))

    def with_codes(self, codes: Sequence[str]) -> Query:
        """Put in the codes, each written `system|code`."""
        listed = ",".join(codes)
        forms = {form: getattr(self, form).replace(_CODES, listed) for form in _FORMS}
        return replace(self, **forms)

    @property
    def form(self) -> str:
        """The form that the service itself sends first, where nothing speaks against it."""
        return self.asked or self.template

    def first_url(self, patient: str) -> str:
        """Write the relative URL that the service itself sends first."""
        return for_patient(self.form, patient)

    def simpler_url(self, patient: str) -> str:
        """Write the relative URL of the second attempt; empty where there is none."""
        return for_patient(self.simpler, patient)


def load(path: Path = _FILE, added: Collection[str] = ()) -> dict[str, Query]:
    """Read the query file, with those of `ON_DEMAND` that are `added`.

    Raises ContentError where it does not fit `QUERIES`.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        msg = f"{path.name}: cannot be read ({error})"
        raise ContentError(msg) from error
    wanted = (*QUERIES, *(name for name in ON_DEMAND if name in added))
    if strange := set(tables) - {*QUERIES, *ON_DEMAND} | set(wanted) - set(tables):
        odd = ", ".join(sorted(strange))
        msg = f"{path.name}: queries that are missing or unknown: {odd}"
        raise ContentError(msg)
    return {name: _query(path, name, tables[name]) for name in wanted}


def filled(queries: Mapping[str, Query], codes: Mapping[str, Sequence[str]]) -> dict[str, Query]:
    """Put the codes of the fact tables into the queries that need them, by the query's name."""
    done = {}
    for name, query in queries.items():
        if query.needs_codes and not codes.get(name):
            msg = f"queries.toml: {name} needs codes and no fact table gives any"
            raise ContentError(msg)
        done[name] = query.with_codes(tuple(dict.fromkeys(codes.get(name, ()))))
    return done


def templates(
    procedure_queries: Mapping[str, Query], codes: Mapping[str, Sequence[str]], mode: str
) -> dict[str, str]:
    """Write the prefetch templates of discovery; `lean` shows the patient only.

    `codes` gives "system|code" lists by query name. Conformance section 13.3.
    """
    shown = {
        name: query for name, query in procedure_queries.items() if mode == "full" or query.is_read
    }
    return {name: query.template for name, query in filled(shown, codes).items()}


def _query(path: Path, name: str, table: Any) -> Query:
    """Check one table of the query file: a closed set of keys, templates a client can fill."""
    where = f"{path.name}: {name}"
    if not isinstance(table, dict) or "template" not in table or set(table) - set(_FORMS):
        msg = f"{where}: takes template, asked and simpler only, and template is a must"
        raise ContentError(msg)
    for key, form in table.items():
        if not isinstance(form, str) or form.count("{{") != 1 or PATIENT not in form:
            msg = f"{where}.{key}: is not a relative URL with the token {PATIENT}, once"
            raise ContentError(msg)
        names = [pair.split("=")[0] for pair in form.partition("?")[2].split("&")]
        if len(names) != len(set(names)):
            msg = f"{where}.{key}: repeats a parameter, which clients collapse into one"
            raise ContentError(msg)
    return Query(name, **table)


def for_patient(form: str, patient: str) -> str:
    """Fill the token; whatever the id holds, it stays one value."""
    return form.replace(PATIENT, quote(patient, safe=""))


KINDS: Final[Mapping[str, str]] = {
    name: query.kind for name, query in load(added=ON_DEMAND).items()
}
"""The resource type that each query asks for."""
