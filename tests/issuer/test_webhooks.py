"""Clients are told what happens: signed, at least once, only what they may know, and nowhere it must not go."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.errors import InvalidInput
from issuer import in_one_go, issuing
from issuer.client import clients
from issuer.draft.drafting import draft
from issuer.errors import AddressRefused, NotFound, NotReady, Unreachable
from issuer.tables import account_rows, webhook_rows
from issuer.tables.webhook_models import DeliveryState
from issuer.webhook import events as webhook_events
from issuer.webhook import telling, webhooks
from issuer.webhook.sending import Sender, networks
from issuer.webhook.webhooks import Manager
from tests.issuer.clients import LOW, OTHER, PERMIT, make, occasion
from tests.issuer.offices import permits
from tests.issuer.receiver import certified, receiving, sender

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from issuer.tables.webhook_models import WebhookDelivery
    from tests.issuer.offices import World
    from tests.issuer.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def manager(world: World, agency: int = LOW) -> Manager:
    return Manager("manager", agency, occasion(world))


def hook(world: World, receiver: Receiver, *events: str, client_id: int = 0) -> tuple[int, str]:
    """Make a webhook; returns its number and secret."""
    client_id = client_id or make(world).client_id
    return webhooks.make(world.office, sender(), client_id, receiver.url(), events=events, by=manager(world))


def happen(world: World, serial: int = 1, *, agency: int = LOW) -> int:
    """Have a batch drafted and given up: two lines of history."""
    (batch,) = draft(world.office, permits(serial), world.office.type(PERMIT), agency=agency).batches
    return batch


def tell(world: World, by: Sender | None = None) -> None:
    """Tell until there is nothing to tell now."""
    for _ in range(500):
        if not telling.step(world.office, by or sender()):
            return
    pytest.fail("never done")


def deliveries(world: World, webhook_id: int) -> list[WebhookDelivery]:
    with world.office.store.reading() as work:
        return webhook_rows.deliveries(work, [webhook_id], most=100)


def wait(world: World, **span: float) -> None:
    world.registry.now += int(timedelta(**span).total_seconds())


# What is told.


@pytest.mark.databases
def test_a_batchs_whole_way_is_told_in_signed_messages(world: World, receiver: Receiver) -> None:
    _, secret = hook(world, receiver)
    batch = happen(world)
    in_one_go.bring_to_approval(world.office, batch, world.officer("low-preparer"), [world.officer("low-approver")])
    in_one_go.seal(world.office, world.lane(), [batch])
    tell(world)
    told = [json.loads(each.body) for each in receiver.messages]
    assert [each["type"] for each in sorted(told, key=lambda each: each["timestamp"])][-1] in webhook_events.KINDS
    assert {
        "batch.drafted",
        "batch.submitted",
        "batch.approved",
        "batch.queued",
        "batch.sent",
        "batch.in_block",
        "batch.final",
        "batch.issued",
    } <= {each["type"] for each in told}
    assert all(each["data"]["batch"] == batch for each in told)
    assert next(each for each in told if each["type"] == "batch.issued")["data"]["state"] == "ISSUED"
    for message in receiver.messages:
        assert message.is_signed_with(secret)
        assert set(json.loads(message.body)["data"]) <= {"batch", "certificate", "state"}
    assert len({message.id for message in receiver.messages}) == len(receiver.messages)


def test_only_what_happens_from_now_on_is_told_and_only_once(world: World, receiver: Receiver) -> None:
    happen(world, 1)
    hook(world, receiver)
    tell(world)
    assert receiver.messages == []
    happen(world, 2)
    tell(world)
    tell(world)
    assert [json.loads(each.body)["type"] for each in receiver.messages] == ["batch.drafted"]


def test_another_agencys_and_other_types_events_are_not_told(world: World, receiver: Receiver) -> None:
    stranger = make(world, types=["business-licence"])
    number, _ = hook(world, receiver, client_id=stranger.client_id)
    own, _ = hook(world, receiver, "batch.final")
    happen(world, 1)
    tell(world)
    assert deliveries(world, number) == deliveries(world, own) == []


def test_history_of_a_batch_that_is_gone_is_passed_over(world: World, receiver: Receiver) -> None:
    number, _ = hook(world, receiver)
    issuing.discard(world.office, happen(world), world.officer("low-preparer"))
    tell(world)
    assert {each.kind for each in deliveries(world, number)} == {"batch.drafted", "batch.discarded"}


@pytest.mark.databases
def test_following_twice_at_once_makes_each_delivery_once(world: World, receiver: Receiver) -> None:
    number, _ = hook(world, receiver)
    for serial in range(1, 6):
        happen(world, serial)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: telling.follow(world.office), range(8)))
    assert len(deliveries(world, number)) == 5


@pytest.mark.databases
def test_two_senders_at_once_send_each_message_once(world: World, receiver: Receiver) -> None:
    hook(world, receiver)
    for serial in range(1, 5):
        happen(world, serial)
    telling.follow(world.office)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: tell(world), range(4)))
    assert len(receiver.messages) == len({each.id for each in receiver.messages}) == 4


# Trying again.


def test_failure_is_tried_again_under_the_same_id_until_it_arrives(world: World, receiver: Receiver) -> None:
    number, secret = hook(world, receiver)
    receiver.statuses = [500, 302, 200]
    receiver.headers = {"Location": receiver.url("/elsewhere")}
    happen(world)
    tell(world)
    (waiting,) = deliveries(world, number)
    assert (waiting.state, waiting.attempts, waiting.last_answer) == (DeliveryState.WAITING, 1, "500")
    wait(world, seconds=6)
    tell(world)
    wait(world, seconds=34)
    tell(world)
    (done,) = deliveries(world, number)
    assert (done.state, done.attempts) == (DeliveryState.DELIVERED, 3)
    assert [each.path for each in receiver.messages] == ["/hook"] * 3
    first, *others = receiver.messages
    assert {each.id for each in others} == {first.id}
    assert {each.body for each in others} == {first.body}
    assert all(each.is_signed_with(secret) for each in receiver.messages)
    assert others[0].headers["webhook-timestamp"] > first.headers["webhook-timestamp"]


@pytest.mark.databases
def test_after_a_day_it_is_parked_and_goes_out_again_when_somebody_says_so(world: World, receiver: Receiver) -> None:
    number, _ = hook(world, receiver)
    receiver.statuses = [503] * 30
    happen(world)
    tell(world)
    spent = 0
    while deliveries(world, number)[0].state == DeliveryState.WAITING:
        wait(world, minutes=10)
        spent += 10
        tell(world)
    assert 23 * 60 < spent < 27 * 60
    assert len(receiver.messages) == len(telling.WAITS) + 1
    receiver.statuses = []
    (parked,) = deliveries(world, number)
    webhooks.send_again(world.office, parked.id or 0, by=manager(world))
    tell(world)
    assert deliveries(world, number)[0].state == DeliveryState.DELIVERED
    assert receiver.messages[-1].id == receiver.messages[0].id


def test_killed_after_sending_sends_once_more(world: World, receiver: Receiver) -> None:
    number, _ = hook(world, receiver)
    happen(world)

    class Killed(BaseException):
        """As if the power were gone."""

    class Dying(Sender):
        def post(self, *arguments: object) -> object:  # type: ignore[override]
            sender().post(*arguments)  # type: ignore[arg-type]
            raise Killed

    with pytest.raises(Killed):
        tell(world, Dying())
    tell(world)
    assert len(receiver.messages) == 1
    wait(world, seconds=61)
    tell(world)
    assert len(receiver.messages) == 2
    assert receiver.messages[0].id == receiver.messages[1].id
    assert deliveries(world, number)[0].state == DeliveryState.DELIVERED


@pytest.mark.databases
def test_address_that_fails_is_left_alone_for_a_while(world: World, receiver: Receiver) -> None:
    number, _ = hook(world, receiver)
    receiver.statuses = [500]
    for serial in range(1, 6):
        happen(world, serial)
    tell(world)
    assert len(receiver.messages) == 1
    wait(world, seconds=40)
    tell(world)
    assert {each.state for each in deliveries(world, number)} == {DeliveryState.DELIVERED}


def test_wish_to_be_left_alone_is_heard(world: World, receiver: Receiver) -> None:
    hook(world, receiver)
    receiver.statuses, receiver.headers = [429], {"Retry-After": "600"}
    happen(world)
    tell(world)
    wait(world, seconds=599)
    tell(world)
    assert len(receiver.messages) == 1
    wait(world, seconds=2)
    tell(world)
    assert len(receiver.messages) == 2


def test_address_that_is_gone_is_paused_until_somebody_resumes_it(world: World, receiver: Receiver) -> None:
    number, _ = hook(world, receiver)
    receiver.statuses = [410]
    happen(world, 1)
    tell(world)
    happen(world, 2)
    wait(world, days=2)
    tell(world)
    assert len(receiver.messages) == 1
    assert [each.state for each in deliveries(world, number)] == [DeliveryState.PARKED]
    webhooks.resume(world.office, number, by=manager(world))
    happen(world, 3)
    tell(world)
    assert len(receiver.messages) == 2


def test_nobody_there_is_a_failure_in_words(world: World, receiver: Receiver) -> None:
    number, _ = hook(world, receiver)
    happen(world)

    class Silent(Sender):
        def post(self, *_: object) -> object:  # type: ignore[override]
            raise Unreachable("no answer within 15 seconds")

    tell(world, Silent())
    assert deliveries(world, number)[0].last_answer == "no answer within 15 seconds"


# What managers do.


def test_for_a_day_messages_are_signed_with_both_secrets(world: World, receiver: Receiver) -> None:
    number, old = hook(world, receiver)
    new = webhooks.rotate(world.office, number, by=manager(world))
    webhooks.test(world.office, number, by=manager(world))
    tell(world)
    assert receiver.messages[-1].is_signed_with(old)
    assert receiver.messages[-1].is_signed_with(new)
    assert json.loads(receiver.messages[-1].body)["type"] == "webhook.test"
    wait(world, hours=25)
    webhooks.test(world.office, number, by=manager(world))
    tell(world)
    assert not receiver.messages[-1].is_signed_with(old)
    assert receiver.messages[-1].is_signed_with(new)


@pytest.mark.databases
def test_ended_webhook_and_revoked_client_are_told_nothing_more(world: World, receiver: Receiver) -> None:
    number, _ = hook(world, receiver)
    client = make(world)
    other, _ = hook(world, receiver, client_id=client.client_id)
    happen(world)
    telling.follow(world.office)
    webhooks.end(world.office, number, by=manager(world))
    clients.revoke(world.office, client.client_id, agency=LOW, by="manager", occasion=occasion(world))
    tell(world)
    assert receiver.messages == []
    assert {each.state for each in (*deliveries(world, number), *deliveries(world, other))} == {DeliveryState.PARKED}
    with pytest.raises(NotReady):
        webhooks.test(world.office, number, by=manager(world))


def test_another_agencys_webhook_is_not_found(world: World, receiver: Receiver) -> None:
    number, _ = hook(world, receiver)
    delivery = webhooks.test(world.office, number, by=manager(world))
    stranger = manager(world, OTHER)
    for attempt in (
        lambda: webhooks.end(world.office, number, by=stranger),
        lambda: webhooks.rotate(world.office, number, by=stranger),
        lambda: webhooks.test(world.office, number, by=stranger),
        lambda: webhooks.resume(world.office, number, by=stranger),
        lambda: webhooks.send_again(world.office, delivery, by=stranger),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_what_managers_do_is_in_the_log_without_address_or_secret(world: World, receiver: Receiver) -> None:
    client = make(world)
    number, secret = webhooks.make(
        world.office,
        sender(),
        client.client_id,
        receiver.url("/hook?token=abc"),
        events=(),
        by=manager(world),
    )
    webhooks.rotate(world.office, number, by=manager(world))
    webhooks.end(world.office, number, by=manager(world))
    with world.office.store.reading() as work:
        said = [f"{line.what} {line.subject} {line.detail}" for line in account_rows.lines(work)]
    assert [each.split(" C")[0] for each in said[-3:]] == ["webhook made", "webhook secret changed", "webhook ended"]
    assert "abc" not in str(said)
    assert secret not in str(said)
    world.office.store.close()
    held = (world.folder / "issuer.db").read_bytes()
    assert b"token=abc" not in held
    assert secret.encode() not in held


@pytest.mark.databases
def test_arrived_messages_are_forgotten_after_a_month(world: World, receiver: Receiver) -> None:
    number, _ = hook(world, receiver)
    happen(world)
    tell(world)
    wait(world, days=31)
    telling.sweep(world.office)
    assert deliveries(world, number) == []


# Where nothing is sent.


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://10.0.0.1/hook",
        "https://192.168.1.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://[fec0::1]/",
        "https://[64:ff9b:1::7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://224.0.0.1/",
    ],
)
def test_addresses_inside_are_refused_at_once(url: str) -> None:
    with pytest.raises(AddressRefused):
        Sender().check(url)
    with pytest.raises((AddressRefused, Unreachable)):
        Sender().post(url, {}, b"")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.com/",
        "https://",
        "https://user:password@example.com/",
        "https://example.com/#part",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://exämple.com/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://[::1/",
        "https://example.com/" + "x" * 500,
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        Sender().check(url)


@given(st.text(max_size=60))
def test_any_text_is_taken_or_refused_in_words(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}/hook"):
        try:
            Sender().check(url)
        except (InvalidInput, AddressRefused):
            continue


def test_name_that_leads_inside_is_refused_when_it_is_looked_up(receiver: Receiver) -> None:
    """`localhost` is a name like any other; what counts is the address behind it."""
    receiver.scheme = "https"
    with pytest.raises(AddressRefused, match="not on the public Internet"):
        Sender().post(receiver.url(host="localhost"), {}, b"")
    assert receiver.messages == []


def test_plain_http_goes_to_this_machine_alone_and_only_if_it_is_listed(receiver: Receiver) -> None:
    with pytest.raises(AddressRefused):
        Sender().post(receiver.url(), {}, b"")
    with pytest.raises(AddressRefused, match="wanted https"):
        Sender((ip_network("192.168.0.0/16"),)).check("http://192.168.1.1/")
    assert sender().post(receiver.url(), {}, b"").status == 204


def test_certificate_must_be_the_names_though_the_connection_goes_to_a_number(tmp_path: Path) -> None:
    server, trusting = certified(tmp_path, "localhost")
    with receiving(server) as receiver:
        url = receiver.url(host="localhost")
        assert sender(trusting).post(url, {}, b"").status == 204
        assert receiver.messages[0].headers["host"] == f"localhost:{receiver.port}"
        with pytest.raises(Unreachable, match="ConnectError"):
            sender().post(url, {}, b"")
        with pytest.raises(Unreachable, match="ConnectError"):
            sender(trusting).post(receiver.url(), {}, b"")
        assert len(receiver.messages) == 1


def test_slow_receiver_is_given_up_after_the_whole_time(receiver: Receiver) -> None:
    over = threading.Event()
    receiver.during = lambda: (over.wait(10), None)[1]
    try:
        with pytest.raises(Unreachable):
            sender(timeout_s=0.3).post(receiver.url(), {}, b"")
    finally:
        over.set()


def test_operators_list_is_read() -> None:
    assert networks(" 10.1.0.0/16, ::1/128") == (ip_network("10.1.0.0/16"), ip_network("::1/128"))
    assert networks("") == ()
    with pytest.raises(InvalidInput, match="YINXIN_WEBHOOK_NETWORKS"):
        networks("10.1.0.0/8")


def test_signature_is_standard_webhooks_own_example() -> None:
    """From the specification's reference libraries."""
    assert (
        webhook_events.signatures(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
            b'{"test": 2432232314}',
            ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_secret_that_is_no_base64_is_refused() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        webhook_events.key_of("whsec_???")
