"""The terminology server of a site."""
