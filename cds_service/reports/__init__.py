"""Radiology reports: from free text to findings, each with the words that say so (rules.md 1.6).

`read.py` is the whole way. In its order:

- the text: `folded` (one spelling), `quoted` (words put right), `forms` (how they are filled
  in), `tables`, `run_on` (dictation), `layout` (sections, clauses)
- what a sentence names: `line`, `spots` (where phrases may stand), `levels`, `mentions`, `hits`
- how it is meant: `scope` (denied, hedged, asked) with `reach`; `unproven` and what it asks:
  `doubted`, `turned` (by what stands behind), `qualified` (a kind or part), `joined`; `since` and
  `around` (of another time, in an order of their own); `denied`, `meant`; `excepted` (levels left
  out), `unseen` (levels not imaged, which no denial clears)
- which vertebra it is about: `places`, `beside`, `kinds`, `topics`, `lines`
- what it is worth: `values`, `amounts`, `lost`, `ages`
- statements: `named`, `vertebrae`, `answers`, `echoes`; together in `announced`, `withdrawn`
  (what a report takes back), `corrections` and `merge`
- for the chart: `telling`

Words stand in `phrases.toml` (`grammar` says how they are written, `phrases` makes them ready);
sentences with what must be read from them in `tests/reports/sentences.toml`. `budget` bounds the
work.
"""
