"""Readers: from FHIR resources to facts."""
