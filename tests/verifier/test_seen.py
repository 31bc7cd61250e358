"""What a device remembers between two questions."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chain import history
from chain.checkpoint import Believed, Checkpoint
from chain.errors import TrustListRefused, WentBack
from chain.events import AgencyRegistered, AgencyResumed, AgencySuspended, BatchAnchored, Record
from chain.history import Heads, History, Step
from chain.trust_list import TrustList
from tests import sealed
from verifier.seen import Seen, StateUnusable, folder_of, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.events import Event

REGISTRY_ID = b"r" * 32
LIST = sealed.trust_list(
    sealed.signed_part(
        registry_id=REGISTRY_ID, registry=b"c" * 20, agencies=b"a" * 20, chain_id=1, scheme="none", sets=()
    )
).encode()
TRUST = TrustList.parse(LIST)
EVENTS: list[tuple[int, Event]] = [
    (3, AgencyRegistered(1, 0, 0, "11150100X00000027D", "演示市", ())),
    (4, BatchAnchored(1, b"r" * 32, 1, 1, 3, 1, b"o" * 20, ())),
    (5, AgencySuspended(1, 1, ())),
    (7, AgencyResumed(1, ())),
]


def believed_of(
    number: int = 5, events: Sequence[tuple[int, Event]] = EVENTS, block_hash: bytes = b"h" * 32
) -> Believed:
    """Return a checkpoint with the events up to its block."""
    records = (Record(event, block, b"", 0, b"", log) for log, (block, event) in enumerate(events) if block <= number)
    encoded = history.encode(map(Step.of, records))
    whole = History.parse(encoded)
    cut = Checkpoint(REGISTRY_ID, 1, b"c" * 20, b"a" * 20, number, block_hash, 0, whole.heads(), None, encoded)
    return Believed(cut, whole, None, ())


CUT = believed_of()
FILE = f"{REGISTRY_ID.hex()}.json"


def seen_of(folder: Path) -> Seen:
    with opened(folder, REGISTRY_ID) as memory:
        return memory.seen


def test_what_was_seen_is_there_again(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "state"
    assert seen_of(folder) == Seen()
    for now_seen in (Seen().with_trust(TRUST, LIST), Seen().with_trust(TRUST, LIST).with_checkpoint(CUT)):
        with opened(folder, REGISTRY_ID) as memory:
            memory.remember(now_seen)
        assert seen_of(folder) == now_seen
    assert [path.name for path in folder.iterdir()] == [FILE]
    with opened(folder, b"other".ljust(32)) as memory:
        assert memory.seen == Seen()


def test_it_is_the_owners_only(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with opened(folder, REGISTRY_ID) as memory:
        memory.remember(Seen().with_trust(TRUST, LIST))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600


def test_what_is_no_news_is_not_written(tmp_path: Path) -> None:
    now_seen = Seen().with_trust(TRUST, LIST).with_checkpoint(CUT)
    with opened(tmp_path, REGISTRY_ID) as memory:
        memory.remember(now_seen)
        before = (tmp_path / FILE).stat().st_ino
        memory.remember(now_seen)
    assert (tmp_path / FILE).stat().st_ino == before


def test_two_processes_do_not_remember_at_the_same_time(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        with opened(tmp_path, REGISTRY_ID), pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(descriptor)


def test_nothing_goes_back() -> None:
    now_seen = Seen().with_trust(TRUST, LIST).with_checkpoint(CUT)
    assert now_seen.with_checkpoint(CUT) == now_seen
    assert now_seen.heads == CUT.checkpoint.heads != Heads()
    later = now_seen.with_checkpoint(believed_of(7))
    assert (later.block_number, later.heads) == (7, believed_of(7).checkpoint.heads)
    with pytest.raises(WentBack, match="saw one of block 5"):
        now_seen.with_checkpoint(believed_of(4))
    with pytest.raises(WentBack, match="block 5: got the hash"):
        now_seen.with_checkpoint(believed_of(block_hash=b"g" * 32))
    other = sealed.trust_list(
        sealed.signed_part(
            registry_id=REGISTRY_ID, registry=b"d" * 20, agencies=b"a" * 20, chain_id=1, scheme="none", sets=()
        )
    ).encode()
    with pytest.raises(TrustListRefused):
        now_seen.with_trust(TrustList.parse(other), other)


@pytest.mark.parametrize(
    ("events", "which"),
    [
        ([EVENTS[0], *EVENTS[2:]], "anchors"),
        ([*EVENTS[:2], *EVENTS[3:]], "rights"),
        ([EVENTS[0], (4, BatchAnchored(1, b"r" * 32, 1, 1, 4, 1, b"o" * 20, ())), *EVENTS[3:]], "anchors, rights"),
        ([*EVENTS[:2], (4, EVENTS[2][1]), EVENTS[3]], "rights"),
        ([*EVENTS[:3], (5, EVENTS[3][1])], "rights"),
        ([], "anchors, rights"),
    ],
)
@pytest.mark.parametrize("number", [5, 9])
def test_a_newer_history_goes_on_from_the_one_seen_before(
    events: list[tuple[int, Event]], which: str, number: int
) -> None:
    """Those who seal or attest may have agreed on another past; who has seen the first one notices."""
    now_seen = Seen().with_trust(TRUST, LIST).with_checkpoint(CUT)
    with pytest.raises(WentBack, match=f"another history of {which} up to block 5"):
        now_seen.with_checkpoint(believed_of(number, events))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"{}",
        b"\xff",
        b'{"format":2,"trust_list":"","checkpoint":null}',
        b'{"checkpoint":null,"format":1,"trust_list":""}',
        b'{"checkpoint":null,"format":true,"trust_list":LIST}',
        b'{"checkpoint":[],"format":1,"trust_list":LIST}',
        b'{"checkpoint":{"block_hash":HASH,"block_number":1},"format":1,"trust_list":LIST}',
        b'{"checkpoint":{"block_hash":"0x00","block_number":1,"heads":[HASH,HASH,HASH]},"format":1,"trust_list":LIST}',
        b'{"checkpoint":{"block_hash":"zz","block_number":1,"heads":[HASH,HASH,HASH]},"format":1,"trust_list":LIST}',
        b'{"checkpoint":{"block_hash":7,"block_number":1,"heads":[HASH,HASH,HASH]},"format":1,"trust_list":LIST}',
        b'{"checkpoint":{"block_hash":HASH,"block_number":true,"heads":[HASH,HASH,HASH]},"format":1,"trust_list":LIST}',
        b'{"checkpoint":{"block_hash":HASH,"block_number":-1,"heads":[HASH,HASH,HASH]},"format":1,"trust_list":LIST}',
        b'{"checkpoint":{"block_hash":HASH,"block_number":1,"heads":[HASH,HASH]},"format":1,"trust_list":LIST}',
        b'{"checkpoint":{"block_hash":HASH,"block_number":1,"heads":[HASH,HASH,null]},"format":1,"trust_list":LIST}',
    ],
)
def test_a_damaged_file_is_told_and_never_begun_anew(tmp_path: Path, content: bytes) -> None:
    content = content.replace(b"LIST", json.dumps(LIST.decode()).encode()).replace(b"HASH", b'"0x' + b"ab" * 32 + b'"')
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(StateUnusable, match=FILE), opened(tmp_path, REGISTRY_ID):
        pass
    assert (tmp_path / FILE).read_bytes() == content


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateUnusable, match="wanted a folder"), opened(tmp_path / "file", REGISTRY_ID):
        pass
    (tmp_path / FILE).mkdir()
    with pytest.raises(StateUnusable, match="seen before"), opened(tmp_path, REGISTRY_ID):
        pass


def test_what_cannot_be_written_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with opened(tmp_path, REGISTRY_ID) as memory:
        (tmp_path / FILE).mkdir()
        with pytest.raises(StateUnusable, match="wanted to remember"):
            memory.remember(Seen().with_trust(TRUST, LIST))
        assert memory.seen == Seen()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_where_it_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = {"YINXIN_STATE_DIR": "/one", "XDG_STATE_HOME": "/two"}
    assert folder_of(tmp_path, named) == tmp_path
    assert folder_of(None, named) == Path("/one")
    assert folder_of(None, {"XDG_STATE_HOME": "/two"}) == Path("/two/yinxin")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert folder_of(None, {}) == Path("/home/somebody/.local/state/yinxin")

    def homeless(_: type[Path]) -> Path:
        raise RuntimeError("nobody lives here")

    monkeypatch.setattr(Path, "home", classmethod(homeless))
    with pytest.raises(StateUnusable, match="name a state folder"):
        folder_of(None, {})
