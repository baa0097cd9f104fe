"""Tests of what cards say: few of them, in our words, with nothing of the record as markup."""
