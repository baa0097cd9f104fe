"""`try --find`: patients of a FHIR server for whom the service has something to say.

Bounded: so many patients are looked at, those with a vertebral fracture on record first.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from cds_service.clinical.procedure import Procedure
from cds_service.ehr.calls import Caller
from cds_service.ehr.capability import Capability
from cds_service.ehr.trying import Attempt, Played, Player, said
from cds_service.errors import OtherSide
from cds_service.evidence.entries import next_link
from cds_service.evidence.whose import last_segment
from cds_service.settings import Settings

MOST_PAGES: Final = 20
"""How many pages of a list of patients are read."""

ALL: Final = "all that the server lists"
MORE: Final = "the server has more: raise --most"
_FRACTURES: Final = "vcf_"
_LOUD: Final = ("critical", "warning")


@dataclass(frozen=True, slots=True)
class Found:
    """One patient: the cards by indicator, and the loudest one; or why there is no answer."""

    patient: str
    counts: Mapping[str, int]
    loudest: str = ""
    problem: str = ""

    @property
    def loud(self) -> bool:
        """Tell whether the service has something to say that is more than information."""
        return any(self.counts.get(indicator) for indicator in _LOUD)


def run(
    settings: Settings,
    attempt: Attempt,
    most: int,
    progress: Callable[[str], None],
    *,
    machine: bool,
) -> tuple[str, int]:
    """Look at up to `most` patients: what to print, and the exit status."""
    with closing(Player(settings, attempt)) as player:
        patients, rest = _candidates(player, most)
        found = []
        for number, patient in enumerate(patients, 1):
            progress(f"{number} of {len(patients)}: Patient/{said(patient)}")
            found.append(_look(player, patient))
        limits = _limits(len(patients), rest, sum(bool(one.problem) for one in found))
    found.sort(key=lambda one: [-one.counts.get(indicator, 0) for indicator in _LOUD])
    if machine:
        listed = [
            {
                "patient": one.patient,
                "cards": dict(one.counts),
                "loudest": one.loudest,
                "problem": one.problem,
            }
            for one in found
        ]
        whole = {"patients": listed, "complete": rest == ALL, "limits": limits}
        return json.dumps(whole, indent=2, ensure_ascii=False) + "\n", 0
    return "".join(f"{line}\n" for line in _lines(found, limits, attempt)), 0


def _look(player: Player, patient: str) -> Found:
    """Play for one patient."""
    played: Played = player.play(patient)
    if played.answered.problem:
        return Found(patient, {}, problem=played.answered.problem)
    cards = played.answered.cards
    counts = Counter(str(card.get("indicator")) for card in cards)
    loudest = next(
        (c for indicator in _LOUD for c in cards if c.get("indicator") == indicator), None
    )
    return Found(patient, counts, said(loudest.get("summary")) if loudest else "")


def _candidates(player: Player, most: int) -> tuple[list[str], str]:
    """List patients to look at, and say what of the server's is left out.

    OtherSide where the server lists no patients at all.
    """
    patients: dict[str, None] = {}
    caller, problem = player.caller, ""
    fractures = _fractures(player.procedure, player.capability, most)
    for query in (fractures, f"Patient?_count={most}"):
        pages = _Pages(caller, query) if query else ()
        for page in pages:
            for patient in _named(page):
                if patient not in patients and len(patients) == most:
                    return list(patients), MORE
                patients[patient] = None
        problem = pages.problem if isinstance(pages, _Pages) else ""
    if not patients:
        why = problem or "its list is empty"
        msg = f"FHIR server {caller.base}: it lists no patients ({why}); give --patient ID"
        raise OtherSide(msg)
    return list(patients), f"the list ended early: {problem}" if problem else ALL


class _Pages:
    """The pages of a search, up to the last one, a limit, or a problem."""

    def __init__(self, caller: Caller, query: str) -> None:
        """Be ready to ask."""
        self._caller = caller
        self._query = query
        self.problem = ""

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        """Ask for page after page."""
        url: str | None = self._query
        seen: set[str] = set()
        while url and url not in seen and not self.problem:
            if len(seen) == MOST_PAGES:
                self.problem = "more pages than the limit"
                return
            seen.add(url)
            heard = self._caller.get(url)
            body = heard.body if isinstance(heard.body, dict) else {}
            if heard.problem or body.get("resourceType") != "Bundle":
                self.problem = heard.problem or "no Bundle came"
                return
            yield body
            link = next_link(body)
            url = self._caller.next_page(link, url) if link is not None else None
            if link is not None and url is None:
                self.problem = "the next page is not on the same server"


def _fractures(procedure: Procedure, capability: Capability, most: int) -> str:
    """Write the search for problem lists with a vertebral fracture; empty if it is not possible."""
    sets = procedure.codes.conditions.snomed
    codes = [
        code
        for code, members in sets.items()
        if any(name.startswith(_FRACTURES) and not match.possible for name, match in members)
    ]
    if "code" not in capability.searches.get("Condition", {"code"}):
        return ""
    system = procedure.codes.systems.uris("snomed")[0]
    listed = ",".join(f"{system}|{code}" for code in codes)
    return f"Condition?code={listed}&_count={most}"


def _named(page: Mapping[str, Any]) -> Iterator[str]:
    """Name the patients of a page, by their ids: of Patients, and of those that others name."""
    entries = page.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            continue
        if resource.get("resourceType") == "Patient" and isinstance(resource.get("id"), str):
            yield resource["id"]
        subject = resource.get("subject")
        reference = subject.get("reference") if isinstance(subject, dict) else None
        if isinstance(reference, str) and "Patient/" in reference:
            yield last_segment(reference)


def _limits(looked: int, rest: str, failed: int) -> str:
    """Say how far the search went."""
    patients = "1 patient" if looked == 1 else f"{looked} patients"
    lost = f"; {failed} of them without an answer" if failed else ""
    return f"looked at {patients}, {rest}{lost}"


def _lines(found: list[Found], limits: str, attempt: Attempt) -> Iterator[str]:
    """Write the list for a reader."""
    loud = [one for one in found if one.loud]
    for one in loud:
        counts = ", ".join(f"{one.counts[i]} {i}" for i in _LOUD if one.counts.get(i))
        yield f"Patient/{said(one.patient)}  {counts}  {one.loudest}"
    quiet = len(found) - len(loud) - sum(bool(one.problem) for one in found)
    yield f"{len(loud)} with a warning or a critical card, {quiet} with information only"
    yield f"Order {attempt.order} at {attempt.level or '-'}; {limits}."
    for problem in dict.fromkeys(one.problem for one in found if one.problem):
        yield f"Without an answer: {said(problem)}"
