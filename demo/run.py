"""Brings everything up with demo data: chain, contracts, agencies, certificates, issuer and verifier.

scripts/run                  everything on embedded defaults, until Ctrl-C; the second start takes seconds
scripts/run --once --json    the same on free ports in a temporary folder; checks every document and forgery, and ends
scripts/run --code LOGIN     the code that the authenticator app of one of the demonstration's people would show now
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shlex
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import structlog

from chain import calendar, certificate
from chain.ethereum.network import Anvil
from demo import crimes, people, trial
from demo.clock import Clock
from demo.deeds import DEEDS, ISSUES, RENEWAL, Deed
from demo.stage import BLOCK_TIME_S, ROOT, Haste, Service, Stage, chain_id_of, free_ports, require_free
from demo.trial import SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from demo.deeds import Issue


_FOLDER = ROOT / "var"
_LOOKS_EVERY_S = 0.5
"""At whether the services still run."""


def main() -> int:
    """Run the demonstration."""
    # Accounts are made in this process; standard output is for the answer alone.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    options = _options()
    if options.code:
        return people.tell_code(options.folder.resolve(), options.code)
    clock = Clock(quiet=options.quiet)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _as_interrupt)
    try:
        if options.once:
            return _once(options, clock)
        _stay(options, clock)
    except KeyboardInterrupt:
        return 130


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/run", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    for name, port in (("chain", 8545), ("issuer", 8001), ("verifier", 8002)):
        variable = f"YINXIN_{name.upper()}_PORT"
        parser.add_argument(
            f"--{name}-port",
            type=_port,
            # As text, so that what is wrong with it is told as for the option.
            default=os.environ.get(variable, str(port)),
            help=f"port of the {name} (default {port}, or {variable})",
        )
    parser.add_argument("--folder", type=Path, default=_FOLDER, help="where everything is kept (default var/)")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run made in the folder")
    parser.add_argument("--code", metavar="LOGIN", help="print the code for signing in that LOGIN's app shows now")
    parser.add_argument("--once", action="store_true", help="free ports, temporary folder, check everything, end")
    parser.add_argument("--json", action="store_true", help="print the answer as one JSON line")
    parser.add_argument("--quiet", action="store_true", help="do not tell what is being done")
    return parser.parse_args()


def _port(text: str) -> int:
    """Read a port; argparse says the words of the error."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 65535:  # noqa: PLR2004 — 16 bits
        raise argparse.ArgumentTypeError(f"got «{text}», wanted a port from 1 to 65535")
    return int(text)


def _once(options: argparse.Namespace, clock: Clock) -> int:
    chain_port, issuer_port, verifier_port = free_ports(3)
    folder = Path(tempfile.mkdtemp(prefix="yinxin-"))
    stage = Stage(folder, chain_port=chain_port, issuer_port=issuer_port, verifier_port=verifier_port)
    try:
        with _up(stage, clock) as (head, _):
            answer = trial.judged(stage, clock, head)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    return 0 if answer["ok"] else 1


def _stay(options: argparse.Namespace, clock: Clock) -> NoReturn:
    """Stay until somebody ends it, or one of the services ends by itself."""
    folder = options.folder.resolve()
    ports = {f"--{name}-port": getattr(options, f"{name}_port") for name in ("chain", "issuer", "verifier")}
    require_free(list(ports.items()))
    if options.fresh and (folder / "issuer.env").exists():
        shutil.rmtree(folder)
    chain_port, issuer_port, verifier_port = ports.values()
    stage = Stage(folder, chain_port=chain_port, issuer_port=issuer_port, verifier_port=verifier_port)
    with _up(stage, clock) as (_, services):
        _tell(stage, as_json=options.json)
        try:
            while True:
                time.sleep(_LOOKS_EVERY_S)
                for service in services:
                    service.require_running()
        finally:
            clock.say("Stopping …")


@contextmanager
def _up(stage: Stage, clock: Clock) -> Iterator[tuple[int, Sequence[Service]]]:
    """Bring everything up; yields the number of the newest block and the services; takes all down at the end."""
    with ExitStack() as stack:
        with clock.timed("chain"):
            anvil = Anvil.start(stage.folder / "chain", port=stage.chain_port, block_time=BLOCK_TIME_S)
            stack.callback(anvil.stop)
        stage.write_issuer_settings()
        os.environ.update(stage.environment(stage.issuer_settings))
        with clock.timed("contracts"), Haste(stage.rpc_url):
            registry = stage.issuer("registry", "deploy")
            stage.write_verifier_settings(
                registry=str(registry["registry"]),
                registry_id=str(registry["registry_id"]),
                chain_id=chain_id_of(stage.rpc_url),
            )
            stage.write_trust_list(registry_id=str(registry["registry_id"]))
        if not (stage.folder / SHOWN).exists():
            with Haste(stage.rpc_url):
                _make(stage, clock)
        with clock.timed("people"):
            password = (stage.keystore / "password").read_text(encoding="utf-8").strip()
            people.hire(stage.folder, ROOT / "demo" / "plan.json", password)
        with clock.timed("services"):
            services = [
                Service(stage, "issuer", stage.issuer_settings, port=stage.issuer_port),
                Service(stage, "verifier", stage.verifier_settings, port=stage.verifier_port),
            ]
            for service in services:
                stack.callback(service.stop)
            for service in services:
                service.wait_until_ready()
        _write_run(stage, registry, services, anvil)
        yield int(str(anvil.ask("eth_blockNumber")), 16), services


def _make(stage: Stage, clock: Clock) -> None:
    """Make agencies, certificates and forgeries. Every step is safe to repeat after an interruption."""
    with clock.timed("agencies"):
        stage.issuer("enrol", stage.write_plan(ROOT / "demo" / "plan.json"))
    shown: dict[str, dict[str, str]] = {}
    # Each command spends most of its time on its own papers; the sending lane sees to the order.
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        with clock.timed("certificates"):
            for made in pool.map(lambda each: _issue(stage, clock, each), ISSUES):
                shown |= made
        with clock.timed("statuses"):
            deeds = [(deed, _chosen(shown, deed, of="VALID")) for deed in DEEDS]
            deeds.append((RENEWAL, _chosen(shown, RENEWAL, of="EXPIRED")))
            list(pool.map(lambda each: _do(stage, *each), deeds))
    with clock.timed("forgeries"):
        crimes.commit(stage)
    (stage.folder / SHOWN).write_text(json.dumps(shown, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _issue(stage: Stage, clock: Clock, issue: Issue) -> dict[str, dict[str, str]]:
    """Issue one file's certificates; returns what is known of each, by its document."""
    folder = stage.documents / issue.certificate_type
    answer = stage.issuer(
        "issue",
        ROOT / "demo" / issue.file,
        *("--type", issue.certificate_type, "--out", folder),
        *("--prepared-by", f"{issue.team}-preparer", "--approved-by", f"{issue.team}-approver"),
    )
    issued: list[dict[str, str]] = answer["certificates"]  # type: ignore[assignment]
    clock.say(f"{issue.certificate_type}: {len(issued)} certificates")
    shown: dict[str, dict[str, str]] = {}
    for each in issued:
        by_dates = _by_dates(folder / each["sd_jwt"])
        shown[str(folder / each["pdf"])] = {
            "type": issue.certificate_type,
            "number": each["number"],
            "short_number": each["short_number"],
            "by_dates": by_dates,
            "expected": by_dates,
        }
    return shown


def _chosen(shown: dict[str, dict[str, str]], deed: Deed, *, of: str) -> dict[str, str]:
    """Return the nth certificate of a deed's type that its dates alone make `of`."""
    return [each for each in shown.values() if (each["type"], each["by_dates"]) == (deed.certificate_type, of)][
        deed.nth
    ]


def _do(stage: Stage, deed: Deed, each: dict[str, str]) -> None:
    """Do one deed to its certificate, but for the steps that were done before an interruption."""
    team = deed.team or next(issue.team for issue in ISSUES if issue.certificate_type == deed.certificate_type)
    for step, words in enumerate(deed.words):
        done = stage.folder / "deeds" / f"{deed.certificate_type}-{deed.expected}-{deed.nth}-{step}"
        if done.exists():
            continue
        is_new_version = words[0] in {"replace", "renew"}
        made = [each["number"] if word == "NUMBER" else _day(word) for word in words]
        made += ["--prepared-by" if is_new_version else "--by", f"{team}-preparer", "--approved-by", f"{team}-approver"]
        made += ["--type", deed.certificate_type]
        if is_new_version:
            made += ["--out", str(stage.documents / f"{deed.certificate_type}-replaced")]
        if deed.team:
            made += ["--actor", _code(deed.team)]
        stage.issuer(*made)
        done.parent.mkdir(exist_ok=True)
        done.touch()
    each["expected"] = deed.expected


def _code(team: str) -> str:
    """Return an agency's credit code."""
    plan = json.loads((ROOT / "demo" / "plan.json").read_text(encoding="utf-8"))
    return next(str(each["code"]) for each in plan["agencies"] if each["key"] == team)


def _day(word: str) -> str:
    """Return `+7` as the day a week from now."""
    if word.startswith("+") and word[1:].isdigit():
        return str(_today() + timedelta(days=int(word[1:])))
    return word


def _by_dates(sd_jwt: Path) -> str:
    """Return the verdict that a genuine certificate gets by its dates alone."""
    validity = certificate.parse(sd_jwt.read_text(encoding="ascii")).credential.validity
    if validity.first_day > _today():
        return "NOT_YET_VALID"
    if validity.last_day is not None and validity.last_day < _today():
        return "EXPIRED"
    return "VALID"


def _today() -> date:
    return calendar.today(datetime.now(UTC))


def _write_run(stage: Stage, registry: dict[str, object], services: Sequence[Service], anvil: Anvil) -> None:
    plan = json.loads((ROOT / "demo" / "plan.json").read_text(encoding="utf-8"))
    teams = {issue.certificate_type: issue.team for issue in ISSUES}
    password = (stage.keystore / "password").read_text(encoding="utf-8").strip()
    run = {
        "urls": {
            "chain": stage.rpc_url,
            "issuer": stage.issuer_url,
            "pages": stage.pages_url,
            "verifier": stage.verifier_url,
            "trust_list": f"{stage.verifier_url}/api/v1/trust-list",
            "checkpoint": f"{stage.verifier_url}/api/v1/checkpoints/latest",
            "pack": f"{stage.verifier_url}/api/v1/packs/latest",
        },
        "files": {"trust_list": str(stage.trust_list)},
        "registry": {key: registry[key] for key in ("registry", "agencies", "registry_id", "chain_id", "test")},
        "settings": {"issuer": str(stage.issuer_settings), "verifier": str(stage.verifier_settings)},
        "log_ins": {
            "password": password,
            "officers": {
                kind: {"preparer": f"{team}-preparer", "approver": f"{team}-approver"} for kind, team in teams.items()
            },
            "agencies": {each["key"]: each["name"] for each in plan["agencies"]},
            "people": people.read(stage.folder),
        },
        "folders": {
            "documents": str(stage.documents),
            "forgeries": str(stage.forgeries),
            "keystore": str(stage.keystore),
            "logs": str(stage.folder / "logs"),
        },
        "processes": {"chain": anvil.pid} | {service.name: service.process.pid for service in services},
    }
    path = stage.folder / "run.json"
    # It holds the officers' password.
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(run, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _tell(stage: Stage, *, as_json: bool) -> None:
    """Say what to try."""
    run = json.loads((stage.folder / "run.json").read_text(encoding="utf-8"))
    if as_json:
        print(json.dumps(run, ensure_ascii=False), flush=True)
        return
    shown = json.loads((stage.folder / SHOWN).read_text(encoding="utf-8"))
    example = Path(next(path for path, each in shown.items() if each["expected"] == "VALID"))
    code = _telling_code(stage.folder)
    verifier = f"YINXIN_SETTINGS={_shown(stage.verifier_settings)} .venv/bin/yinxin-verifier"
    issuer = f"YINXIN_SETTINGS={_shown(stage.issuer_settings)} .venv/bin/yinxin-issuer"
    offline = f".venv/bin/yinxin-verifier check --offline --trust {_shown(stage.trust_list)}"
    print(
        f"""
印信 Yinxin is up. Everything in it is fictional (演示).

  Verifier   {stage.verifier_url}     drop a document there, or type a short number
  Issuer     {stage.pages_url}     the clerks' pages; log-ins and password below
  Chain      {stage.rpc_url}          registry {run["registry"]["registry"]}

  Documents  {_shown(stage.documents)}
  Forgeries  {_shown(stage.forgeries)}   ({crimes.EXPECTED} there says what each is)
  Log-ins    saihan-scjg-preparer, -approver, -manager, -auditor, … (all in {_shown(stage.folder / "run.json")})
  Password   {run["log_ins"]["password"]}
  Code       {code} saihan-scjg-approver   (whoever approves or manages shows one, as from a telephone)

Try in another terminal:
  {verifier} check '{_shown(example)}'
  {verifier} check {_shown(stage.forgeries)}/*.sd-jwt
  curl -s {run["urls"]["checkpoint"]} -o latest.checkpoint
  {offline} --checkpoint latest.checkpoint '{_shown(example)}'
  {issuer} list
  curl -s -u saihan-scjg-preparer:{run["log_ins"]["password"]} {stage.issuer_url}/api/v1/batches
  {issuer} status {example.stem} suspend --reason test --by saihan-scjg-preparer --approved-by saihan-scjg-approver

Ctrl-C stops it.""",
        flush=True,
    )


def _telling_code(folder: Path) -> str:
    """Return the command that tells codes, up to whose."""
    kept = "" if folder == _FOLDER else f" --folder {shlex.quote(_shown(folder))}"
    return f"scripts/run{kept} --code"


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
