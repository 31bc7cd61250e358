"""A JSON-RPC proxy that misbehaves as nodes and networks do.

It stands between our software and a node and does what it is told to the requests that match. Told nothing, it passes
everything on. It counts what was asked of it and what it passed on, so that a test can say «exactly once».
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    Lie = Callable[[str, list[Any], Any], Any]
    """Takes method, parameters and the true result; returns what to answer."""


class Way(Enum):
    """The ways in which an exchange can go wrong."""

    SILENT = auto()
    """The question is read and never answered."""
    DROP_BEFORE = auto()
    """The connection closes, and the node never sees the question."""
    DROP_AFTER = auto()
    """The node does what it was asked, then the connection closes."""
    DELAY = auto()
    DUPLICATE = auto()
    """The node is asked twice; the second answer comes back."""
    TOO_MANY_REQUESTS = auto()
    SERVER_ERROR = auto()
    TRUNCATED = auto()
    """Half of the JSON arrives, as if that were all."""
    CUT = auto()
    """Half of the JSON arrives, then the connection closes."""
    WRONG_ID = auto()
    REFUSE = auto()
    REFUSE_BATCH = auto()
    """A batch is answered with one error object, as by a node that allows fewer calls at once."""
    CLOSE = auto()
    """The answer comes, then the connection closes, as by a server of HTTP/1.0."""
    LIE = auto()


@dataclass(slots=True)
class Fault:
    """Something to go wrong."""

    way: Way
    methods: frozenset[str]
    """Which methods it befalls; empty: all."""
    times: int | None
    """How often; None: until `clear`."""
    delay_s: float = 0
    lie: Lie | None = None


class ChaosProxy:
    """Listens on a free port of the loopback interface while the context lasts."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self.upstream = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.asked: Counter[str] = Counter()
        self.passed_on: Counter[str] = Counter()
        self.stopped = threading.Event()
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._server = _Server(self)

    @property
    def url(self) -> str:
        """Where to send requests instead."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    # What can go wrong.

    def fail(self, way: Way, *methods: str, times: int | None = None, delay_s: float = 0) -> None:
        """Let exchanges go wrong, so many times or until `clear`."""
        self._add(Fault(way, frozenset(methods), times, delay_s))

    def lie(self, lie: Lie, *methods: str, times: int | None = None) -> None:
        """Let results be other than the node's."""
        self._add(Fault(Way.LIE, frozenset(methods), times, lie=lie))

    def answer(self, result: object, *methods: str, times: int | None = None) -> None:
        """Let a fixed result be answered: a wrong chain id, or a receipt of null, so many times."""
        self.lie(lambda _method, _params, _true: result, *methods, times=times)

    def refuse(
        self, error: dict[str, Any], *methods: str, where: Callable[[list[Any]], bool] = lambda _params: True
    ) -> None:
        """Answer with an error object, where the parameters are so; the node never sees the question."""
        self._add(
            Fault(Way.REFUSE, frozenset(methods), None, lie=lambda _method, params, _: error if where(params) else None)
        )

    def freeze_head(self, number: int) -> None:
        """Show an old block as the newest one."""

        def stale(method: str, params: list[Any], true: Any) -> Any:  # noqa: ANN401
            if method == "eth_blockNumber":
                return hex(number)
            if method == "eth_getBlockByNumber" and params[0] == "latest":
                return self.ask_node({**_QUESTION, "method": method, "params": [hex(number), *params[1:]]})["result"]
            return true

        self.lie(stale, "eth_blockNumber", "eth_getBlockByNumber")

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._faults.clear()

    def _add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    # How it works.

    def fault_for(self, methods: set[str]) -> Fault | None:
        """Return what is to befall a request, and count it off."""
        with self._lock:
            for fault in self._faults:
                if fault.methods and not fault.methods & methods:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self._faults.remove(fault)
                return fault
        return None

    def pass_on(self, body: bytes) -> bytes:
        """Ask the node."""
        for question in _questions(json.loads(body)):
            self.passed_on[question["method"]] += 1
        connection = HTTPConnection(*self.upstream, timeout=30)
        try:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            return connection.getresponse().read()
        finally:
            connection.close()

    def ask_node(self, question: dict[str, Any]) -> dict[str, Any]:
        """Ask the node one question."""
        answer: dict[str, Any] = json.loads(self.pass_on(json.dumps(question).encode()))
        return answer


_QUESTION = {"jsonrpc": "2.0", "id": 1}
_TOO_MANY = {"code": -32005, "message": "batch too large"}
_HANGING_UP = frozenset({Way.SILENT, Way.DROP_BEFORE, Way.DROP_AFTER, Way.CUT})
_STATUSES = {Way.TOO_MANY_REQUESTS: 429, Way.SERVER_ERROR: 500}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, proxy: ChaosProxy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: who asked may hang up while the answer is on its way."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers["Content-Length"]))
        questions = list(_questions(json.loads(body)))
        proxy.asked.update(question["method"] for question in questions)
        fault = proxy.fault_for({question["method"] for question in questions})
        if fault is None:
            self._reply(proxy.pass_on(body))
        elif fault.way in _HANGING_UP:
            self._hang_up(fault.way, body)
        elif fault.way in _STATUSES:
            self._reply(b"no", status=_STATUSES[fault.way])
        elif fault.way is Way.REFUSE:
            answers = [self._refused(question, fault) for question in questions]
            self._reply(json.dumps(answers if body.lstrip().startswith(b"[") else answers[0]).encode())
        elif fault.way is Way.REFUSE_BATCH and len(questions) > 1:
            self._reply(json.dumps({"jsonrpc": "2.0", "id": None, "error": _TOO_MANY}).encode())
        else:
            self._answer_oddly(fault, body, questions)

    def _refused(self, question: dict[str, Any], fault: Fault) -> dict[str, Any]:
        """Answer one question with the fault's error, or as the node does where the fault does not befall it."""
        befalls = fault.lie is not None and (not fault.methods or question["method"] in fault.methods)
        error = fault.lie(question["method"], question["params"], None) if befalls and fault.lie else None
        if error is None:
            return self.server.proxy.ask_node(question)
        return {**_QUESTION, "id": question["id"], "error": error}

    def _hang_up(self, way: Way, body: bytes) -> None:
        """Let the question be, or the answer to it."""
        if way is Way.SILENT:
            self.server.proxy.stopped.wait(60)
        elif way is Way.DROP_AFTER:
            self.server.proxy.pass_on(body)
        elif way is Way.CUT:
            answer = self.server.proxy.pass_on(body)
            self._reply(answer[: len(answer) // 2], promised=len(answer))
        self.close_connection = True

    def _answer_oddly(self, fault: Fault, body: bytes, questions: list[dict[str, Any]]) -> None:
        if fault.way is Way.DUPLICATE:
            self.server.proxy.pass_on(body)
        answer = self.server.proxy.pass_on(body)
        if fault.way is Way.CLOSE:
            self.close_connection = True
        elif fault.way is Way.DELAY:
            time.sleep(fault.delay_s)
        elif fault.way is Way.TRUNCATED:
            answer = answer[: len(answer) // 2]
        elif fault.way is Way.WRONG_ID:
            answer = _edited(answer, lambda one: {**one, "id": 10**9})
        elif fault.way is Way.LIE:
            answer = self._lying(questions, answer, fault)
        self._reply(answer)

    def _lying(self, questions: list[dict[str, Any]], content: bytes, fault: Fault) -> bytes:
        asked = {question["id"]: question for question in questions}

        def lied(answer: dict[str, Any]) -> dict[str, Any]:
            question = asked[answer["id"]]
            if fault.lie is None or (fault.methods and question["method"] not in fault.methods):
                return answer
            told = fault.lie(question["method"], question["params"], answer.get("result"))
            return {**answer, "result": told} if "error" not in answer else answer

        return _edited(content, lied)

    def _reply(self, content: bytes, *, status: int = 200, promised: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(content) if promised is None else promised))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing; tests have enough to print."""


def _questions(body: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    yield from body if isinstance(body, list) else [body]


def _edited(content: bytes, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    answer = json.loads(content)
    return json.dumps([edit(one) for one in answer] if isinstance(answer, list) else edit(answer)).encode()
