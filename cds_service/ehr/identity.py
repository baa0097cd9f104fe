"""Who the EHR is that `try` and `doctor` play: tokens as a registered client signs them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import jwt
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from cds_service.clients.keys import ALGORITHMS
from cds_service.errors import BadRequest
from cds_service.evidence import strict

_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Identity:
    """A registered client, with its private key."""

    issuer: str
    kid: str
    algorithm: str
    key: PyJWK = field(repr=False)

    def token(self, url: str, now: float) -> str:
        """Sign a token for one call of a URL."""
        made = int(now)
        claims = {"iss": self.issuer, "aud": url, "iat": made, "exp": made + _SECONDS}
        claims["jti"] = str(uuid4())
        return jwt.encode(claims, self.key, self.algorithm, headers={"kid": self.kid})


def read_identity(issuer: str | None, file: Path | None) -> Identity | None:
    """Read the private key, a JWK with `kid` and `alg`; None where neither is given.

    BadRequest for what cannot be used; nothing of the key is ever repeated.
    """
    if issuer is None and file is None:
        return None
    if not issuer or file is None:
        msg = "a client is its --issuer and its --key together"
        raise BadRequest(msg)
    try:
        raw: Any = strict.loads(file.read_bytes())
        algorithm = ALGORITHMS[ALGORITHMS.index(raw["alg"])]
        identity = Identity(issuer, raw["kid"], algorithm, PyJWK(raw, algorithm))
        identity.token("", 0)  # a public key signs nothing
    except (OSError, ValueError, KeyError, TypeError, AttributeError, PyJWTError):
        msg = f"{file.name}: must be a private key as a JWK, with 'kid' and 'alg'"
        raise BadRequest(msg) from None
    return identity
