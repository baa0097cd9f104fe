"""Radiology reports: from free text to findings, each with the words that say so (rules.md 1.6)."""
