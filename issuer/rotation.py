"""New keys for the database: an agency's data key, or the master key above all of them.

A data key is rotated in one transaction: everything under the old key is put under the new one, blind indexes are made
anew from what they are of, and the old key is gone with the commit. Whatever is killed whenever, all of it happened or
nothing.

The master key stands in a file, so its rotation takes three steps: the new key is written beside the old one
(`master-next.json`), one transaction puts everything under it and marks it as the one, and the file takes the old one's
place. Until the commit the old file is the one, from then on the new file is, and whoever opens the database next takes
that step if it is still to be taken (`master_key`).

Every other process that has the database open may write no more afterwards (`KeysChanged`), since what it encrypts
would be under keys that are gone.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import bindparam
from sqlmodel import col, delete, select, update

from issuer import audit_log, inventory, issuing
from issuer.errors import Locked
from issuer.inventory import Under
from issuer.tables.draft_models import RememberedColumns
from issuer.tables.models import Base, Batch, Certificate, DataKey
from issuer.vault import Place, new_key, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Table

    from chain.certificate_types import CertificateType
    from chain.strict_json import JSON
    from issuer.audit_log import Occasion
    from issuer.inventory import Column
    from issuer.keys import Keystore
    from issuer.office import Office
    from issuer.tables.store import Store, Work
    from issuer.vault import Key

CRASH_POINTS = ("after_next", "after_commit", "after_take")
"""Where a test may kill a rotation of the master key."""

_CERTIFICATE = str(Certificate.__tablename__)
_CHUNK = 500
_PURPOSES = {"number_index": "number", "holder_index": "holder", "name_index": "name"}
"""Of certificates' blind indexes, by column."""


def rotate_data_key(
    office: Office, agency: int, *, occasion: Occasion, who: str, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Give an agency a new data key; returns how many values are under it now.

    Raises `Locked` if anything does not open, and then nothing was changed. `progress` is told how many are done. What
    an agency's clerks said of columns of spreadsheets is forgotten, since its index cannot be made anew.
    """
    done = 0
    with office.store.rotating() as work:
        old, new = office.records.data_key(work, agency), new_key(office.entropy)
        for some in _new_indexes(office, work, agency, old, new):
            progress(done := done + some)
        work.session.exec(delete(RememberedColumns).where(col(RememberedColumns.agency) == agency))
        for column in inventory.columns(Under.AGENCY):
            mine = inventory.of_agency(column.model, agency)
            may_fail = column.model in inventory.WHOSE_UNKNOWN
            for some in _again(work, column, mine, old, new, entropy=office.entropy, may_fail=may_fail):
                progress(done := done + some)
        office.records.put_data_key(work, agency, new)
        audit_log.add(work, occasion, "data key rotated", who=who, agency=agency, detail=f"{done} values")
    office.records.forget_data_key(agency)
    office.store.forget()
    return done


def master_key(store: Store, keystore: Keystore, entropy: Callable[[int], bytes]) -> Key:
    """Open the master key that the database is under, made if there is neither; raises `Locked`.

    Finishes a rotation that was killed after its commit.
    """
    with store.reading() as work:
        mark, sample = work.key_epoch().master_mark, work.session.exec(select(DataKey)).first()
    if (mark is not None or sample is not None) and not keystore.has_master_key():
        raise Locked(
            f"{keystore.folder}: it has no master.json, and {store.database.shown} is encrypted under one; "
            "put the keystore folder back that belongs to it"
        )
    problem = None
    try:
        key = keystore.master_key(entropy)
    except Locked as exc:
        problem = exc
    else:
        if mark is None:
            _require_opens(key, sample, keystore, store)
            _mark(store, key)
            return key
        if key.mark == mark:
            return key
    following = keystore.next_master_key()
    if following is not None and following.mark == mark:
        keystore.take_next_master_key()
        return following
    raise problem or Locked(
        f"{keystore.folder}: its master key is not the one that {store.database.shown} is encrypted under; "
        "put the keystore folder back that belongs to it, or go on with a rotation that was interrupted "
        "(the same command with the same new password)"
    )


def rotate_master_key(
    store: Store,
    keystore: Keystore,
    *,
    occasion: Occasion,
    who: str,
    entropy: Callable[[int], bytes],
    password: str | None = None,
    at: Callable[[str], None] = lambda _: None,
) -> None:
    """Put the database under a new master key, whose file has a new password if one is given.

    Raises `Locked` if anything does not open, and then nothing was changed. Repeated with the same password after a
    kill it finishes what was begun, and makes no further key. `at` is told `CRASH_POINTS`.
    """
    if password is not None and password != keystore.password() and _is_resumed(store, keystore, password):
        return
    old = master_key(store, keystore, entropy)
    new = new_key(entropy)
    keystore.write_next_master_key(new, entropy, password=password)
    at("after_next")
    with store.rotating() as work:
        everything = [
            _again(work, column, None, old, new, entropy=entropy) for column in inventory.columns(Under.MASTER)
        ]
        done = sum(sum(some) for some in everything)
        epoch = work.key_epoch()
        epoch.master_mark = new.mark
        work.add(epoch)
        audit_log.add(work, occasion, "master key rotated", who=who, detail=f"{done} values")
    at("after_commit")
    keystore.take_next_master_key()
    at("after_take")
    store.forget()


def _is_resumed(store: Store, keystore: Keystore, password: str) -> bool:
    """Finish a rotation that was killed after its commit; returns whether there was one."""
    with store.reading() as work:
        mark = work.key_epoch().master_mark
    following = keystore.next_master_key(password=password)
    if following is not None and following.mark == mark:
        keystore.take_next_master_key()
        return True
    taken = keystore.master_key_under(password)
    return taken is not None and taken.mark == mark


def _mark(store: Store, key: Key) -> None:
    with store.writing() as work:
        epoch = work.key_epoch()
        epoch.master_mark = key.mark
        work.add(epoch)


def _require_opens(key: Key, sample: DataKey | None, keystore: Keystore, store: Store) -> None:
    if sample is None:
        return
    try:
        unwrap(sample.wrapped, under=key, place=Place("data_key", "wrapped", str(sample.agency)))
    except Locked as exc:
        raise Locked(
            f"{keystore.folder}: its master key is not the one that {store.database.shown} is encrypted under; "
            "put the keystore folder back that belongs to it"
        ) from exc


# Values, by their table.


def _again(
    work: Work,
    column: Column,
    mine: ColumnElement[bool] | None,
    old: Key,
    new: Key,
    *,
    entropy: Callable[[int], bytes],
    may_fail: bool = False,
) -> Iterator[int]:
    """Put a column's values under another key; yields how many in each step."""
    table = Base.metadata.tables[column.table]
    for rows in _rows(work, table, column.name, mine):
        changed = []
        for row, value in rows:
            place = Place(column.table, column.name, str(row))
            try:
                opened = old.decrypt(value, place)
            except Locked:
                if may_fail:
                    continue
                raise
            changed.append({"row": row, column.name: new.encrypt(opened, place, entropy=entropy)})
        _store(work, table, (column.name,), changed)
        yield len(changed)


def _rows(
    work: Work, table: Table, name: str, mine: ColumnElement[bool] | None
) -> Iterator[list[tuple[int | str, bytes]]]:
    """Yield (primary key, value) of a column's values, some hundred at a time."""
    (key,) = table.primary_key.columns
    query = select(key, table.c[name]).where(table.c[name].is_not(None)).order_by(key).limit(_CHUNK)
    if mine is not None:
        query = query.where(mine)
    rows = [tuple(row) for row in work.session.execute(query)]
    while rows:
        yield rows
        rows = [tuple(row) for row in work.session.execute(query.where(key > rows[-1][0]))]


def _store(work: Work, table: Table, names: tuple[str, ...], changed: Sequence[Mapping[str, object]]) -> None:
    if not changed:
        return
    (key,) = table.primary_key.columns
    statement = update(table).where(key == bindparam("row")).values({name: bindparam(name) for name in names})
    work.session.connection().execute(statement, changed)


# Blind indexes.


def _new_indexes(office: Office, work: Work, agency: int, old: Key, new: Key) -> Iterator[int]:
    """Make certificates' blind indexes anew, from their claims; before their keys are under the new one."""
    table = Base.metadata.tables[_CERTIFICATE]
    last = ""
    while rows := list(
        work.session.exec(
            select(Certificate, Batch.type_number, Batch.type_version)
            .join(Batch, col(Batch.id) == col(Certificate.batch_id))
            .where(Certificate.agency == agency, Certificate.id > last)
            .order_by(col(Certificate.id))
            .limit(_CHUNK)
        )
    ):
        changed = []
        for certificate, number, version in rows:
            if certificate.record_key is None:
                continue
            claims = json.loads(_claims(certificate, old))
            made = _indexes(certificate, claims, old, new, office.type_of(number, version))
            changed.append({"row": certificate.id, **made})
            work.session.expunge(certificate)
        _store(work, table, tuple(_PURPOSES), changed)
        yield len(changed)
        last = rows[-1][0].id


def _indexes(
    certificate: Certificate, claims: dict[str, JSON], old: Key, new: Key, certificate_type: CertificateType
) -> dict[str, bytes | None]:
    texts = {
        "number_index": str(claims["number"]),
        "holder_index": issuing.holder(certificate_type, claims),
        "name_index": issuing.holder_name(certificate_type, claims),
    }
    made: dict[str, bytes | None] = {}
    for column, text in texts.items():
        held = getattr(certificate, column)
        if held is not None and held != old.index(_PURPOSES[column], text):
            raise Locked(
                f"certificate {certificate.id}: its {column} is not what its claims make, so nobody could find it by a "
                "new one; nothing was changed"
            )
        made[column] = new.index(_PURPOSES[column], text) if text else None
    return made


def _claims(certificate: Certificate, data_key: Key) -> bytes:
    place = Place(_CERTIFICATE, "record_key", certificate.id)
    key = unwrap(certificate.record_key or b"", under=data_key, place=place)
    return key.decrypt(certificate.claims or b"", Place(_CERTIFICATE, "claims", certificate.id))
