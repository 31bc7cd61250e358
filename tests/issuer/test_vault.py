"""What the database holds about people cannot be read without the keys, nor moved."""

from __future__ import annotations

import secrets
import sqlite3

import pytest

from chain.certificate_types import by_identifier
from issuer import issuing, records
from issuer.draft import drafting
from issuer.errors import Erased, Locked
from issuer.vault import Place, new_key, unwrap, wrap
from tests.issuer.offices import World, permits

PLACE = Place("certificate", "claims", "1")
ENTROPY = secrets.token_bytes


def test_value_decrypts_only_where_it_was_put() -> None:
    key = new_key(ENTROPY)
    value = key.encrypt("阿拉坦乌拉".encode(), PLACE, entropy=ENTROPY)
    assert key.decrypt(value, PLACE).decode() == "阿拉坦乌拉"
    for other in (Place("certificate", "claims", "2"), Place("certificate", "code", "1"), Place("c", "claims", "1")):
        with pytest.raises(Locked, match="does not open it"):
            key.decrypt(value, other)


@pytest.mark.parametrize("position", [0, 12, -1])
def test_altered_value_does_not_decrypt(position: int) -> None:
    key = new_key(ENTROPY)
    value = bytearray(key.encrypt(b"value", PLACE, entropy=ENTROPY))
    value[position] ^= 1
    with pytest.raises(Locked):
        key.decrypt(bytes(value), PLACE)


def test_places_cannot_be_confused() -> None:
    assert Place("ab", "c", "d").bytes != Place("a", "bc", "d").bytes


def test_wrapped_key_opens_under_its_own_key_only() -> None:
    key, under = new_key(ENTROPY), new_key(ENTROPY)
    wrapped = wrap(key, under=under, place=PLACE, entropy=ENTROPY)
    assert unwrap(wrapped, under=under, place=PLACE) == key
    with pytest.raises(Locked):
        unwrap(wrapped, under=new_key(ENTROPY), place=PLACE)


def test_index_finds_equals_and_tells_nothing_across_agencies_or_purposes() -> None:
    one, other = new_key(ENTROPY), new_key(ENTROPY)
    assert one.index("number", "1") == one.index("number", "1")
    assert len({one.index("number", "1"), one.index("holder", "1"), other.index("number", "1")}) == 3


def test_database_file_holds_no_claim_in_clear(world: World) -> None:
    kind = by_identifier("food-operation-permit")
    name = "独一无二的演示饭馆"
    drafting.draft(world.office, permits(1, operator_name=name), kind, agency=2)
    with sqlite3.connect(world.folder / "issuer.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    data = (world.folder / "issuer.db").read_bytes()
    assert b"food-operation-permit" in data
    assert name.encode() not in data
    assert b"JY1" not in data


def test_erased_record_cannot_be_read_or_found_and_its_leaf_stays(world: World) -> None:
    kind = by_identifier("food-operation-permit")
    (batch,) = drafting.draft(world.office, permits(1), kind, agency=2).batches
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    with world.office.store.writing() as work:
        (row,) = work.certificates(batch)
        leaf = row.leaf
        records.erase(row)
    with world.office.store.reading() as work:
        (row,) = work.certificates(batch)
        assert row.leaf == leaf
        assert (row.claims, row.prepared, row.number_index, row.holder_index) == (None, None, None, None)
        with pytest.raises(Erased, match="erased"):
            world.office.records.claims(work, row)
