"""A node that lies: it stands before a real one, and alters what that says, as a forger would.

Its answers are HTTP and JSON-RPC like any node's, batches included. A lie holds wherever the node tells of the same
thing: a withheld log is missing from `eth_getLogs` and from receipts, another calldata is shown by every method that
shows a transaction. `tests.audit.lies` has those that are ready to be told.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    Edit = Callable[[list[Any], Any], Any]
    """Takes a method's parameters and the true result; returns what to answer, or `Refused`."""
    Row = dict[str, Any]
    """A log, a transaction or a block as JSON."""

_SHOWING_TRANSACTIONS = (
    "eth_getTransactionByHash",
    "eth_getTransactionByBlockHashAndIndex",
    "eth_getTransactionByBlockNumberAndIndex",
)
_SHOWING_BLOCKS = ("eth_getBlockByNumber", "eth_getBlockByHash")


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that is an error."""

    code: int = -32000
    message: str = "this node does not tell"


class LyingNode:
    """Listens on a free port of the loopback interface while the context lasts."""

    def __init__(self, upstream: str) -> None:
        """Stand before the node at this address."""
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._edits: list[tuple[str, Edit]] = []
        self._questions: dict[str, Callable[[list[Any]], list[Any]]] = {}
        self._server = _Server(self)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    # How lies are told.

    def edit(self, method: str, edit: Edit) -> None:
        """Alter every result of a method from now on; several edits of one method follow one another."""
        self._edits.append((method, edit))

    def refuse(self, *methods: str, told: Refused = Refused()) -> None:
        """Answer methods with an error."""
        for method in methods:
            self.edit(method, lambda _params, _true: told)

    def edit_transactions(self, edit: Callable[[Row], Row]) -> None:
        """Alter each transaction, whichever method shows it."""
        for method in _SHOWING_TRANSACTIONS:
            self.edit(method, lambda _params, shown: shown and edit(shown))

        def within(block: Row) -> Row:
            held = [edit(each) if isinstance(each, dict) else each for each in block.get("transactions", [])]
            return {**block, "transactions": held}

        self.edit_blocks(within)

    def edit_blocks(self, edit: Callable[[Row], Row]) -> None:
        """Alter each block, whichever method shows it."""
        for method in _SHOWING_BLOCKS:
            self.edit(method, lambda _params, shown: shown and edit(shown))

    def edit_logs(self, edit: Callable[[list[Row]], list[Row]]) -> None:
        """Alter each list of logs, of a range or of a transaction."""
        self.edit("eth_getLogs", lambda _params, shown: edit(shown))
        self.edit("eth_getTransactionReceipt", lambda _params, shown: shown and {**shown, "logs": edit(shown["logs"])})
        self.edit(
            "eth_getBlockReceipts",
            lambda _params, shown: shown and [{**each, "logs": edit(each["logs"])} for each in shown],
        )

    def ask_otherwise(self, method: str, edit: Callable[[list[Any]], list[Any]]) -> None:
        """Ask the true node with other parameters."""
        self._questions[method] = edit

    def tell_the_truth(self) -> None:
        """Forget all lies."""
        self._edits.clear()
        self._questions.clear()

    # How it works.

    def answer(self, connection: HTTPConnection, body: bytes | str) -> bytes:
        """Ask the true node, and return what is told in place of its answer."""
        asked = json.loads(body)
        if self._questions:
            body = json.dumps([self._asked(each) for each in asked] if isinstance(asked, list) else self._asked(asked))
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        content = connection.getresponse().read()
        if not self._edits:
            return content
        told = json.loads(content)
        if isinstance(asked, dict):
            return json.dumps(self._lied(asked, told)).encode()
        by_id = {answer["id"]: answer for answer in told}
        return json.dumps([self._lied(question, by_id[question["id"]]) for question in asked]).encode()

    def connection(self) -> HTTPConnection:
        """Open a connection to the true node."""
        return HTTPConnection(*self._upstream, timeout=60)

    def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 - as JSON is
        """Ask the true node."""
        connection = self.connection()
        try:
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            return json.loads(connection.getresponse().read())["result"]
        finally:
            connection.close()

    def _asked(self, question: Row) -> Row:
        edit = self._questions.get(question["method"])
        return question if edit is None else {**question, "params": edit(question["params"])}

    def _lied(self, question: Row, answer: Row) -> Row:
        if "error" in answer:
            return answer
        result = answer["result"]
        for method, edit in tuple(self._edits):
            if method == question["method"]:
                result = edit(question["params"], result)
                if isinstance(result, Refused):
                    error = {"code": result.code, "message": result.message}
                    return {"jsonrpc": "2.0", "id": question["id"], "error": error}
        return {**answer, "result": result}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, node: LyingNode) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.node = node

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: who asked may hang up while the answer is on its way."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        """Keep one connection to the true node for as long as the caller keeps this one."""
        self.upstream = self.server.node.connection()
        try:
            super().handle()
        finally:
            self.upstream.close()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told = self.server.node.answer(self.upstream, body)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing; tests have enough to print."""
