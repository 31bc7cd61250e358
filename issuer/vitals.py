"""Examines what the service stands on: its keys, its database, the nodes of the chain, the registry, the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.errors import YinxinError
from issuer import audit_log
from issuer.errors import LogBroken
from issuer.findings import Finding, Sentence, not_run, say, trouble, warning, well
from issuer.tables import database

if TYPE_CHECKING:
    from chain.registry import Block, Identity, RegistryWriter
    from issuer.keys import Keystore
    from issuer.tables.store import Store

KEYS, DATABASE, LOG = say("Keys of this service"), say("Database"), say("Log of actions")
NODES, REGISTRY, CLOCK = say("Nodes of the chain"), say("Registry"), say("Clock")

_CLOCK_BEHIND_S = 5
"""By how much a block may seem to come from the future: clocks differ."""


def words(error: Exception) -> Sentence:
    """Return what an error says, as it is: it names what was got and what is wanted."""
    return say("%(error)s", error=str(error) or type(error).__name__)


def keys(keystore: Keystore, sender: str) -> Finding:
    """See whether the folder's password opens the sending account."""
    try:
        address = keystore.sender(sender).address
    except YinxinError as exc:
        mend = say("Set YINXIN_KEYSTORE, YINXIN_KEYSTORE_PASSWORD_FILE and YINXIN_SENDER; put the files back.")
        return trouble(KEYS, words(exc), mend)
    return well(KEYS, say("The sending account %(address)s opens with the password.", address=f"0x{address.hex()}"))


def store(held: Store) -> Finding:
    """See whether the database answers, takes what is written, and is up to date."""
    try:
        revision = held.revision()
        held.try_to_write()
    except YinxinError as exc:
        mend = say("Look at free space, permissions and the database's own log; nothing is issued until it writes.")
        return trouble(DATABASE, words(exc), mend)
    if revision != database.NEWEST_REVISION:
        got = say("It is at revision %(got)s, wanted %(wanted)s.", got=revision, wanted=database.NEWEST_REVISION)
        return trouble(DATABASE, got, say("Start the newest version of this service once; it brings it up to date."))
    return well(DATABASE, say("It answers and takes what is written; revision %(revision)s.", revision=revision))


def log(held: Store) -> Finding:
    """Go through the log of actions."""
    try:
        with held.reading() as work:
            head = audit_log.verify(work)
    except LogBroken as exc:
        mend = say("Somebody changed the log within the database. Keep a copy, and find out who can write there.")
        return trouble(LOG, words(exc), mend)
    return well(LOG, say("Its %(count)s lines hold together.", count=head.count))


def head(about: Sentence, newest: Block, *, now: int, max_head_age_s: int) -> Finding:
    """See whether a node's newest block is young enough to speak of the present; `now` in seconds since 1970."""
    age = now - newest.timestamp
    got = say("Its newest block %(number)s is %(age)s seconds old.", number=newest.number, age=age)
    if age > max_head_age_s:
        mend = say("The chain stands still, or this node lags behind. Ask whoever runs the nodes; nothing is lost.")
        return trouble(about, got, mend)
    return well(about, got)


def agreement(about: Sentence, first: RegistryWriter, other: RegistryWriter) -> Finding:
    """See whether two nodes show the same chain."""
    height = max(0, min(first.newest().number, other.newest().number) - 1)
    if first.block(height).hash == other.block(height).hash:
        return well(about, say("It agrees with the first node at block %(height)s.", height=height))
    mend = say("Trust neither until whoever runs the nodes has found out which one is on the network's chain.")
    return trouble(about, say("It shows another block %(height)s than the first node.", height=height), mend)


def registry(held: Store | None, identity: Identity) -> Finding:
    """See whether the node shows the registry that the database belongs to; its code was compared by the gateway."""
    if held is None:
        return not_run(REGISTRY, say("The database does not answer."), say("Mend the database, then examine again."))
    with held.reading() as work:
        pin = work.pin()
    if pin is not None and (pin.registry_id, pin.genesis_hash, pin.chain_id) != (
        identity.registry_id,
        identity.genesis_hash,
        identity.chain_id,
    ):
        mend = say("Set YINXIN_RPC_URLS and YINXIN_REGISTRY to the right one, or use another database.")
        return trouble(REGISTRY, say("This database belongs to another registry."), mend)
    shown = say(
        "Contracts and chain id %(chain)s are the expected ones; registry %(address)s.",
        chain=identity.chain_id,
        address=f"0x{identity.address.hex()}",
    )
    if identity.test:
        mend = say("It is a test registry, so every document says TEST. Real certificates need another one.")
        return warning(REGISTRY, shown, mend)
    return well(REGISTRY, shown)


def clock(newest: Block, *, now: int) -> Finding:
    """See whether this machine's clock, in seconds since 1970, is behind the chain's."""
    behind = newest.timestamp - now
    if behind > _CLOCK_BEHIND_S:
        got = say("This machine's clock is %(seconds)s seconds behind the chain.", seconds=behind)
        return trouble(CLOCK, got, say("Have this machine set its clock from a time server (NTP)."))
    return well(CLOCK, say("It is not behind the chain."))
