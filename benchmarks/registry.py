"""Asking a registry, beside web3 and beside the bare HTTP request, against one anvil in one run.

web3's provider has retries and CCIP-Read off, as any careful user of it would have. All works take turns, and each
figure is the median of its rounds.
"""

from __future__ import annotations

import http.client
import json
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from web3 import HTTPProvider, Web3

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # A script's own folder is on the path, the repository's root is not.

from chain.ethereum import contracts  # noqa: E402
from chain.ethereum.contracts import ARTIFACTS  # noqa: E402
from chain.ethereum.network import Anvil  # noqa: E402
from tests.deployed import Deployed, batch_of, leaves_of, make_deployed  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 200
SLOW_ROUNDS = 20
LEAF = leaves_of("benchmark", 1)[0]


def main() -> None:
    """Print each work's milliseconds and how many times the bare request that is."""
    with Anvil.start() as anvil:
        deployed = make_deployed(anvil)
        for index in range(20):
            deployed.anchor(deployed.offices[4], batch_of(deployed.offices[4], f"benchmark {index}", 10))
        call, block, events = _calls(deployed), _blocks(deployed), _events(deployed)
        print(f"{'':34}{'bare request':>14}{'ours':>14}{'web3':>14}")
        for name, works, rounds in (
            ("status of a leaf", call, ROUNDS),
            ("newest block", block, ROUNDS),
            (f"{_number_of_events(deployed)} events, decoded", events, SLOW_ROUNDS),
        ):
            times = _measure(works, rounds)
            cells = [f"{1000 * times[0]:11.2f} ms", *(f"{time / times[0]:7.1f} × bare" for time in times[1:])]
            print(f"{name:34}" + "".join(cells))


def _measure(works: list[Callable[[], object]], rounds: int) -> list[float]:
    """Return the median seconds of each work; they take turns, so that what disturbs one disturbs all."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, taken in zip(works, times, strict=True):
            begun = perf_counter()
            work()
            taken.append(perf_counter() - begun)
    return [median(taken) for taken in times]


def _calls(deployed: Deployed) -> list[Callable[[], object]]:
    writer = deployed.writer()
    agency = deployed.offices[0].agency
    data = contracts.certificates().functions["status"].call(agency, LEAF)
    asked = {"to": f"0x{deployed.record.address.hex()}", "data": f"0x{data.hex()}"}
    function = _web3_contract(deployed, "Certificates", deployed.record.address).functions.status(agency, LEAF)
    return [_bare(deployed, "eth_call", asked, "latest"), lambda: writer.status(agency, LEAF), function.call]


def _blocks(deployed: Deployed) -> list[Callable[[], object]]:
    eth = _web3(deployed).eth
    bare = _bare(deployed, "eth_getBlockByNumber", "latest", False)  # noqa: FBT003 - the RPC's own argument
    return [bare, deployed.writer().newest, lambda: eth.get_block("latest")]


def _events(deployed: Deployed) -> list[Callable[[], object]]:
    """Decode all events; ours also reads the blocks' times and the batches' leaves, and checks their roots."""
    writer = deployed.writer()
    newest = writer.newest().number
    addresses = [deployed.record.address, deployed.record.agencies_address]
    asked = {"fromBlock": "0x0", "toBlock": hex(newest), "address": [f"0x{address.hex()}" for address in addresses]}
    w3 = _web3(deployed)
    kinds = {}
    for name, address in (("Certificates", addresses[0]), ("Agencies", addresses[1])):
        contract = _web3_contract(deployed, name, address)
        kinds |= {bytes.fromhex(event().topic.removeprefix("0x")): event() for event in contract.events}

    def by_web3() -> list[object]:
        filtered = {**asked, "address": [Web3.to_checksum_address(address) for address in addresses]}
        logs = w3.eth.get_logs(filtered)
        return [kinds[bytes(log["topics"][0])].process_log(log) for log in logs]

    return [_bare(deployed, "eth_getLogs", asked), lambda: list(writer.records(0, newest)), by_web3]


def _number_of_events(deployed: Deployed) -> int:
    writer = deployed.writer()
    return len(list(writer.records(0, writer.newest().number)))


def _bare(deployed: Deployed, method: str, *params: object) -> Callable[[], object]:
    """Return the least that can be done: the same bytes over one kept-alive connection, parsed as JSON."""
    parts = urlsplit(deployed.url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()

    def ask() -> object:
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())

    return ask


def _web3(deployed: Deployed) -> Web3:
    provider = HTTPProvider(deployed.url, exception_retry_configuration=None)
    provider.global_ccip_read_enabled = False
    return Web3(provider)


def _web3_contract(deployed: Deployed, name: str, address: bytes):  # noqa: ANN202 - a class web3 makes at run time
    abi = json.loads((ARTIFACTS / f"{name}.json").read_text(encoding="utf-8"))["abi"]
    return _web3(deployed).eth.contract(address=Web3.to_checksum_address(address), abi=abi)


if __name__ == "__main__":
    main()
