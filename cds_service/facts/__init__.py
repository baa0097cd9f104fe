"""Facts: from FHIR resources to a chart; each reader stands beside its codes."""
