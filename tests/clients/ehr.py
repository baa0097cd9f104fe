"""An EHR as it should be: keys of its own, a key set on a real HTTP server, right tokens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

NOW = 1_795_253_400
"""2026-11-21 09:30 UTC, the moment of the tests of the wire."""

ISSUER = "https://fhir.ehr.example/r4"
PUBLIC = "https://cds.example"
SELECT = f"{PUBLIC}/cds-services/vertebral-augmentation"


@cache
def private(name: str) -> Any:
    """Make a key once: its name begins with its algorithm."""
    kind = name.partition("-")[0]
    if kind.startswith(("RS", "PS")):
        return rsa.generate_private_key(65537, 1024 if "small" in name else 2048)
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    return ec.generate_private_key(curves[kind]) if kind in curves else ed(name)


@cache
def ed(name: str) -> ed25519.Ed25519PrivateKey:
    """Make an Ed25519 key once."""
    del name
    return ed25519.Ed25519PrivateKey.generate()


def jwk(name: str, **more: Any) -> dict[str, Any]:
    """Write the public key as a JWK, with its name as its id."""
    public = private(name).public_key()
    kind = name.partition("-")[0]
    if kind.startswith(("RS", "PS")):
        written: dict[str, Any] = RSAAlgorithm.to_jwk(public, as_dict=True)
    elif kind.startswith("ES"):
        written = ECAlgorithm.to_jwk(public, as_dict=True)
    else:
        written = OKPAlgorithm.to_jwk(public, as_dict=True)
    written.pop("key_ops", None)
    return {**written, "kid": name, "use": "sig", **more}


def key_set(*names: str) -> dict[str, Any]:
    """Write a key set."""
    return {"keys": [jwk(name) for name in names]}


_COUNT = iter(range(1 << 30))


def claims(**changed: Any) -> dict[str, Any]:
    """Say what a right token says; None leaves a claim out."""
    right = {
        "iss": ISSUER,
        "aud": SELECT,
        "iat": NOW,
        "exp": NOW + 300,
        "jti": f"jti-{next(_COUNT)}",
    }
    return {name: value for name, value in {**right, **changed}.items() if value is not None}


def token(
    said: dict[str, Any] | None = None, name: str = "ES384-a", alg: str = "", **header: Any
) -> str:
    """Sign a token; None leaves a member of the header out."""
    whole = {"typ": "JWT", "kid": name, **header}
    made = {key: value for key, value in whole.items() if value is not None}
    algorithm = alg or name.partition("-")[0]
    payload = json.dumps(claims() if said is None else said).encode()
    if "typ" not in made:
        made["typ"] = ""
    return jwt.PyJWS().encode(payload, private(name), algorithm, headers=made)


def bearer(text: str) -> dict[str, str]:
    """Write the header."""
    return {"Authorization": f"Bearer {text}"}


@dataclass
class KeyServer:
    """A server of one key set, and how often it was asked."""

    url: str = ""
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def serve(self, *names: str) -> None:
        """Serve these keys from now on."""
        self.body = json.dumps(key_set(*names)).encode()


@contextmanager
def key_server(*names: str) -> Iterator[KeyServer]:
    """Run a server on loopback."""
    about = KeyServer()
    about.serve(*names)
    about.gate.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            about.asked.append(self.path)
            about.gate.wait(10)
            self.send_response(about.status)
            for key, value in about.headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(about.body)))
            self.end_headers()
            self.wfile.write(about.body)

        def log_message(self, *args: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: object) -> None:
            """Say nothing: clients may leave in the middle."""

    server = Quiet(("127.0.0.1", 0), Handler)
    about.url = f"http://127.0.0.1:{server.server_port}/jwks.json"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield about
    finally:
        about.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()
