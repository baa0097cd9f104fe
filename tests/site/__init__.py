"""The file of a site: what it may change, and how plainly it is refused."""
