"""What imaging says of one level: findings, and the studies that can show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from cds_service.clinical.answer import Answer, Gap, Proof, any_of
from cds_service.clinical.chart import Chart
from cds_service.clinical.conditions import has_condition
from cds_service.clinical.fact import (
    Fact,
    Finding,
    Kind,
    Study,
    examination,
    imaging_finding,
)
from cds_service.clinical.later import later_unknown, unread
from cds_service.clinical.quantity import Measured, Quantity
from cds_service.clinical.reading import as_new, newest, trouble_with, undated_or
from cds_service.clinical.truth import NO, UNKNOWN, YES, Reason, Truth
from cds_service.clinical.when import Age, When, Window, same_day

MRI: Final = frozenset({"", "MR"})

TEXT_DISAGREES: Final = "text_disagrees"
"""The note of a report's words that a coded finding of the same day outweighs (rules.md 1.6)."""


class Seen(NamedTuple):
    """The newest findings of one kind for one level.

    `tentative` may make a rule fire but never clear it. `vague` are positive findings that name
    no level: they support suspicion only (rules.md 1.5), as do `hints`, which a report does not
    state plainly (1.6). `opposed` are statements of a report that a coded finding of the same day
    outweighs: shown, and without effect. What was absent or slight before the `onset` of the pain
    need not be so now: it clears nothing (rules.md 5, imaging.maxAgeDays).
    """

    chart: Chart
    window: Window
    findings: tuple[Finding, ...]
    tentative: tuple[Finding, ...]
    vague: tuple[Finding, ...]
    absence: Gap
    doubt: Gap | None
    since: When | None = None
    hints: tuple[Finding, ...] = ()
    opposed: tuple[Finding, ...] = ()
    onset: When | None = None

    def ask(self, test: Callable[[Finding], Truth]) -> Answer:
        """Put a question to every finding that may be the newest; one yes decides."""
        if not (self.findings or self.tentative or self.vague or self.hints):
            return self._nothing()
        suspicions = self._suspicions(test)
        if suspicions and not (self.findings or self.tentative):
            return Answer.unknown(*suspicions).doubted(self.doubt)
        eager = any_of(self._one(finding, test).only_fires() for finding in self.tentative)
        firm = any_of(self._one(finding, test) for finding in self.findings)
        answer = eager | (firm if self.findings else self._nothing())
        return self._shown(answer).doubted(self.doubt, *suspicions)

    def says(self, value: bool | str) -> Answer:
        """Ask whether the finding has this value."""
        return self.ask(lambda finding: YES if finding.value == value else NO)

    def proven(self, value: bool | str, *others: bool | str) -> Answer:
        """Ask whether every finding that may be the newest has one of these values.

        For evidence that clears: a preliminary finding, one among others that could not be
        asked for, and findings of one moment that contradict each other prove nothing.
        """
        if not self.findings:
            return self._nothing()
        values = (value, *others)
        denied = [
            self._one(finding, lambda f: NO if f.value in values else YES)
            for finding in self.findings
        ]
        if {YES, NO} <= {answer.truth for answer in denied}:
            return Answer.unknown(*(_gap(f, Reason.CONFLICTING, "") for f in self.findings))
        return self._shown(~any_of(denied).doubted(self.doubt))

    def above(self, limit: Quantity, digits: Quantity) -> Answer:
        """Ask whether a percentage exceeds a limit, both rounded as `digits` says."""
        return self.ask(lambda finding: _rounded(finding, digits).above(limit.value))

    def against(self, value: bool | str) -> tuple[Gap, ...]:
        """Name reports that say this plainly against a coded finding of the same day.

        Facts that disagree never clear an absolute rule (rules.md 1.3).
        """
        told = [
            finding
            for finding in self.opposed
            if finding.value == value and trouble_with(finding, self.window, self.chart.now) is None
        ]
        coded = [finding for finding in self.findings if told and finding.quote is None]
        return (
            *(_gap(finding, Reason.CONFLICTING, "against_code") for finding in told),
            *(_gap(finding, Reason.CONFLICTING, "") for finding in coded),
        )

    def _shown(self, answer: Answer) -> Answer:
        """Show what a report says against the coded finding that decided."""
        if not self.opposed or answer.truth is UNKNOWN:
            return answer
        proofs = [finding.proof(TEXT_DISAGREES) for finding in self.opposed]
        return answer._replace(because=(*answer.because, *proofs))

    def _nothing(self) -> Answer:
        """Answer where no final finding covers the level."""
        if not self.tentative:
            return Answer.unknown(self.absence)
        first = self.tentative[0]
        window, level = str(self.window), self.absence.level
        told = Gap(Reason.MISSING, first.fact, window, "cannot_clear", first.proof(), level)
        return Answer.unknown(
            *(() if self.absence.reason is Reason.MISSING else [self.absence]), told
        )

    def _one(self, finding: Finding, test: Callable[[Finding], Truth]) -> Answer:
        """Put a question to one finding, unless its age or its reading forbids it."""
        gap = trouble_with(finding, self.window, self.chart.now) or _misread(finding)
        if gap:
            return Answer.unknown(gap._replace(level=finding.level))
        if precedes_onset(finding.when, self.since):
            return Answer.unknown(_gap(finding, Reason.STALE, "before_onset"))
        truth = test(finding)
        if truth is UNKNOWN:
            return Answer.unknown(_gap(finding, Reason.UNPARSEABLE, "undecided"))
        lasting = finding.value is True
        if truth is NO and not lasting and precedes_onset(finding.when, self.onset):
            return Answer.unknown(_gap(finding, Reason.STALE, "before_onset"))
        return Answer(truth, (finding.proof(),), by_text=finding.quote is not None)

    def _suspicions(self, test: Callable[[Finding], Truth]) -> tuple[Gap, ...]:
        """Name current findings that would answer yes: without a level, or not plainly stated."""
        if not (self.vague or self.hints):
            return ()
        weak = [(finding, "no_level") for finding in self.vague]
        weak += [(finding._replace(trouble=""), finding.trouble) for finding in self.hints]
        return tuple(
            _gap(finding, Reason.SUSPECTED, detail)
            for finding, detail in weak
            if self._may_fire(finding, test)
        )

    def _may_fire(self, finding: Finding, test: Callable[[Finding], Truth]) -> bool:
        """Tell whether a finding would not answer no, if it is current; its date may be unknown."""
        if finding.value is not None and test(finding) is NO:
            return False
        when = finding.when
        if when is not None and when.earliest is None:  # taken before that, nobody knows how long
            when = When(when.latest, when.latest, when.text)
        if self.window.age_of(when, self.chart.now) is Age.OUTSIDE:
            return False
        return not precedes_onset(when, self.since)


def _misread(finding: Finding) -> Gap | None:
    """Say why a finding has no usable value, or None when it has one."""
    if finding.trouble or finding.value is None:
        return _gap(finding, Reason.UNPARSEABLE, finding.trouble or "no_value")
    return None


def _gap(finding: Finding, reason: Reason, detail: str) -> Gap:
    """Describe one finding that cannot be used."""
    return Gap(reason, finding.fact, detail=detail, proof=finding.proof(), level=finding.level)


def _rounded(finding: Finding, digits: Quantity) -> Measured:
    """Take a percentage to the digits at which limits are compared (rules.md 5)."""
    value = finding.value
    if not isinstance(value, Measured):
        return Measured(None, None)
    low = None if value.low is None else value.low.quantize(digits.value)
    high = None if value.high is None else value.high.quantize(digits.value)
    return value._replace(low=low, high=high)


def seen(
    chart: Chart,
    fact: Fact,
    level: str,
    window: Window,
    clearing: frozenset[str] | None = None,
    since: When | None = None,
) -> Seen:
    """Look up a finding for one level.

    `clearing` names the modalities that can prove an absence; a finding from another one may
    make a rule fire only. What is older than `since`, the onset of the pain, is stale.
    """
    every = chart.findings.get(fact.name, ())
    said = chart.hints.get(fact.name, ())
    absence, doubt = _absence(chart, fact, window, level), chart.lack(fact.kind)
    if not (every or said):
        return Seen(chart, window, (), (), (), absence, doubt, since)
    speaking = [finding for finding in every if applies(chart, finding, level)]
    vague = [f for f in every if f not in speaking and not f.level and is_abnormal(f)]
    vague = [f for f in vague if _may_speak_of(f, level)]
    usable, opposed = _coded_first(speaking)
    proving = [f for f in usable if f.final and (clearing is None or f.modality in clearing)]
    latest = newest(proving)
    tentative = as_new([finding for finding in usable if finding not in proving], latest)
    hints = as_new([hint for hint in said if _may_speak_of(hint, level)], latest)
    onset = onset_of_pain(chart) if fact.kind is Kind.FINDING else None
    doubt = doubt or later_unknown(chart, fact, window, level, latest)
    found = latest, tentative, tuple(vague)
    return Seen(chart, window, *found, absence, doubt, since, hints, opposed, onset)


def _may_speak_of(finding: Finding, level: str) -> bool:
    """Tell whether a finding names the level, or none and may mean it."""
    if finding.level:
        return finding.level == level
    return finding.covers is None or level in finding.covers


def _coded_first(usable: list[Finding]) -> tuple[list[Finding], tuple[Finding, ...]]:
    """Let a coded finding outweigh the text of a report of the same day (rules.md 1.6).

    One that is preliminary or cannot be read outweighs nothing. The second value are the
    statements of texts that say something else.
    """
    coded = [finding for finding in usable if finding.quote is None]
    firm = [finding for finding in coded if finding.final and finding.value is not None]
    if not firm or len(coded) == len(usable):
        return usable, ()
    told = [(f, [c for c in firm if same_day(f.when, c.when)]) for f in usable if f.quote]
    alone = [finding for finding, beside in told if not beside]
    opposed = [f for f, beside in told if beside and all(c.value != f.value for c in beside)]
    return [*coded, *alone], tuple(opposed)


def _absence(chart: Chart, fact: Fact, window: Window, level: str) -> Gap:
    """Describe the lack of a finding: it may stand in a report that could not be had, or read."""
    absence = chart.absence(fact, window, level)
    if absence.reason is not Reason.MISSING or fact.kind is not Kind.FINDING:
        return absence
    if (lack := chart.lack(Kind.IMAGING)) is not None:
        return lack._replace(level=level)
    for report in unread(chart, window, level):
        proof = report.proof()
        return Gap(Reason.UNPARSEABLE, fact.name, str(window), report.trouble, proof, level)
    return absence


def of_patient(chart: Chart, fact: Fact, window: Window) -> Seen:
    """Look up a finding about the patient as a whole, whichever level it names or not."""
    return _all_of_kind(chart, fact, window, chart.findings.get(fact.name, ()))


def of_patient_at(chart: Chart, fact: Fact, level: str, window: Window) -> Seen:
    """Look up a finding about the patient as a whole, unless it names other levels only."""
    every = chart.findings.get(fact.name, ())
    own = tuple(
        finding
        for finding in every
        if finding.level in ("", level) and (finding.covers is None or level in finding.covers)
    )
    return _all_of_kind(chart, fact, window, own)


def _all_of_kind(chart: Chart, fact: Fact, window: Window, every: tuple[Finding, ...]) -> Seen:
    """Choose the newest among findings that all speak of the same thing."""
    latest = newest(finding for finding in every if finding.final)
    tentative = as_new([finding for finding in every if not finding.final], latest)
    loose = [hint for hint in chart.hints.get(fact.name, ()) if not hint.level]
    absence, doubt = chart.absence(fact, window), chart.lack(fact.kind)
    hints = as_new(loose, latest)
    return Seen(chart, window, latest, tentative, (), absence, doubt, hints=hints)


def applies(chart: Chart, finding: Finding, level: str) -> bool:
    """Tell whether a finding speaks of a level.

    A named level must be the level. A statement without one speaks of every level it covers when
    it is negative; a positive one only of the single level that can be meant (rules.md 1.5).
    """
    if finding.level:
        return finding.level == level
    if finding.covers is not None and level not in finding.covers:
        return False
    if not is_abnormal(finding) and finding.covers is not None:
        return True
    others = abnormal_levels(chart) - {level}
    return chart.targets == (level,) and not chart.doubtful and not others


def abnormal_levels(chart: Chart) -> frozenset[str]:
    """Name all levels at which some imaging finding is abnormal."""
    return chart.once("abnormal levels", lambda: _abnormal_levels(chart))


def _abnormal_levels(chart: Chart) -> frozenset[str]:
    """Look through the findings for abnormal ones with a level."""
    return frozenset(
        finding.level
        for findings in chart.findings.values()
        for finding in findings
        if finding.level and is_abnormal(finding)
    )


def is_abnormal(finding: Finding) -> bool:
    """Tell whether a finding is not plainly a normal one; what is unreadable is not normal."""
    if finding.fact == "fluid-sensitive-sequence":
        return False
    if finding.fact == "pedicle-visible":
        return finding.value is not True
    if isinstance(finding.value, Measured):
        return finding.value.high is None or finding.value.high > 0
    return finding.value not in (False, "none")


def onset_of_pain(chart: Chart) -> When | None:
    """Give the onset of the present pain episode, as the newest statement of it says."""
    latest = newest(chart.findings.get("pain-onset", ()))
    moments = [finding.moment for finding in latest if finding.moment]
    return max(moments, key=lambda moment: moment.latest) if moments else None


def precedes_onset(when: When | None, onset: When | None) -> bool:
    """Tell whether imaging may be older than the present pain, whose last day still counts.

    Of an onset known to the month the end is taken: the less favourable reading (rules.md 1.1).
    """
    if onset is None or when is None or when.earliest is None:
        return False
    return when.earliest.date() < onset.latest.date()


def studies_of(chart: Chart, modality: str, level: str, window: Window) -> tuple[Study, ...]:
    """List the final studies of a modality in the window that show a level for certain."""
    return tuple(
        study
        for study in chart.studies
        if study.modality == modality
        and not study.bone_scan
        and study.final
        and study.covers is not None
        and level in study.covers
        and window.age_of(study.when, chart.now) is Age.INSIDE
    )


def seen_anywhere(chart: Chart, fact: Fact, window: Window) -> Answer:
    """Ask whether a finding is present at any level, or without one."""
    every = chart.findings.get(fact.name, ())
    said = (*every, *chart.hints.get(fact.name, ()))
    levels = {finding.level for finding in said if finding.level} | set(chart.targets)
    loose = tuple(finding for finding in every if not finding.level)
    places = [seen(chart, fact, level, window) for level in sorted(levels)]
    places.append(_all_of_kind(chart, fact, window, loose))
    answers = [place.says(value=True) for place in places]
    told = [a for a in answers if a.reason not in (Reason.MISSING, Reason.STALE)]
    return any_of(told).doubted(chart.lack(fact.kind))


def stated(chart: Chart, fact: Fact, window: Window, *, value: bool | str) -> Answer:
    """Ask whether the newest statement about the patient as a whole has a value; none is a no.

    One that has the value but is too old, without a date or unreadable leaves it unknown.
    """
    newest_ones = of_patient(chart, fact, window)
    if any(f.value in (value, None) for f in (*newest_ones.findings, *newest_ones.tentative)):
        return newest_ones.says(value)
    return Answer.no().doubted(newest_ones.doubt)


EDEMA: Final = imaging_finding("marrow-edema")
CLEFT: Final = imaging_finding("intravertebral-cleft")
FLUID: Final = imaging_finding("fluid-sensitive-sequence")
FRACTURES: Final = ("vcf_osteoporotic", "vcf_neoplastic", "vcf_other")


def fluid_sensitive(
    chart: Chart, level: str, window: Window, since: When | None, of: tuple[Proof, ...] = ()
) -> Answer:
    """Tell whether a fluid-sensitive sequence of a level is proven: by a finding or a series.

    `of` are the findings that rest on it: then it must be of the same day as one of them.
    """
    finding = seen(chart, FLUID, level, window, MRI, since)
    said = finding.proven(value=True)
    days = {proof.when for proof in of}
    proofs = [proof for proof in said.only_proofs() if not days or proof.when in days]
    proofs += [
        study.proof("fluid_sensitive")
        for study in studies_of(chart, "MR", level, window)
        if study.fluid_sensitive
        and not precedes_onset(study.when, since)
        and study.when
        and (not days or study.when.text in days)
    ]
    if proofs and said.truth is not NO:
        return Answer.yes(*proofs)
    return Answer.unknown(*said.missing, Gap(Reason.MISSING, FLUID.name, level=level))


def mri_exists(chart: Chart, level: str, window: Window) -> bool:
    """Tell whether an MRI in the window shows the level, may show it, or could not be asked for."""
    if chart.lack(Kind.IMAGING) or chart.lack(Kind.FINDING):
        return True
    return any(
        study.modality == "MR"
        and not study.bone_scan
        and (study.covers is None or level in study.covers)
        and window.age_of(study.when, chart.now) is not Age.OUTSIDE
        for study in chart.studies
    )


def painful(chart: Chart, level: str, window: Window) -> Answer:
    """Tell whether a level is shown to hurt (rules.md 9.11)."""
    stated_so = [
        seen(chart, examination(name), level, window).proven(value=True)
        for name in ("level-symptomatic", "midline-tenderness")
    ]
    if chart.targets == (level,) and not abnormal_levels(chart) - {level}:
        stated_so += [has_condition(chart, name) for name in FRACTURES]
    return any_of(stated_so)


def uncertain_mri(chart: Chart, level: str, window: Window) -> list[Gap]:
    """Name MRIs that may show the level but cannot count: no region, no date, or not final."""
    gaps = []
    for study in chart.studies:
        age = window.age_of(study.when, chart.now)
        may_show = study.covers is None or level in study.covers
        if study.modality != "MR" or study.bone_scan or not may_show or age is Age.OUTSIDE:
            continue
        detail = "no_region" if study.covers is None else "" if study.final else "only_preliminary"
        detail = detail or ("" if age is Age.INSIDE else undated_or(age, study.when))
        if detail:
            gaps.append(Gap(Reason.UNPARSEABLE, "mri", str(window), detail, study.proof(), level))
    return gaps
