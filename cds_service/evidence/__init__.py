"""Getting FHIR resources: from the request's prefetch, from the client's server, from a Bundle."""
