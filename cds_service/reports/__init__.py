"""Radiology reports: from free text to findings, each with the words that say so (rules.md 1.6).

`read.py` is the whole way. In its order:

- the text: `folded` (one spelling), `quoted` (words put right), `tables`, `run_on` (dictation),
  `layout` (sections, clauses)
- what a sentence names: `line`, `spots` (where phrases may stand), `levels`, `mentions`, `hits`
- how it is meant: `scope` (denied, hedged, asked) with `reach`; `unproven`, `doubted`, `joined`,
  `since` and `around` (denials that prove nothing, are of another time or in an order of their
  own); `denied`, `meant`
- which vertebra it is about: `places`, `beside`, `kinds`, `topics`, `lines`
- what it is worth: `values`, `amounts`, `lost`, `ages`
- statements: `named`, `vertebrae`, `answers`, `echoes`; together in `withdrawn` (what a
  report takes back), `corrections` and `merge`
- for the chart: `telling`

Words stand in `phrases.toml` (`grammar` says how they are written, `phrases` makes them ready);
sentences with what must be read from them in `tests/reports/sentences.toml`. `budget` bounds the
work.
"""
