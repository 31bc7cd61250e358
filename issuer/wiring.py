"""Puts an issuer together from its settings; the only place, with app and cli, that knows what kind of chain it is."""

from __future__ import annotations

import os
import secrets
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from chain import certificate_types
from chain.errors import InvalidInput, RegistryUnavailable
from chain.ethereum import profiles, signers
from chain.ethereum.client import Expected
from chain.ethereum.deploy import Deployment
from chain.ethereum.network import Anvil
from chain.ethereum.writer import EthereumWriter
from issuer import carrying, rotation
from issuer.carrying import Carrier
from issuer.delivery.document_making import DocumentMaker
from issuer.doctor import Patient
from issuer.document.documents import Renderer
from issuer.errors import SettingMissing
from issuer.keys import Keystore
from issuer.office import Office
from issuer.records import Records
from issuer.rehearsal.stranger import Stranger
from issuer.sending.outbox import Strikes
from issuer.sending.sealing import Lane
from issuer.settings import without_credentials
from issuer.tables.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from chain.certificate_types import CertificateType
    from chain.ethereum.profiles import Profile
    from chain.registry import RegistryWriter
    from issuer.settings import Settings

CRASH_AT = "YINXIN_CRASH_AT"
"""Names a crash point of sealing, finishing or document_making, where the process kills itself; for tests."""

_ADDRESS_BYTES = 20
_INTERVAL = "anvil_getIntervalMining"


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer at work."""

    settings: Settings
    office: Office
    writer: EthereumWriter

    def patient(self) -> Patient:
        """Return how a doctor opens the parts of this service, each anew."""
        return patient(self.settings)

    def lane(self, *, accept_foreign: bool = False, tick: Callable[[], None] = lambda: None) -> Lane:
        """Open the lane of the sending account; `tick` is called whenever it waits."""
        deadline = time.monotonic() + self.settings.seal_timeout_s

        mine = _miner(self.settings, profiles.by_name(self.settings.profile))

        def wait() -> bool:
            tick()
            mine()
            time.sleep(self.settings.poll_s)
            return time.monotonic() < deadline

        sender = self.office.keystore.sender(self.settings.sender)
        return Lane(self.office, sender, wait=wait, at=_crash_at, accept_foreign=accept_foreign)

    def carrier(self) -> Carrier:
        """Return a worker's share in the lane of the sending account; raises `NotFound` or `Locked` without its key."""
        lane = Lane(
            self.office,
            self.office.keystore.sender(self.settings.sender),
            wait=lambda: False,
            at=_crash_at,
            strikes=Strikes(carrying.MOST_STRIKES),
        )
        return Carrier(self.office, lane, nudge=_miner(self.settings, profiles.by_name(self.settings.profile)))

    def document_maker(self) -> DocumentMaker:
        """Return what makes documents."""
        return DocumentMaker(self.office, cache(Renderer), at=_crash_at)


@contextmanager
def open_issuer(settings: Settings) -> Iterator[Issuer]:
    """Open database, keys and node; raises what is wrong with them."""
    keystore = open_keystore(settings)
    store = Store(settings.database_url, locks=settings.data_dir)
    writer = open_writer(settings)
    try:
        yield Issuer(settings, office_of(settings, keystore, store, writer), writer)
    finally:
        writer.close()
        store.close()


def office_of(settings: Settings, keystore: Keystore, store: Store, writer: RegistryWriter) -> Office:
    """Return what the use cases work with; raises `Locked` if the master key does not open."""
    return Office(
        store=store,
        registry=writer,
        keystore=keystore,
        records=Records(rotation.master_key(store, keystore, secrets.token_bytes), secrets.token_bytes),
        types=open_types(settings),
        now=lambda: datetime.now(UTC),
        entropy=secrets.token_bytes,
        issuer_did=settings.issuer_did,
        verifying_host=settings.verifying_host,
        approval_blocks=settings.approval_blocks,
        confirmations=profiles.by_name(settings.profile).confirmations,
        undo=timedelta(minutes=settings.undo_minutes),
    )


def patient(settings: Settings) -> Patient:
    """Return how a doctor opens the parts of this service."""
    keystore = open_keystore(settings)

    @contextmanager
    def store() -> Iterator[Store]:
        opened = Store(settings.database_url, locks=settings.data_dir)
        try:
            yield opened
        finally:
            opened.close()

    return Patient(
        keystore=keystore,
        store=store,
        nodes={url: partial(_node, settings, url) for url in settings.nodes},
        office=partial(office_of, settings, keystore),
        renderer=Renderer,
        stranger=partial(Stranger, settings.verifying_host),
        sender=settings.sender,
        max_head_age_s=settings.max_head_age_s or profiles.by_name(settings.profile).max_head_age_s,
        now=lambda: datetime.now(UTC),
    )


def open_keystore(settings: Settings) -> Keystore:
    """Open the keystore folder; its files are opened when they are needed."""

    def create(path: Path, password: str, labels: Mapping[str, str | int]) -> None:
        scrypt_n = signers.LIGHT_SCRYPT_N if settings.light_keys else signers.STRONG_SCRYPT_N
        signers.store(signers.KeySigner.generate(), path, password, scrypt_n=scrypt_n, labels=labels)

    return Keystore(
        settings.keystore,
        password_file=settings.keystore_password_file,
        unlock=signers.load,
        create=create,
        reseal=signers.reseal,
    )


def open_types(settings: Settings) -> tuple[CertificateType, ...]:
    """Return the shipped types, with the operator's national type codes."""
    codes: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in settings.type_codes.split(","))):
        identifier, separator, code = entry.partition("=")
        if not separator:
            raise SettingMissing(f"YINXIN_TYPE_CODES: got «{entry}», wanted identifier=21 characters")
        codes[identifier] = code
    types = certificate_types.shipped()
    if unknown := codes.keys() - {each.identifier for each in types}:
        raise SettingMissing(f"YINXIN_TYPE_CODES: got {', '.join(sorted(unknown))}, which are no shipped types")
    return tuple(each.with_type_code(codes[each.identifier]) if each.identifier in codes else each for each in types)


def open_writer(settings: Settings) -> EthereumWriter:
    """Open the registry on the first node that answers; raises `RegistryUnavailable` if none does."""
    if not settings.nodes:
        raise SettingMissing("YINXIN_RPC_URLS: got none, wanted the address of a node")
    silent: list[str] = []
    for url in settings.nodes:
        writer = _writer(settings, url)
        try:
            writer.identity()
        except RegistryUnavailable as exc:
            writer.close()
            silent.append(f"{without_credentials(url)}: {exc}")
        else:
            return writer
    raise RegistryUnavailable("no node answers; nothing was done. " + "; ".join(silent))


def _writer(settings: Settings, url: str) -> EthereumWriter:
    address = registry_address(settings)
    known = Deployment.read(deployment_path(settings))
    expected = Expected(
        chain_id=settings.chain_id or None,
        registry_id=_hex("YINXIN_REGISTRY_ID", settings.registry_id, 32) if settings.registry_id else None,
        deployed_at_block=known.block_number if known and known.address == address else None,
    )
    return EthereumWriter(url, address, profiles.by_name(settings.profile), expected=expected)


@contextmanager
def _node(settings: Settings, url: str) -> Iterator[EthereumWriter]:
    writer = _writer(settings, url)
    try:
        yield writer
    finally:
        writer.close()


def registry_address(settings: Settings) -> bytes:
    """Return the registry's address: as set, or as `registry deploy` wrote it down here."""
    if settings.registry:
        return _hex("YINXIN_REGISTRY", settings.registry, _ADDRESS_BYTES)
    known = Deployment.read(deployment_path(settings))
    if known is None:
        raise SettingMissing(
            "YINXIN_REGISTRY: got nothing, wanted the address of the Certificates contract; "
            "`yinxin-issuer registry deploy` makes one on a new chain"
        )
    return known.address


def deployment_path(settings: Settings) -> Path:
    """Return where `registry deploy` writes down what it made."""
    return settings.data_dir / "deployment.json"


def funder(settings: Settings, profile: Profile) -> Callable[[bytes], None]:
    """Return what gives an account money: on a development chain only, elsewhere accounts are paid for by people."""
    if profile is not profiles.ANVIL:
        return lambda _: None
    anvil = Anvil.attach(settings.nodes[0])
    return anvil.fund


@contextmanager
def in_haste(settings: Settings, profile: Profile) -> Iterator[None]:
    """Have a development chain mine at once, so that hundreds of changes do not wait for a block each."""
    if profile is not profiles.ANVIL:
        yield
        return
    anvil = Anvil.attach(settings.nodes[0])
    interval = anvil.ask(_INTERVAL)
    anvil.ask("evm_setAutomine", True)  # noqa: FBT003 — the RPC's own argument
    try:
        yield
    finally:
        if interval:
            anvil.ask("evm_setIntervalMining", interval)


def _miner(settings: Settings, profile: Profile) -> Callable[[], None]:
    """Return what makes a block on a development chain that makes none by itself, where nothing would be final."""
    if profile is not profiles.ANVIL:
        return lambda: None
    anvil = Anvil.attach(settings.nodes[0])
    return lambda: None if anvil.ask(_INTERVAL) else anvil.mine()


def _hex(setting: str, text: str, length: int) -> bytes:
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError as exc:
        raise InvalidInput(f"{setting}: got «{text}», wanted {length} bytes in hex") from exc
    if len(value) != length:
        raise InvalidInput(f"{setting}: got {len(value)} bytes, wanted {length} in hex")
    return value


def _crash_at(point: str) -> None:
    """Die without a word, as a power cut would have it, where a test says so."""
    if os.environ.get(CRASH_AT) == point:
        os.kill(os.getpid(), signal.SIGKILL)
