"""A printer's operations over HTTP (RFC 8010, 4; RFC 8011, 4): ask, create, send, look after, cancel.

In: the printer's URI, attributes, a file. Out: answers; a document's bytes on the wire, a chunk at a time. Never: holds a
document in memory; finishes a document whose bytes are not those that were asked for; asks twice for what prints.
"""

from __future__ import annotations

import hashlib
import http.client
import itertools
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from printstream.base.errors import DeliveryError, UsageError
from printstream.base.files import Seal
from printstream.base.frozen import frozen
from printstream.delivery import ippcodec as ipp

# Operations (RFC 8011, 5.4.15).
PRINT_JOB, VALIDATE_JOB, CREATE_JOB, SEND_DOCUMENT, CANCEL_JOB = 0x02, 0x04, 0x05, 0x06, 0x08
GET_JOB_ATTRIBUTES, GET_JOBS, GET_PRINTER_ATTRIBUTES = 0x09, 0x0A, 0x0B

NOT_FOUND, GONE = 0x0406, 0x0407
_BUSY = frozenset({0x0502, 0x0505, 0x0506, 0x0507})
"""The printer cannot now, and took nothing (RFC 8011, B.1.5)."""
_CLOSED = frozenset({0x0506, 0x0507})
"""Of these, what is sure with a document too."""
_STATUS = {
    0x0400: "bad request",
    0x0401: "forbidden",
    0x0402: "it wants a login, which is not supported",
    0x0403: "not authorized",
    0x0404: "not possible",
    0x0405: "it timed out",
    NOT_FOUND: "there is no such printer or job",
    GONE: "it is gone",
    0x0408: "the request is too large",
    0x040A: "it does not support the document format",
    0x040B: "it does not support some attributes or their values",
    0x040C: "it does not support the URI scheme",
    0x040D: "it does not support the character set",
    0x040E: "attributes contradict each other",
    0x0410: "the document's compression is not supported",
    0x0412: "the document's format is wrong",
    0x0500: "an internal error",
    0x0501: "it does not support the operation",
    0x0502: "the service is not available",
    0x0503: "it does not support the version of IPP",
    0x0504: "an error of the device",
    0x0505: "a passing error",
    0x0506: "it does not accept jobs",
    0x0507: "it is busy",
    0x0508: "the job was canceled",
    0x0509: "it does not take several documents a job",
}
_PORT = 631
_CHUNK_BYTES = 1 << 18
_MOST_ANSWER_BYTES = 16 << 20
_WAITS_S = (1.0, 2.0, 4.0, 8.0, 16.0)


@frozen
class PrinterUri:
    """Where a printer is.

    Attributes:
        uri: as IPP has it, without a login.
        host, port, path: as HTTP has it.
        is_secure: whether TLS is used.
    """

    uri: str
    host: str
    port: int
    path: str
    is_secure: bool

    @classmethod
    def of(cls, word: str) -> PrinterUri:
        """Read ``ipp://host:port/path`` or ``ipps://...`` (RFC 3510, RFC 7472).

        Raises:
            UsageError: when it is neither.
        """
        try:
            parts = urlsplit(word)
            port = parts.port or _PORT
        except ValueError:
            parts, port = urlsplit(""), 0
        if parts.scheme not in ("ipp", "ipps") or not parts.hostname or parts.username is not None:
            what = "this is no printer's URI"
            next_step = "Write ipp://host:631/ipp/print or ipps://host:631/ipp/print, without a login"
            raise UsageError(what, where="--printer", next_step=next_step)
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        path = parts.path or "/"
        return cls(
            f"{parts.scheme}://{host}:{port}{path}", parts.hostname, port, path, parts.scheme == "ipps"
        )


class ConnectError(DeliveryError):
    """The printer cannot be reached: nothing was asked."""


class BrokenError(DeliveryError):
    """The connection broke in the middle: what the printer has got is not known."""


class RefusedError(DeliveryError):
    """The printer answered that it does not.

    Args:
        status: the status code of IPP.
    """

    def __init__(self, what: str, status: int, where: str, next_step: str = "") -> None:
        super().__init__(what, where=where, next_step=next_step)
        self.status = status

    @property
    def took_nothing(self) -> bool:
        """Whether it is the request's fault, or the printer was not open for it (RFC 8011, B.1.4 and B.1.5)."""
        return 0x0400 <= self.status < 0x0500 or self.status in _CLOSED


@frozen
class Document:
    """A file to be sent, and what it must be."""

    path: Path
    seal: Seal


class Printer:
    """One printer.

    Args:
        where: its URI.
        timeout_s: longest silence on the wire.
        ca_file: certificates to trust besides the system's; only with TLS.
        tries: how often what takes nothing is tried.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        where: PrinterUri,
        timeout_s: float = 60.0,
        ca_file: Path | None = None,
        tries: int = 4,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.where = where
        self._timeout_s = timeout_s
        self._tries = tries
        self._sleep = sleep
        self._ids = itertools.count(1)
        self._tls = _tls(ca_file) if where.is_secure else None

    # ---- operations

    def attributes(self) -> ipp.Attributes:
        """Everything that the printer says of itself (Get-Printer-Attributes)."""
        asked = {"requested-attributes": ipp.many(ipp.KEYWORD, ("all", "media-col-database"))}
        return self._ask(GET_PRINTER_ATTRIBUTES, asked).group(ipp.PRINTER)

    def validate(self, operation: ipp.Attributes, job: ipp.Attributes) -> None:
        """Ask whether it would take such a job (Validate-Job)."""
        self._ask(VALIDATE_JOB, operation, job)

    def create(self, operation: ipp.Attributes, job: ipp.Attributes) -> int:
        """Make a job without a document, which prints nothing; give its id (Create-Job)."""
        return _job_id(self._ask(CREATE_JOB, operation, job), self.where.uri)

    def send(self, job_id: int, operation: ipp.Attributes, document: Document) -> None:
        """Send a job's one document (Send-Document); once."""
        asked = {
            **self._job(job_id),
            **operation,
            "last-document": ipp.one(ipp.BOOLEAN, data=True),
        }
        self._exchange(SEND_DOCUMENT, asked, {}, document)

    def print_job(self, operation: ipp.Attributes, job: ipp.Attributes, document: Document) -> int:
        """Make a job with its document at once, for printers without Create-Job; once, but for one that is closed."""
        for wait_s in _WAITS_S[: self._tries - 1]:
            try:
                return _job_id(self._exchange(PRINT_JOB, operation, job, document), self.where.uri)
            except RefusedError as error:
                if error.status not in _CLOSED:
                    raise
            self._sleep(wait_s)
        return _job_id(self._exchange(PRINT_JOB, operation, job, document), self.where.uri)

    def cancel(self, job_id: int) -> None:
        """Cancel a job (Cancel-Job)."""
        self._ask(CANCEL_JOB, self._job(job_id))

    def job(self, job_id: int) -> ipp.Attributes:
        """What became of a job (Get-Job-Attributes)."""
        names = ("job-id", "job-name", "job-state", "job-state-reasons", "job-impressions-completed")
        asked = {**self._job(job_id), "requested-attributes": ipp.many(ipp.KEYWORD, names)}
        return self._ask(GET_JOB_ATTRIBUTES, asked).group(ipp.JOB)

    def jobs(self, which: str) -> list[ipp.Attributes]:
        """Names, ids and states of its jobs (Get-Jobs)."""
        names = ("job-id", "job-name", "job-state")
        asked = {
            "which-jobs": ipp.one(ipp.KEYWORD, which),
            "requested-attributes": ipp.many(ipp.KEYWORD, names),
        }
        return [attributes for tag, attributes in self._ask(GET_JOBS, asked).groups if tag == ipp.JOB]

    # ---- exchanges

    def _job(self, job_id: int) -> ipp.Attributes:
        return {"job-id": ipp.one(ipp.INTEGER, job_id)}

    def _ask(self, operation: int, asked: ipp.Attributes, job: ipp.Attributes | None = None) -> ipp.Message:
        """Ask what prints nothing; again, a few times, where the printer cannot be reached or is busy."""
        for wait_s in (*_WAITS_S[: self._tries - 1], None):
            try:
                return self._exchange(operation, asked, job or {})
            except (ConnectError, BrokenError):
                if wait_s is None:
                    raise
            except RefusedError as error:
                if wait_s is None or error.status not in _BUSY:
                    raise
            self._sleep(wait_s)
        raise AssertionError

    def _exchange(
        self,
        operation: int,
        asked: Mapping[str, list[ipp.Value]],
        job: ipp.Attributes,
        document: Document | None = None,
    ) -> ipp.Message:
        request_id = next(self._ids)
        # The first three in this order (RFC 8011, 4.1.4 and 4.1.5); the job's id follows its printer.
        first: ipp.Attributes = {
            "attributes-charset": ipp.one(ipp.CHARSET, "utf-8"),
            "attributes-natural-language": ipp.one(ipp.LANGUAGE, "en"),
            "printer-uri": ipp.one(ipp.URI, self.where.uri),
        }
        if "job-id" in asked:
            first["job-id"] = asked["job-id"]
        first["requesting-user-name"] = ipp.one(ipp.NAME, "printstream")
        groups = [(ipp.OPERATION, {**first, **asked})]
        if job:
            groups.append((ipp.JOB, job))
        head = ipp.encode(ipp.Message(operation, request_id, tuple(groups)))
        answer = ipp.decode(self._post(head, document))
        if answer.request_id != request_id:
            what = "the answer is to another request"
            raise BrokenError(what, where=self.where.uri, next_step="Look after the printer")
        _check_status(operation, answer, self.where.uri)
        return answer

    def _post(self, head: bytes, document: Document | None) -> bytes:
        """Send a request, give the answer's body."""
        connection = self._connected()
        length = len(head) + (document.seal.bytes if document else 0)
        headers = {"Content-Type": "application/ipp", "Content-Length": str(length), "Connection": "close"}
        parts = itertools.chain((head,), _document_parts(document)) if document else iter((head,))
        try:
            connection.request("POST", self.where.path, body=parts, headers=headers)
            response = connection.getresponse()
            body = response.read(_MOST_ANSWER_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            what = f"the connection broke: {_reason(error)}"
            raise BrokenError(what, where=self.where.uri, next_step="Look after the printer") from error
        finally:
            connection.close()
        if response.status != 200 or len(body) > _MOST_ANSWER_BYTES:
            raise self._no_ipp(response.status)
        return body

    def _no_ipp(self, status: int) -> DeliveryError:
        """HTTP's own refusals come before the request is looked at; others say nothing of it (RFC 8010, 3.4.2)."""
        if 400 <= status < 500:
            said = {
                401: "it wants a login, which is not supported",
                404: "there is no printer of this path",
                426: "it wants TLS, with ipps://",
            }
            what = f"the printer refused: {said.get(status, f'HTTP status {status}')}"
            return RefusedError(
                what, 0x0400, self.where.uri, "Check the path and rights of the printer's URI"
            )
        what = f"the printer's answer is no IPP message (HTTP status {status})"
        return BrokenError(what, where=self.where.uri, next_step="Look after the printer")

    def _connected(self) -> http.client.HTTPConnection:
        host, port = self.where.host, self.where.port
        connection = (
            http.client.HTTPConnection(host, port, timeout=self._timeout_s)
            if self._tls is None
            else http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=self._tls)
        )
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            what = f"the printer cannot be reached: {_reason(error)}"
            next_step = "Check its address, and its certificate with --ca FILE where it has its own"
            raise ConnectError(what, where=self.where.uri, next_step=next_step) from error
        return connection


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        what = "the certificates cannot be read"
        raise UsageError(what, where="--ca", next_step="Name a file of PEM certificates") from error


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    return getattr(error, "strerror", None) or type(error).__name__


def _document_parts(document: Document) -> Iterator[bytes]:
    """The file's bytes; the last ones only when all of them are what was released, so that nothing else is ever whole.

    Raises:
        DeliveryError: when the file has changed.
    """
    digest, length = hashlib.sha256(), 0
    held = b""
    for chunk in _chunks(document.path):
        digest.update(chunk)
        length += len(chunk)
        if held:
            yield held
        held = chunk
    if length != document.seal.bytes or digest.hexdigest() != document.seal.sha256:
        what = "the print file changed while it was sent; it was not sent whole"
        raise DeliveryError(what, where=document.path.name, next_step="Do not print this run")
    yield held


def _chunks(path: Path) -> Iterator[bytes]:
    """A file's bytes; its faults are not the connection's."""
    try:
        file = path.open("rb")
    except OSError as error:
        what = f"the print file cannot be read: {error.strerror}"
        raise DeliveryError(what, where=path.name, next_step="Do not print this run") from error
    with file:
        while True:
            try:
                chunk = file.read(_CHUNK_BYTES)
            except OSError as error:
                what = f"the print file cannot be read: {error.strerror}"
                raise DeliveryError(what, where=path.name, next_step="Do not print this run") from error
            if not chunk:
                return
            yield chunk


def _job_id(answer: ipp.Message, where: str) -> int:
    values = answer.group(ipp.JOB).get("job-id", [])
    if not values or not isinstance(values[0].data, int):
        what = "the printer took a job and does not say its id"
        raise BrokenError(what, where=where, next_step="Look after the printer")
    return values[0].data


def _check_status(operation: int, answer: ipp.Message, where: str) -> None:
    """Raise what is no success; to be told that some attributes would be ignored is a refusal (RFC 8011, 4.1.7)."""
    names = sorted(answer.group(ipp.UNSUPPORTED))
    if answer.code < 0x0100:
        if operation != VALIDATE_JOB or not names:
            return
        what = "the printer would take the job, but without what it was asked for"
    else:
        what = f"the printer refused: {_STATUS.get(answer.code, f'status 0x{answer.code:04x}')}"
    if names:
        what += f" ({', '.join(names)})"
    raise RefusedError(what, answer.code, where, "See printstream submit --dry-run for what was asked")
