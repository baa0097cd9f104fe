"""Anticoagulants and antiplatelets: is one of them inside its hold? (rules.md 3.2 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cds_service.clinical.answer import Answer, Gap, any_of
from cds_service.clinical.bleeding import APTT, INR, PLATELETS
from cds_service.clinical.chart import Chart
from cds_service.clinical.conditions import has_condition
from cds_service.clinical.fact import DrugUse, Kind, Result, Standing
from cds_service.clinical.hold import Hold, renal, rows_for
from cds_service.clinical.kidney import Clearance, creatinine_clearance
from cds_service.clinical.quantity import Quantity
from cds_service.clinical.reading import Reading
from cds_service.clinical.truth import NO, UNKNOWN, YES, Reason
from cds_service.clinical.when import Age, When, Window


@dataclass(frozen=True, slots=True)
class HoldLimits:
    """The numbers of a card file about drugs to be held.

    `holds` is the table of section 6, `review` the window of a reviewed list, `kidney` that of
    the values behind the creatinine clearance, `coagulation` that of the tests which end a hold.
    """

    holds: tuple[Hold, ...]
    review: Window
    kidney: Window
    coagulation: Window
    inr_after_hold: Quantity
    inr_above: Quantity
    platelets_below: Quantity
    prophylactic_daily_mg: Quantity


def drug_in_hold(chart: Chart, limits: HoldLimits, group: str, flag: str) -> Answer:
    """Tell whether a drug of a group is inside its hold before the planned procedure.

    `flag` is the set of conditions that say a drug of the group is being taken; without any such
    drug on the list it means that the list is incomplete.
    """
    # the limits stay beside their answer, so that nothing else can bear their id meanwhile
    _, answer = chart.once(
        ("in hold", group, flag, id(limits)),
        lambda: (limits, _drug_in_hold(chart, limits, group, flag)),
    )
    return answer


def _drug_in_hold(chart: Chart, limits: HoldLimits, group: str, flag: str) -> Answer:
    """Judge every agent of the group, and what the list lacks."""
    uses = [use for use in chart.drugs if use.group == group and not use.flush]
    keys = sorted({use.agents or (group,) for use in uses})
    answers = {
        (key, agent): _one_agent(
            chart, limits, agent, [use for use in uses if (use.agents or (group,)) == key]
        )
        for key in keys
        for agent in key
    }
    joined = any_of(answers.values()).doubted(
        *_unresolved(chart, limits), *_flagged(chart, limits, uses, flag)
    )
    if joined.truth is YES:
        return _told(chart, limits, joined, answers)
    if joined.truth is UNKNOWN:
        return joined
    reviewed = reviewed_drugs(chart, limits.review, group)
    if reviewed.truth is not YES:
        return Answer.unknown(*reviewed.missing)
    return joined._replace(because=(*joined.because, *reviewed.because))


def reviewed_drugs(chart: Chart, window: Window, group: str) -> Answer:
    """Tell whether the list of drugs is complete and was reviewed in the window (9.4)."""
    lack = chart.lack(Kind.DRUG)
    if lack:
        return Answer.unknown(lack)
    for when in chart.lists.get("drugs", ()):
        if window.age_of(when, chart.now) is Age.INSIDE:
            return Answer.yes()
    for use in chart.drugs:
        if any(window.age_of(when, chart.now) is Age.INSIDE for when in _dates(use, chart, group)):
            return Answer.yes(use.proof("reviewed"))
    reason = Reason.STALE if chart.drugs else Reason.MISSING
    return Answer.unknown(Gap(reason, "reviewed_drug_list", str(window)))


def _dates(use: DrugUse, chart: Chart, group: str) -> tuple[When, ...]:
    """List the dates at which somebody wrote this entry, or ended the drug that is in question."""
    ended = use.last_dose if use.standing is Standing.ENDED and use.group == group else None
    dates = (use.dated, ended)
    return tuple(when for when in dates if when and when.latest.date() <= chart.now.date())


def _unresolved(chart: Chart, limits: HoldLimits) -> tuple[Gap, ...]:
    """Name products that neither a code nor a word identifies; each could be any drug."""
    return tuple(
        Gap(Reason.UNPARSEABLE, "unnamed_drug", proof=use.proof())
        for use in chart.drugs
        if not use.resolved and not _long_past(use, chart, limits)
    )


def _long_past(use: DrugUse, chart: Chart, limits: HoldLimits) -> bool:
    """Tell whether an entry documents that its last dose lies further back than any hold."""
    if use.standing is not Standing.ENDED or use.last_dose is None:
        return False
    return limits.review.age_of(use.last_dose, chart.now) is Age.OUTSIDE


def _flagged(chart: Chart, limits: HoldLimits, uses: list[DrugUse], flag: str) -> tuple[Gap, ...]:
    """Say that a code speaks of long-term use while the list names no drug that is to be held.

    A drug that ended before the review window is not what the code of today speaks of.
    """
    free = {row.agent for row in limits.holds if row.none}
    lately = [use for use in uses if not _long_past(use, chart, limits)]
    if any(not use.agents or set(use.agents) - free for use in lately):
        return ()
    answer = has_condition(chart, flag)
    weak = answer.missing if answer.truth is UNKNOWN else ()
    known = tuple(Gap(Reason.SUSPECTED, flag, proof=proof) for proof in answer.only_proofs())
    return (*known, *weak)


def _one_agent(chart: Chart, limits: HoldLimits, agent: str, uses: list[DrugUse]) -> Answer:
    """Judge all entries of one agent: taken now, documented as stopped, or not known."""
    clearance = _clearance(chart, limits, agent)
    rows = _rows(limits, uses, agent, clearance)
    if rows and all(row.none for row in rows):
        return Answer.no(*(use.proof() for use in uses))
    values = {"drug": agent, "hold": str(_longest(rows)) if rows else ""}
    notes = _notes(limits, agent, rows, clearance)
    taking = [use for use in uses if use.standing is Standing.TAKING]
    ended = [use for use in uses if use.last_dose and use.standing is not Standing.TAKING]
    stopped = any_of(_stopped(chart, limits, use, rows, clearance) for use in ended)
    if taking:
        running = Answer.yes(*(use.proof() for use in taking), *clearance.proofs)
        contradicted = _contradicted(taking, ended) if stopped.truth is NO else ()
        answer = Answer.unknown(*contradicted) if contradicted else running
        return answer.saying(notes=notes, **values)
    gaps = [
        Gap(Reason.MISSING, "last_dose", proof=use.proof())
        for use in uses
        if not use.last_dose and not _documented_later(use, ended)
    ]
    return stopped.doubted(*gaps).saying(notes=notes, **values)


def _contradicted(taking: list[DrugUse], ended: list[DrugUse]) -> tuple[Gap, ...]:
    """Name the entries that document a stop after the drug was ordered, if all are so (1.3).

    Facts of different kinds that disagree neither fire nor clear: the card shows both.
    """
    gaps = []
    for use in taking:
        later = [
            other
            for other in ended
            if other.last_dose
            and use.started
            and other.last_dose.latest >= use.started.latest
            and other.reference.partition("/")[0] != use.reference.partition("/")[0]
        ]
        if not later:
            return ()
        gaps.append(Gap(Reason.CONFLICTING, "drug_sources_disagree", proof=later[0].proof()))
    return tuple(gaps)


def _documented_later(use: DrugUse, ended: list[DrugUse]) -> bool:
    """Tell whether another entry documents a last dose after this one began or was written."""
    begun = use.started or use.dated
    if begun is None:
        return False
    return any(other.last_dose and other.last_dose.latest >= begun.latest for other in ended)


def _clearance(chart: Chart, limits: HoldLimits, agent: str) -> Clearance:
    """Find the creatinine clearance where the hold of the agent depends on it."""
    if not renal(limits.holds, agent):
        return Clearance(None)
    return creatinine_clearance(chart, limits.kidney)


def _rows(
    limits: HoldLimits, uses: list[DrugUse], agent: str, clearance: Clearance
) -> tuple[Hold, ...]:
    """Choose the rows for all entries of an agent; the longest of them will count."""
    if clearance.dialysis:
        return ()
    intended = [_with_intent(use, limits) for use in uses]
    alike = {(use.route, use.intent): use for use in intended}  # all that choosing looks at
    chosen = [rows_for(limits.holds, use, agent, clearance) for use in alike.values()]
    return tuple(dict.fromkeys(row for rows in chosen for row in rows))


def _with_intent(use: DrugUse, limits: HoldLimits) -> DrugUse:
    """Take a dose that says nothing of its purpose for therapeutic unless it is small (6.1)."""
    if use.intent:
        return use
    small = use.daily_mg is not None and use.daily_mg <= limits.prophylactic_daily_mg.value
    return use._replace(intent="prophylactic" if small else "therapeutic")


def _longest(rows: tuple[Hold, ...]) -> Hold:
    """Take the row with the longest hold."""
    return max(rows, key=lambda row: (row.days, row.doses, row.hours))


def _notes(
    limits: HoldLimits, agent: str, rows: tuple[Hold, ...], clearance: Clearance
) -> list[str]:
    """Name the sentences that the card adds for this agent."""
    notes = [agent]
    if not rows:
        known = any(hold.agent == agent for hold in limits.holds)
        notes.append("outside_renal" if known else "outside_table")
    elif renal(limits.holds, agent) and clearance.value is None:
        notes.append("renal_unknown")
    return notes


def _stopped(
    chart: Chart, limits: HoldLimits, use: DrugUse, rows: tuple[Hold, ...], clearance: Clearance
) -> Answer:
    """Judge one documented last dose by the rows that may apply to it."""
    if use.last_dose is None or not rows:
        return Answer.unknown(Gap(Reason.MISSING, "hold_interval", proof=use.proof()))
    inside = [row.holds(use.last_dose, chart.planned, use.interval_hours) for row in rows]
    if all(truth is YES for truth in inside):
        return Answer.yes(use.proof("last_dose"))
    if any(truth is UNKNOWN for truth in inside):
        return Answer.unknown(Gap(Reason.MISSING, "dosing_interval", proof=use.proof()))
    if any(truth is YES for truth in inside):
        return Answer.unknown(
            *clearance.missing, Gap(Reason.MISSING, "hold_row", proof=use.proof())
        )
    return _tested(chart, limits, use, rows)


def _tested(chart: Chart, limits: HoldLimits, use: DrugUse, rows: tuple[Hold, ...]) -> Answer:
    """Ask for the test that ends a hold: drawn after the last dose, and in order."""
    needed = {row.needs for row in rows} - {""}
    answers = [Answer.no(use.proof("last_dose"))]
    if "inr" in needed:
        reading = chart.latest(INR, limits.coagulation)
        answers.append(_fresh(reading, use, reading.above(limits.inr_after_hold)))
    if "aptt" in needed:
        reading = chart.latest(APTT, limits.coagulation)
        answers.append(_fresh(reading, use, reading.above_normal()))
    return any_of(answers)


def _fresh(reading: Reading, use: DrugUse, answer: Answer) -> Answer:
    """Let an answer stand unless its test was drawn before, or on the day of, the last dose."""
    early = [test for test in reading.results if not _drawn_after(test, use)]
    if not early:
        return answer
    return Answer.unknown(
        *(Gap(Reason.MISSING, test.fact, "", "after_last_dose", test.proof()) for test in early)
    )


def _drawn_after(test: Result, use: DrugUse) -> bool:
    """Tell whether a test was drawn on a later day than the last dose."""
    if test.when is None or test.when.earliest is None or use.last_dose is None:
        return False
    return test.when.earliest.date() > use.last_dose.latest.date()


def _told(
    chart: Chart,
    limits: HoldLimits,
    joined: Answer,
    answers: Mapping[tuple[tuple[str, ...], str], Answer],
) -> Answer:
    """Add the names, the longest hold and the warnings of the table to a yes.

    A fixed combination stands in the table as one agent, under all its names.
    """
    fired = {key: dict(a.values) for key, a in answers.items() if a.truth is YES}
    drugs = list(dict.fromkeys(values["drug"] for values in fired.values()))
    holds = dict.fromkeys(values["hold"] for values in fired.values() if values["hold"])
    others = {
        use.agents
        for use in chart.drugs
        if use.group and not use.flush and use.standing is Standing.TAKING
    }
    products = {key for key, _ in fired}
    notes = ["two_agents"] if len(products) > 1 or len(others) > 1 else []
    if _laboratory_defect(chart, limits, drugs):
        notes.append("laboratory_defect")
    return joined.saying(notes=notes, drug=" + ".join(drugs), hold=", ".join(holds))


def _laboratory_defect(chart: Chart, limits: HoldLimits, drugs: list[str]) -> bool:
    """Tell whether a coagulation test is out of its limit as well; warfarin explains an INR."""
    low = chart.latest(PLATELETS, limits.coagulation).below(limits.platelets_below)
    high = chart.latest(INR, limits.coagulation).above(limits.inr_above)
    return low.truth is YES or (high.truth is YES and "warfarin" not in drugs)
