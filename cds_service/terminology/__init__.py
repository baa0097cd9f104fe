"""A site's terminology server, asked what lies below listed codes: never within a request."""
