"""Tests of the questions, one file per rule."""
