"""A CDS Hooks service that advises on orders for vertebral augmentation."""

__version__ = "0.1.0"
