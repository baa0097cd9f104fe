"""Every error of this service, and who must act.

CdsError
|-- ContentError         the maintainers: a card file, code list or setting does not fit together
|-- SettingsError        the operator: the environment says something that cannot be
|-- OtherSide            whoever runs the server that a command was sent to
`-- RequestError         the caller
    |-- BadRequest       400: not JSON, or a field is missing or wrong
    |-- Unauthorized     401: who calls could not be proven
    |-- NotFound         404: no such service
    |-- TooLarge         413: larger than the limits in the settings
    |-- NotJson          415: the body is not declared as JSON
    |-- DataUnavailable  412: nothing that is needed was supplied or could be reached
    |-- TooMany          429: more requests than the client may send
    |-- Crowded          503: more requests wait than can be answered in time
    `-- Unavailable      503: not now; the keys of the caller cannot be had
"""

from __future__ import annotations


class CdsError(Exception):
    """The root of all errors that this service raises on purpose."""


class ContentError(CdsError):
    """Clinical content that does not fit together; stops the start, never reaches a request."""


class SettingsError(CdsError):
    """A setting that is unknown or cannot be used; stops the start."""


class OtherSide(CdsError):
    """A server that a command was sent to cannot be used; the message is one line."""


class RequestError(CdsError):
    """A request that cannot be answered; the message is ours and holds no patient data.

    `issue` is the FHIR IssueType code and `expression` the JSON path of the field at fault.
    """

    status = 400
    issue = "invalid"
    retry_after = 0
    """Seconds after which it may be tried again; 0 where that would change nothing."""

    def __init__(self, message: str, expression: str = "") -> None:
        """Keep the message for the caller and the path of the field at fault."""
        super().__init__(message)
        self.expression = expression


class BadRequest(RequestError):
    """The request is not what CDS Hooks 2.0.1 asks for."""

    status = 400
    issue = "invalid"


class Unauthorized(RequestError):
    """Nothing proves who calls; the caller is never told what was wrong."""

    status = 401
    issue = "login"

    def __init__(self) -> None:
        """Say the same in every case (conformance 8.10)."""
        super().__init__("a valid token is needed")


class NotFound(RequestError):
    """There is no such service or resource."""

    status = 404
    issue = "not-found"


class TooLarge(RequestError):
    """The body is larger, or nested deeper, than the settings allow."""

    status = 413
    issue = "too-long"


class NotJson(RequestError):
    """The body is not declared as JSON."""

    status = 415
    issue = "not-supported"


class DataUnavailable(RequestError):
    """Nothing that is needed was supplied, and nothing could be reached."""

    status = 412
    issue = "incomplete"


class TooMany(RequestError):
    """More requests, or more at once, than are registered for the client."""

    status = 429
    issue = "throttled"

    def __init__(self, retry_after: int) -> None:
        """Keep after how many seconds there is room again."""
        super().__init__("more requests than this client may send; try again later")
        self.retry_after = retry_after


class Unavailable(RequestError):
    """Something of ours or of the client cannot be reached now, and nothing goes without it."""

    status = 503
    issue = "transient"
    retry_after = 10


class Crowded(RequestError):
    """More requests are waiting than can be answered in time."""

    status = 503
    issue = "throttled"
    retry_after = 1

    def __init__(self) -> None:
        """Say the same in every case."""
        super().__init__("more requests than can be answered in time; try again")
