"""The scoring service over HTTP, for this machine only. ``POST /score`` is all that it does."""

from __future__ import annotations

import hmac
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from assay.campaigns.blind.judge import Judge, RefusedError
from assay.campaigns.blind.vault import Vault

HOST = "127.0.0.1"
MOST_BYTES = 32_000_000
SECONDS = 30  # until a silent client is let go


class BlindServer(ThreadingHTTPServer):
    """The service, bound to this machine's loopback address; ``port`` 0 takes any free one."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, folder: Path, token: str, port: int = 0, per_hour: int = 30) -> None:
        """Open the folder and bind.

        Raises:
            ConfigurationError: others can look into the folder.
            OSError: the port is taken.
        """
        vault = Vault.open(folder)
        self.names = vault.names()
        self.judge = Judge(vault, per_hour)
        self.token = token
        super().__init__((HOST, port), _Handler)

    @property
    def url(self) -> str:
        """The address of the service."""
        return f"http://{HOST}:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: BlindServer
    server_version = "assay-blind"
    sys_version = ""
    timeout = SECONDS

    def do_POST(self) -> None:
        try:
            self._answer(200, self.server.judge.judge(self._submission()))
        except RefusedError as refused:
            self._answer(refused.status, {"error": str(refused)})
        except TimeoutError:
            self.close_connection = True
        except Exception:
            # The text of an unforeseen error may hold labels.
            self._answer(500, {"error": "the service failed; its log of errors says more"})
            raise

    def do_GET(self) -> None:
        self._answer(405, {"error": "POST a whole test set's predictions to /score"})

    def _submission(self) -> Any:
        if not hmac.compare_digest(
            self.headers.get("Authorization", "").encode(), f"Bearer {self.server.token}".encode()
        ):
            raise RefusedError(401, "a valid token is needed: Authorization: Bearer TOKEN")
        if self.path != "/score":
            raise RefusedError(404, "there is only /score")
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            raise RefusedError(411, "Content-Length is needed")
        if int(length) > MOST_BYTES:
            raise RefusedError(413, f"more than {MOST_BYTES} bytes")
        try:
            return json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            raise RefusedError(400, "the body is no JSON") from None

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body, ensure_ascii=False).encode()
        # The body of a refused request may be unread; a kept connection would take it for the next request.
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the library gives it
        """Say nothing: the vault's log holds every submission."""
