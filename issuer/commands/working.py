"""Working in the background: sealing, documents, tasks and webhooks; what waits, and what was set aside."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import structlog
import typer

from chain.errors import RegistryUnavailable, YinxinError
from issuer import audit_log, journeys
from issuer.audit_log import Occasion
from issuer.commands.shared import ERR, OUT, Json, issuer, say, table
from issuer.errors import DatabaseTrouble
from issuer.reconciling import announcing, mailing, post, running, watching
from issuer.rounds import IDLE_S, Round, walked
from issuer.sending import lane_conditions, parking
from issuer.settings import open_settings
from issuer.status import following
from issuer.webhook import telling
from issuer.webhook.sending import sender
from issuer.wiring import open_issuer
from issuer.working import Worker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from issuer.settings import Settings
    from issuer.wiring import Issuer

OTHER_NODE_AFTER_S = 60.0
"""Where there are several nodes, one that is silent for so long is left for another."""
_OPEN_AGAIN_S = 5.0
_FOLLOW_EVERY_S = 15.0
_SCHEDULE_EVERY_S = 30.0
_SOURCE = "command line"

_log = structlog.get_logger()


def work() -> None:
    """Seal, make documents and do tasks until stopped; SIGTERM finishes the step under way. Several may run at once."""
    settings = open_settings()
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda _number, _frame: stop.set())
    ERR.print("Working; stop with Ctrl-C or SIGTERM.")
    keep_working(settings, stop)
    ERR.print("Stopped; nothing is lost.")


@contextmanager
def background(settings: Settings) -> Iterator[None]:
    """Work in threads while the context lasts, if the settings say so."""
    if not settings.worker:
        yield
        return
    stop = threading.Event()
    # Pages are served, whatever keeps the worker from working; the queue's page says that it does not.
    thread = threading.Thread(target=keep_working, args=[settings, stop, (YinxinError,)], name="working")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def keep_working(
    settings: Settings,
    stop: threading.Event,
    waited_for: tuple[type[YinxinError], ...] = (RegistryUnavailable, DatabaseTrouble),
) -> None:
    """Work until `stop` is set; what keeps this from beginning (a node that is away) is told once and waited for."""
    told = ""
    while not stop.is_set():
        try:
            with open_issuer(settings) as opened:
                told = ""
                _work(opened, stop)
        except waited_for as error:
            if type(error).__name__ != told:
                told = type(error).__name__
                _log.error("cannot work yet", reason=str(error))
            stop.wait(_OPEN_AGAIN_S)


def _work(opened: Issuer, stop: threading.Event) -> None:
    """Work until `stop` is set, or until another node should be tried."""
    enough = threading.Event()
    carrier = opened.carrier()
    worker = Worker(opened.office, stopping=enough.is_set)
    poll_s = opened.settings.poll_s
    idle_s = min(IDLE_S, 4 * poll_s)
    webhooks = sender(opened.settings.webhook_networks)
    mail = post.of(opened.settings)
    hour = opened.settings.reconcile_hour
    rounds = [
        Round("sealing", carrier.step, pause_s=poll_s, idle_s=idle_s),
        Round("documents", opened.document_maker().step, idle_s=idle_s),
        Round("tasks", worker.step, idle_s=idle_s),
        Round("statuses", partial(_follow, opened), idle_s=_FOLLOW_EVERY_S),
        Round("webhooks", partial(telling.step, opened.office, webhooks), idle_s=idle_s),
        Round("records", partial(watching.step, opened.office, mail), idle_s=watching.EVERY_S),
        Round("differences", partial(announcing.step, opened.office, mail), idle_s=watching.EVERY_S),
        Round("alerts", partial(mailing.send_one, opened.office, mail), idle_s=idle_s),
        Round(
            "reconciliations",
            partial(running.schedule, opened.office, hour if hour >= 0 else None),
            idle_s=_SCHEDULE_EVERY_S,
        ),
    ]
    with walked(rounds, enough):
        while not stop.wait(1):
            # Whoever rotates keys has every process begin anew.
            opened.office.store.require_keys()
            if len(opened.settings.nodes) > 1 and carrier.silent_for_s > OTHER_NODE_AFTER_S:
                _log.warning("the node is silent; trying the others")
                return


def _follow(opened: Issuer) -> bool:
    """Take in what the registry recorded of statuses, by whomever; lists and counts are then never old."""
    following.catch_up(opened.office)
    return False


def queue(*, as_json: Json = False) -> None:
    """Show how the lanes are, what is on its way to the chain, and what was set aside and why."""
    with issuer() as opened, opened.office.store.reading() as rows:
        conditions = lane_conditions.all_of(rows)
        moving = [each for each in rows.batches(states=journeys.ON_THE_WAY) if not parking.is_parked(each)]
        parked = parking.parked(rows)
        refused = parking.refused_changes(rows)
    if as_json:
        say(
            {
                "lanes": [
                    {
                        "sender": f"0x{each.sender.hex()}",
                        "trouble": each.trouble,
                        "detail": each.detail,
                        "since": each.since.isoformat(),
                        "seen_at": each.seen_at.isoformat(),
                        "block": each.head_number,
                    }
                    for each in conditions
                ],
                "on_the_way": [{"batch": each.id, "state": each.state, "size": each.size} for each in moving],
                "parked": [{"batch": each.id, "state": each.state, "reason": each.failure} for each in parked],
                "refused_changes": [{"change": each.id, "reason": each.failure} for each in refused],
            }
        )
        return
    lanes = table("SENDER", "BLOCK", "LOOKED AT", "TROUBLE", "SINCE", "WHAT IS WRONG")
    for each in conditions:
        lanes.add_row(
            f"0x{each.sender.hex()}",
            str(each.head_number or ""),
            each.seen_at.isoformat(timespec="seconds"),
            each.trouble or "none",
            each.since.isoformat(timespec="seconds"),
            each.detail,
        )
    OUT.print(lanes)
    batches = table("BATCH", "SIZE", "STATE", "SET ASIDE BECAUSE")
    for batch in sorted([*moving, *parked], key=lambda each: each.id or 0):
        batches.add_row(str(batch.id), str(batch.size), batch.state, batch.failure if batch in parked else "")
    OUT.print(batches)
    if parked:
        OUT.print("Set right what is wrong, then: yinxin-issuer release BATCH")
    for change in refused:
        OUT.print(f"Status change {change.id} was refused: {change.failure}")


def release(
    batch: Annotated[int, typer.Argument(metavar="BATCH", help="A batch that `queue` shows as set aside.")],
) -> None:
    """Have the workers take up again a batch that was set aside."""
    with issuer() as opened, opened.office.store.writing() as rows:
        found = rows.batch(batch)
        parking.release(opened.office, rows, found, Occasion(datetime.now(UTC), _SOURCE), who=audit_log.OPERATOR)
    OUT.print(f"Batch {batch} is released; a worker takes it up.")


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (work, queue, release):
        app.command()(command)
