"""What was gathered about a patient, and what could not be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from cds_service.clinical.report_text import Document

Resource = Mapping[str, Any]
"""One FHIR R4 resource, as it came: a plain JSON object that nobody has checked yet."""


class Sought(StrEnum):
    """How a query for one kind of data ended.

    Only ANSWERED can prove that a record holds nothing more: a search that was truncated,
    refused or never made says nothing about what is not in it (rules.md 1.2).
    """

    ANSWERED = "answered"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    NOT_SOUGHT = "not-sought"


@dataclass(frozen=True, slots=True)
class Source:
    """The state of one query.

    `name` is the query's name in `QUERIES`, `detail` says in our own words why it is not
    answered ("HTTP 403", "no answer in time"), `origin` is "prefetch", "server" or "bundle".
    """

    name: str
    state: Sought
    detail: str = ""
    origin: str = ""


class Unreadable(NamedTuple):
    """One thing that was skipped: where it stood and why, never what it said."""

    where: str
    why: str


class Item(NamedTuple):
    """One resource with the URL by which others may refer to it, and where it came from."""

    resource: Resource
    full_url: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was gathered for one answer.

    `documents` holds the contents of attachments that were fetched, by their URL as it stands.
    """

    items: tuple[Item, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)
    unreadable: tuple[Unreadable, ...] = ()
    documents: Mapping[str, Document] = field(default_factory=dict)

    @property
    def nothing_could_be_had(self) -> bool:
        """Tell whether not one query was answered, wholly or in part."""
        reached = (Sought.ANSWERED, Sought.INCOMPLETE)
        return not any(source.state in reached for source in self.sources.values())


QUERIES: tuple[str, ...] = (
    "patient",
    "laboratory",
    "vital_signs",
    "findings",
    "conditions",
    "allergies",
    "medication_requests",
    "medication_statements",
    "medication_dispenses",
    "medication_administrations",
    "encounters",
    "visits",
    "imaging_studies",
    "diagnostic_reports",
    "document_references",
    "procedures",
    "service_requests",
    "lists",
)
"""The names of all queries; `prefetch.toml` of a procedure says how each is written."""

ON_DEMAND: tuple[str, ...] = ("questionnaire_responses",)
"""Further queries, asked only where a site maps what they bring."""
