"""Certificate authorities of a site: trusted for outgoing TLS beside the public ones."""

from __future__ import annotations

import ssl
from pathlib import Path

from cds_service.errors import SettingsError

_LARGEST = 1 << 20


def authorities_of(path: Path | None) -> str:
    """Read a file of certificates (PEM); empty without one.

    SettingsError for a file that holds none, one that cannot be read, or a private key: that has
    no business here.
    """
    if path is None:
        return ""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        msg = f"CDS_CA_FILE: {path} cannot be read as PEM ({type(error).__name__})"
        raise SettingsError(msg) from None
    if "PRIVATE KEY" in text:
        msg = f"CDS_CA_FILE: {path} holds a private key; only certificates belong there"
        raise SettingsError(msg)
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if len(text) <= _LARGEST:
            trusted.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):  # some are read before the one that is broken
        trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not trusted.get_ca_certs():
        msg = f"CDS_CA_FILE: {path} must hold certificates of authorities (PEM), and nothing broken"
        raise SettingsError(msg)
    return text
