"""Tests of the registered EHRs and of their tokens."""
