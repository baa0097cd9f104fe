"""Our terminology as FHIR R4 resources, made of the loaded content and written nowhere twice."""
