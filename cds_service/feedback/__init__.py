"""Keeping which cards went out, and what was done with them."""
