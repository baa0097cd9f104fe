"""Tests of the nouns, and of the questions that several rules share."""
