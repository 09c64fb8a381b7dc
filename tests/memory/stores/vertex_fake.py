"""Memory Bank's HTTP interface as it is documented, behind the real client and ADK's real service.

Scopes are compared as a whole, pages are of 3 memories unless asked for (at most 100), ids are unique, a memory
without a fact or with a scope that holds ``*`` is refused, revisions outlive their memories unless they are disabled.
"""

from __future__ import annotations

import itertools
import json
import re
import warnings
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from google.adk.memory import VertexAiMemoryBankService
from google.auth.credentials import AnonymousCredentials
from google.genai.errors import ClientError

from assay.memory.vertex import VertexStore

ENGINE = "reasoningEngines/456"
ADDRESS = "vertex://project/us-central1/456"


class FakeBank:
    """What one Agent Engine remembers.

    Attributes:
        memories: by name, as the service answers them.
        revisions: texts that the service would keep after their memory is gone.
        calls: methods and paths, in order.
        fail_after: creations that still succeed; None without end.
    """

    def __init__(self) -> None:
        self.memories: dict[str, dict[str, Any]] = {}
        self.revisions: list[str] = []
        self.calls: list[tuple[str, str]] = []
        self.fail_after: int | None = None
        self._numbers = itertools.count(1)

    def store(self, scope: str) -> VertexStore:
        return VertexStore(ADDRESS, scope, service=_Service(self))

    async def request(self, method: str, path: str, body: dict[str, Any], _options: Any = None) -> Any:
        self.calls.append((method, path))
        url = urlsplit(path)
        # What goes over the wire is JSON.
        return _Answer(self._answer(method, url.path, parse_qs(url.query), json.loads(json.dumps(body))))

    def _answer(self, method: str, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> dict[str, Any]:
        if method == "post" and path == f"{ENGINE}/memories":
            return self._create(query, body)
        if method == "post" and path == f"{ENGINE}/memories:retrieve":
            return self._retrieve(body)
        if method == "get" and path in self.memories:
            return self.memories[path]
        if method == "delete" and path in self.memories:
            del self.memories[path]
            return {"name": f"{path}/operations/1", "done": True}
        raise _refusal(404, "NOT_FOUND", f"{path} is not there")

    def _create(self, query: dict[str, list[str]], body: dict[str, Any]) -> dict[str, Any]:
        if self.fail_after is not None:
            self.fail_after -= 1
            if self.fail_after < 0:
                raise _refusal(429, "RESOURCE_EXHAUSTED", "quota exceeded\nfor memory writes")
        number = next(self._numbers)
        identity = query.get("memoryId", [f"m{number}"])[0]
        name = f"{ENGINE}/memories/{identity}"
        assert re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", identity)
        if name in self.memories:
            raise _refusal(409, "ALREADY_EXISTS", f"{name} is there already")
        scope = body["scope"]
        if not body.get("fact") or not scope or any("*" in value or not value for value in scope.values()):
            raise _refusal(400, "INVALID_ARGUMENT", "a fact and a scope without wildcards are required")
        made = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=number)
        metadata = {key: {"stringValue": value["string_value"]} for key, value in body.get("metadata", {}).items()}
        self.memories[name] = {
            "name": name,
            "fact": body["fact"],
            "scope": scope,
            "metadata": metadata,
            "createTime": made.isoformat().replace("+00:00", "Z"),
        }
        if not body.get("disableMemoryRevisions"):
            self.revisions.append(body["fact"])
        return {"name": f"{name}/operations/1", "done": True, "response": {"name": name}}

    def _retrieve(self, body: dict[str, Any]) -> dict[str, Any]:
        found = [m for m in self.memories.values() if m["scope"] == body["scope"]]
        asked = body.get("simpleRetrievalParams", {})
        begin, size = int(asked.get("page_token") or 0), min(asked.get("page_size") or 3, 100)
        page = {"retrievedMemories": [{"memory": memory} for memory in found[begin : begin + size]]}
        return page | ({"nextPageToken": f"{begin + size}"} if begin + size < len(found) else {})


class _Service(VertexAiMemoryBankService):
    """ADK's service with the client that it documents as replaceable."""

    def __init__(self, bank: FakeBank) -> None:
        super().__init__("project", "us-central1", "456", credentials=AnonymousCredentials())
        self._bank = bank

    def _build_api_client(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package itself uses what it deprecates
            client = super()._build_api_client()
            _ = client.memory_banks.memories
        client._api_client.async_request = self._bank.request
        return client


class _Answer:
    def __init__(self, body: dict[str, Any]) -> None:
        self.body = json.dumps(body)
        self.headers: dict[str, str] = {}


def _refusal(code: int, status: str, message: str) -> ClientError:
    return ClientError(code, {"error": {"code": code, "status": status, "message": message}})
