"""Asks a server over HTTP as fast as it answers, on connections that stay open; run as a process of its own.

Reads one JSON object from standard input: host, port, seconds, connections, and the requests as (method, path, body).
Writes one: answered, seconds, failed, and how long the answers took at the 50th and 99th percentile.
"""

from __future__ import annotations

import asyncio
import json
import sys
from time import perf_counter
from typing import TypeAlias

Question: TypeAlias = "tuple[str, str, str | None]"
"""Method, path, and the JSON that is sent, if any."""


def raw(host: str, question: Question) -> bytes:
    """Return the bytes of a request."""
    method, path, body = question
    sent = (body or "").encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Language: zh-CN\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n"
    return head.encode() + b"\r\n" + sent


async def answered(reader: asyncio.StreamReader) -> bytes:
    """Read one answer; return its status line."""
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    start = lower.index(b"content-length:") + len(b"content-length:")
    await reader.readexactly(int(lower[start : lower.index(b"\r\n", start)]))
    return head[: head.index(b"\r\n")]


async def ask(host: str, port: int, requests: list[bytes], *, until: float, first: int) -> tuple[list[float], int]:
    """Ask one after the other on one connection; return how long each answer took, and how many were no 200."""
    reader, writer = await asyncio.open_connection(host, port)
    took, failed, number = [], 0, first
    while (begun := perf_counter()) < until:
        writer.write(requests[number % len(requests)])
        failed += b" 200 " not in await answered(reader)
        took.append(perf_counter() - begun)
        number += 1
    writer.close()
    return took, failed


async def main() -> None:
    """Do what standard input says."""
    given = json.load(sys.stdin)
    requests = [raw(given["host"], tuple(question)) for question in given["requests"]]
    begun = perf_counter()
    until = begun + given["seconds"]
    asking = [
        ask(given["host"], given["port"], requests, until=until, first=7 * number)
        for number in range(given["connections"])
    ]
    found = await asyncio.gather(*asking)
    took = sorted(each for taken, _ in found for each in taken)
    answer = {
        "answered": len(took),
        "seconds": perf_counter() - begun,
        "failed": sum(failed for _, failed in found),
        "p50_ms": 1_000 * took[len(took) // 2],
        "p99_ms": 1_000 * took[len(took) * 99 // 100],
    }
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    asyncio.run(main())
