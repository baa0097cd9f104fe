"""The content of an invented procedure: its words, papers, drafts and override reasons."""

from __future__ import annotations

from cds_service.clinical.card import Coding
from cds_service.clinical.procedure import Draft, Paper, Phrases

CANONICAL = "https://cds.example.org:8443/base"

TEXTS = {
    "checks_summary": "$count of $total open: $first",
    "checks_intro": "Open is not clear.",
    "clear_summary": "$total done, nothing found",
    "clear_detail": "This is no approval.",
    "scope_summary": "not for children",
    "scope_detail": "No check was made.",
    "found": "Found",
    "limits": "Limits",
    "not_known": "Not known",
    "changes": "What would change this",
    "sources": "Sources",
    "dissent": "Dissent",
    "checked_clear": "Clear:",
    "clear_by_text": "Clear by words:",
    "outweighed": "Outweighed",
    "not_recorded": "Not recorded here:",
    "data_state": "Not read in full: $sources.",
    "order_line": "Order: $order.",
    "source_label": "Our checks",
    "closing": "Advice only.",
    "gaps_found": "To be done",
    "plan_summary": "for the plan: $first",
    "plan_intro": "For the plan",
    "switched_off": "Off at $site: $rules.",
}

REASONS = {
    "missing": "no $what in the last $window: $shown $detail",
    "missing_plain": "no $what: $shown $detail",
    "unstated": "$what not on record in the last $window: $shown $detail",
    "unstated_plain": "$what not on record: $shown $detail",
    "unread": "$shown: $detail, so these cannot be judged: $what",
    "unread_briefly": "$shown: $detail",
    "stale": "no current $what: $shown $detail",
    "unparseable": "$what cannot be judged: $shown $detail",
    "conflicting": "$what: $shown $detail",
    "suspected": "$what: $shown $detail",
    "source-error": "$what could not be asked: $detail",
}

PHRASES = Phrases(
    facts={
        "inr": "INR",
        "laboratory": "laboratory results",
        "trial or error": "the whole phrase",
        "drug_stopped.yes": "drug stated as stopped",
        "aspirin_dipyridamole": "aspirin/dipyridamole",
    },
    reasons=REASONS,
    details={"no_unit": "without a unit", "old": "too old"},
    valued=frozenset({"inr", "edema"}),
    results=frozenset({"inr"}),
)

PAPERS = {
    "guide": Paper("guide", "Guide 2020", "A guide.", "https://doi.org/10.1/guide", "full text"),
    "board": Paper("board", "Board", "A board.", "", "full text"),
    "operational": Paper("operational", "Our own default", "None.", "https://ours.example", "-"),
}


def coding(code: str, display: str = "") -> Coding:
    """Make a LOINC coding."""
    return Coding("http://loinc.org", code, display or f"Name of {code}")


DRAFTS = {
    one.key: one
    for one in (
        Draft("inr", "Order INR", "order", text="INR", codes=(coding("6301-6"),)),
        Draft("two", "Order two", "order", text="Two", codes=(coding("1-8"), coding("2-6"))),
        Draft(
            "mri",
            "Order MRI",
            "order",
            text="Spine MRI",
            note="with STIR",
            by_region={
                "thoracic": coding("36532-0", "MR thoracic"),
                "lumbar": coding("30679-5", "MR lumbar"),
                "both": coding("36531-2", "MR spine"),
            },
        ),
        Draft(
            "ct",
            "Order CT",
            "order",
            text="Spine CT",
            by_region={
                "thoracic": coding("30597-9", "CT thoracic"),
                "lumbar": coding("30620-9", "CT lumbar"),
            },
        ),
        Draft("ask", "Ask surgery", "order", text="Consultation: surgery", priority="urgent"),
        Draft("hold", "Plan the hold", "task", text="Plan", note="The prescriber decides."),
        Draft("look", "Examine", "task", text="Examine the legs"),
        Draft("split", "Split", "split", text="Second session"),
        Draft("cancel", "Delete this draft", "delete"),
    )
}


def _reasons(key: str) -> tuple[Coding, ...]:
    return (Coding("urn:ours", key, f"Because {key}"),)


OVERRIDES = {
    key: _reasons(key)
    for key in (
        *("treatment-elsewhere", "equivalent-imaging-outside", "reviewed-by-specialist"),
        *("patient-preference", "data-outdated", "corrected", "other"),
    )
} | {
    "benefit": (
        Coding("urn:ours", "benefit", "Benefit"),
        Coding("urn:published", "risk-benefit-ratio", "Benefit"),
    )
}
