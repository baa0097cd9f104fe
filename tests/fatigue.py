"""How many cards an order gets, and whether each is worth reading (rules.md 1.7).

The corpus is every patient story, and every story once more with the record of another one put
into its chart, so that findings meet that no author thought of together. Run it for the report:
`python -m tests.fatigue`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median
from typing import Any
from zoneinfo import ZoneInfo

from cds_service.advise import Advice, advice_for
from cds_service.catalog import load_catalog
from cds_service.clinical.procedure import Procedure
from cds_service.settings import load_settings
from cds_service.stories import Story, moved, story_of_folder

PATIENTS = Path(__file__).parent.parent / "fhir_fixtures" / "patients"
ZONE = ZoneInfo("UTC")
STRIDE = 37
"""How far apart two stories stand that are put together: not neighbours, which are alike."""


@dataclass(frozen=True, slots=True)
class Told:
    """One story of the corpus with what came of it."""

    name: str
    advice: Advice


def corpus(procedure: Procedure) -> Iterator[Told]:
    """Tell every story, then every story with another one's record in its chart."""
    folders = sorted(path for path in PATIENTS.iterdir() if path.is_dir())
    stories = [story_of_folder(folder, procedure) for folder in folders]
    for story in stories:
        yield Told(story.name, tell(story, procedure))
    for index, story in enumerate(stories):
        other = stories[(index + STRIDE) % len(stories)]
        both = together(story, other)
        yield Told(both.name, tell(both, procedure))


def tell(story: Story, procedure: Procedure) -> Advice:
    """Play one story."""
    evidence = story.evidence()
    return advice_for(story.request(), procedure, lambda *_: evidence, story.now(ZONE))


def together(story: Story, other: Story) -> Story:
    """Put all that another record holds into a chart, on its day and under its patient."""
    text = json.dumps(other.bundle).replace(f"Patient/{other.patient}", f"Patient/{story.patient}")
    added = moved(json.loads(text), story.today - other.today)
    entries = [one for one in added.get("entry", ()) if _is_record(one)]
    bundle = {**story.bundle, "entry": [*story.bundle["entry"], *entries]}
    return replace(story, name=f"{story.name} + {other.name}", bundle=bundle, expects={})


def _is_record(entry: Any) -> bool:
    """Take what belongs to a record; the other patient is somebody else."""
    resource = entry.get("resource", {})
    return resource.get("resourceType") not in {None, "Patient", "OperationOutcome"}


def alike(advice: Advice) -> list[tuple[str, str]]:
    """List pairs of cards that say the same: one rule on two cards, or one text in two places."""
    pairs = []
    cards = advice.cards
    for index, first in enumerate(cards):
        for second in cards[index + 1 :]:
            same_words = _reason(first.summary) == _reason(second.summary)
            if set(first.rules) & set(second.rules) or same_words:
                pairs.append((first.summary, second.summary))
    return pairs


def _reason(summary: str) -> str:
    """Take what a summary says after the order that it is about."""
    return summary.partition(": ")[2]


def without_level(advice: Advice) -> list[str]:
    """List summaries that name no level though the order names one."""
    chart = advice.chart
    if chart is None or not chart.targets:
        return []
    return [
        card.summary
        for card in advice.cards
        if not any(level in card.summary for level in chart.targets)
        and f"{len(chart.targets)} levels" not in card.summary
    ]


def report(told: Sequence[Told]) -> str:
    """Write the figures: cards per order, and which rules stand on them."""
    counts = [len(one.advice.cards) for one in told if one.advice.cards]
    spread = Counter(counts)
    topics = Counter(
        f"{card.indicator.value:8} {card.source.topic.code if card.source.topic else ''}"
        for one in told
        for card in one.advice.cards
    )
    grave = Counter(one.advice.cards[0].indicator.value for one in told if one.advice.cards)
    lines = [
        f"orders with cards: {len(counts)}",
        f"cards per order: median {median(counts):g}, mean {mean(counts):.2f}, most {max(counts)}",
        "orders by number of cards: " + ", ".join(f"{n}: {spread[n]}" for n in sorted(spread)),
        "gravest card: " + ", ".join(f"{name} {grave[name]}" for name in sorted(grave)),
        "cards by topic:",
        *(f"  {count:5} {topic}" for topic, count in topics.most_common()),
    ]
    return "\n".join(lines)


def main() -> None:
    """Print the report."""
    procedure = load_catalog(load_settings({})).procedures[0]
    told = list(corpus(procedure))
    print(report(told))
    for one in told:
        for first, second in alike(one.advice):
            print(f"ALIKE in {one.name}:\n  {first}\n  {second}")


if __name__ == "__main__":
    main()
