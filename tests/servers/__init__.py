"""Real FHIR servers, started by the tests: what our fake one cannot know shows here."""
