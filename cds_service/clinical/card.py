"""What goes out: cards, their suggestions and their override reasons (CDS Hooks 2.0.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cds_service.clinical.evidence import Resource


class Indicator(StrEnum):
    """How urgent a card is; the members stand in the order in which cards are shown."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Coding:
    """A FHIR Coding on the wire."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """One step of a suggestion: create and update carry a resource, delete a `resource_id`."""

    kind: str
    description: str
    resource: Resource | None = None
    resource_id: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the clinician can accept with one click; its actions belong together."""

    label: str
    uuid: str
    actions: tuple[Action, ...]
    recommended: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """An absolute link shown under a card."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Source:
    """Whose guidance a card gives."""

    label: str
    url: str = ""
    topic: Coding | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One card, as a clinician sees it.

    `summary` is plain text of at most 139 characters, `detail` GitHub-flavoured markdown in
    which nothing from the record is markup. `rules` names the rules that the card speaks for,
    `fired` those of them that fired; `extension` goes out as it is.
    """

    uuid: str
    summary: str
    indicator: Indicator
    source: Source
    detail: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: str = ""
    override_reasons: tuple[Coding, ...] = ()
    links: tuple[Link, ...] = ()
    rules: tuple[str, ...] = ()
    fired: tuple[str, ...] = ()
    extension: Mapping[str, object] = field(default_factory=dict)
