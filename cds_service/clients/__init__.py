"""The EHRs that may call: who they are, their keys, and how their tokens are checked."""
