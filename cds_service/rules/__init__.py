"""The questions: one file each, found by being there."""
