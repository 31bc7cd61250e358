"""What nodes and contracts say no with, in the shapes of the nodes we know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chain.errors import SenderRefused
from chain.ethereum import contracts, reverts
from chain.ethereum.reverts import Sending
from chain.ethereum.rpc import NodeError

if TYPE_CHECKING:
    from chain.ethereum.wire import Json

OFFICER = bytes.fromhex("ab" * 20)


def returned(name: str, *arguments: object) -> bytes:
    kind = next(kind for kind in contracts.errors().values() if kind.name == name)
    return kind.selector + contracts.encode(kind.inputs, arguments)


LACKS = returned("LacksCapability", 3, OFFICER, 2)
LACKS_HEX = "0x" + LACKS.hex()
TEXT = bytes.fromhex("08c379a0") + contracts.encode(["string"], ["no"])
PANIC = bytes.fromhex("4e487b71") + contracts.encode(["uint256"], [0x11])


def error(code: int, message: str, data: Json = None) -> NodeError:
    return NodeError("eth_call", code=code, message=message, data=data)


@pytest.mark.parametrize(
    "given",
    [
        error(3, "execution reverted: custom error 0x…", LACKS_HEX),  # anvil
        error(3, "execution reverted", LACKS_HEX),  # geth
        error(-32000, "Execution reverted", LACKS_HEX),  # Besu
        error(-32000, "VM execution error: revert", f"Reverted {LACKS_HEX}"),  # OpenEthereum, old Besu
        error(16, "", LACKS_HEX),  # FISCO BCOS
        error(-32603, "execution reverted", {"message": "…", "data": LACKS_HEX}),  # Hardhat
        error(-32603, "execution reverted", {"data": {"result": LACKS_HEX}}),
    ],
    ids=["anvil", "geth", "besu", "openethereum", "fisco", "hardhat", "nested"],
)
def test_a_custom_error_is_found_wherever_the_node_puts_it(given: NodeError) -> None:
    refusal = reverts.refusal(given)
    assert refusal is not None
    assert refusal.name == "LacksCapability"
    assert refusal.arguments == {"agency": 3, "officer": f"0x{OFFICER.hex()}", "capability": 2}
    assert "LacksCapability(agency=3" in str(refusal)


def test_credit_codes_and_lists_are_readable() -> None:
    malformed = reverts.decode(returned("CodeMalformed", b"11150000000000001X"))
    assert malformed.arguments == {"code": "11150000000000001X"}
    insufficient = reverts.decode(returned("ConsentInsufficient", (OFFICER, OFFICER)))
    assert insufficient.arguments == {"signers": (f"0x{OFFICER.hex()}",) * 2}


def test_a_reason_in_words_and_a_panic_have_names() -> None:
    assert reverts.decode(TEXT).arguments == {"message": "no"}
    assert reverts.decode(PANIC).arguments == {"code": 0x11}


@pytest.mark.parametrize("odd", [b"", b"\x01", b"\xde\xad\xbe\xef" + bytes(32), LACKS[:20], TEXT[:30], PANIC[:8]])
def test_a_revert_that_says_nothing_known_is_still_a_revert(odd: bytes) -> None:
    assert reverts.decode(odd).name == reverts.REVERTED


def test_a_revert_without_data_keeps_the_words_of_the_node() -> None:
    refusal = reverts.refusal(error(3, "execution reverted: out of luck"))
    assert refusal is not None
    assert refusal.arguments["message"] == "execution reverted: out of luck"


@pytest.mark.parametrize("given", [error(-32601, "method not found"), error(-32005, "limit exceeded", {"a": 1})])
def test_another_fault_of_the_node_is_no_revert(given: NodeError) -> None:
    assert reverts.refusal(given) is None


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (-32000, "already known", Sending.KNOWN),
        (-32000, "Known transaction", Sending.KNOWN),
        (-32003, "transaction already imported", Sending.KNOWN),
        (10004, "TransactionStatus: AlreadyInTxPool", Sending.KNOWN),
        (-32000, "unknown transaction", Sending.OTHER),
        (-32001, "Nonce too low", Sending.NONCE),
        (-32003, "nonce too low: address 0x…, tx: 0 state: 1", Sending.NONCE),
        (-32000, "replacement transaction underpriced", Sending.NONCE),
        (10000, "NonceCheckFail", Sending.NONCE),
        (-32007, "whatever it says", Sending.SENDER),
        (-32000, "Sender account not authorized to send transactions", Sending.SENDER),
        (-32000, "account does not have permission for the transaction", Sending.SENDER),
        (-32000, "Gas price not 0", Sending.SENDER),
        (-32003, "Insufficient funds for gas * price + value", Sending.SENDER),
        (-32004, "Upfront cost exceeds account balance", Sending.SENDER),
        (-32009, "Gas price below configured minimum gas price", Sending.SENDER),
        (-32000, "transaction underpriced: tip needed 1", Sending.SENDER),
        (-32000, "max fee per gas less than block base fee", Sending.SENDER),
        (-32602, "rlp: expected list", Sending.OTHER),
    ],
)
def test_why_a_transaction_was_not_taken_is_told_from_the_words_of_the_node(
    code: int, message: str, kind: Sending
) -> None:
    assert reverts.of_sending(error(code, message)) is kind


def test_a_refused_sender_is_named() -> None:
    refusal = reverts.sender_refusal(error(-32007, "not authorized"), OFFICER)
    assert isinstance(refusal, SenderRefused)
    assert OFFICER.hex() in str(refusal)
    assert reverts.sender_refusal(error(-32602, "rlp: expected list"), OFFICER) is None
