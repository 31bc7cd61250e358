"""`audit run`: checks over the whole history, resumed where the last run ended.

It exits with 0 if nothing was found of grade FAULT or ALARM and all was looked at that this kind of chain and these
nodes let be looked at, 1 if something was found, and 3 if nothing was, but not all was looked at: what could not be
asked is NOT RUN, and of that nothing may be said. A usage mistake is 2.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from chain.errors import InvalidInput, YinxinError
from verifier.audit import findings_view
from verifier.audit.outcomes import State
from verifier.settings import open_settings
from verifier.wording import Language, language_named, message, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from verifier.audit.finding import Finding
    from verifier.audit.remembering import Remembered
    from verifier.audit.running import Outcome, Pinned
    from verifier.settings import Settings

CLEAN, FOUND, USAGE, NOT_RUN = 0, 1, 2, 3
_SHOWN = 200
"""How many findings are printed; the evidence file has all."""
_PAGE = 1_000
_LOCK = "audit.lock"

OUT, ERR = Console(highlight=False), Console(stderr=True, highlight=False, soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(
    *,
    from_genesis: Annotated[
        bool, typer.Option("--from-genesis", help="Forget how far the audit came, and check everything anew.")
    ] = False,
    until: Annotated[
        int | None, typer.Option(min=0, help="The last block to check; else the newest final one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
    evidence: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write all results and findings to this file, as JSON.")
    ] = None,
    lang: Annotated[
        Language,
        typer.Option(parser=language_named, metavar="|".join(Language), help="Language of the words."),
    ] = Language.ENGLISH,
) -> int:
    """Check every block, seal, root, permission and status from the beginning, and the chain's own heads.

    Exits with 0 if clean, 1 with findings of grade FAULT or ALARM, 2 for a usage mistake, and 3 if NOT RUN, or only in
    part: the node could not be asked, or no trust list is set. What was checked is remembered, so the next run goes on
    from there.
    """
    from verifier.audit.remembering import FILE, Remembered  # noqa: PLC0415 (only this command pays for it)
    from verifier.audit.running import Auditor  # noqa: PLC0415 (as above)
    from verifier.indexing.leading import Leader  # noqa: PLC0415 (as above)
    from verifier.wiring import audited_nodes  # noqa: PLC0415 (as above)

    settings = open_settings()
    pinned = _pinned(settings)
    sources = audited_nodes(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    lock = Leader(settings.data_dir / _LOCK)
    if not lock.leads():
        raise InvalidInput(f"{settings.data_dir / _LOCK}: got another audit that is running, wanted only one")
    remembered = Remembered(settings.data_dir / FILE)
    try:
        if (aside := remembered.renew()) is not None:
            ERR.print(say(message("audit.run.renewed", file=str(aside)), lang), markup=False)
        with _bar(is_shown=not as_json and ERR.is_terminal) as progress:
            auditor = Auditor(sources, remembered, pinned, clock=_now, progress=progress)
            outcome = auditor.run(from_genesis=from_genesis, until=until)
        told = _told(outcome, remembered)
        if evidence is not None:
            _write(evidence, told)
        if as_json:
            sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        else:
            _print(outcome, remembered, lang)
    finally:
        remembered.close()
        lock.step_down()
        for source in sources:
            source.close()
    if not outcome.is_clean:
        return FOUND
    return CLEAN if outcome.is_all_there_is else NOT_RUN


def _pinned(settings: Settings) -> Pinned | None:
    """Return whom the trust list believes about seals; None where there is no list."""
    from verifier.audit.running import Pinned  # noqa: PLC0415 (as above)

    if not settings.trust_list:
        return None
    from chain.trust_list import TrustList  # noqa: PLC0415 (as above)

    try:
        trust = TrustList.parse(Path(settings.trust_list).read_bytes())
        trust.require_current(_now())
    except (OSError, YinxinError) as exc:
        raise InvalidInput(f"YINXIN_TRUST_LIST: {settings.trust_list}: {exc}") from exc
    if trust.registry != settings.registry_address:
        raise InvalidInput(
            f"YINXIN_TRUST_LIST: got a list of the registry 0x{trust.registry.hex()}, "
            f"wanted one of 0x{settings.registry_address.hex()}"
        )
    return Pinned(trust.scheme_at, trust.validators_at)


# What is told.


def _told(outcome: Outcome, remembered: Remembered) -> dict[str, object]:
    """Return all results and findings as JSON holds them."""
    last = remembered.last_run()
    registry = remembered.registry()
    return {
        "run": outcome.run,
        "is_clean": outcome.is_clean and outcome.is_all_there_is,
        "is_whole": outcome.is_whole,
        "not_run": [family.family.value for family in outcome.families if family.state is State.NOT_RUN],
        "trouble": outcome.trouble,
        "started": None if last is None else last.started.isoformat(),
        "ended": None if last is None or last.ended is None else last.ended.isoformat(),
        "chain_id": None if registry is None else registry[0],
        "registry_id": None if registry is None else f"0x{registry[1].hex()}",
        "genesis_hash": None if registry is None else f"0x{registry[2].hex()}",
        "block": None if last is None or last.head_number < 0 else last.head_number,
        "block_hash": None if last is None or last.head_number < 0 else f"0x{last.head_hash.hex()}",
        "families": [family.as_json() for family in outcome.families],
        "findings": [_finding(finding) for finding in _all(remembered)],
    }


def _all(remembered: Remembered) -> Iterator[Finding]:
    """Yield all findings that hold now."""
    since, after = remembered.current_since(), 0
    while page := remembered.findings(since=since, after=after, limit=_PAGE):
        yield from (kept.finding for kept in page)
        after = page[-1].number


def _finding(finding: Finding) -> dict[str, object]:
    told = {language.value: findings_view.said(finding, language) for language in Language}
    return {
        "grade": finding.grade.value,
        "code": finding.code,
        "block": finding.block,
        "log_index": finding.log_index,
        "agency": finding.agency,
        "leaf": None if finding.leaf is None else f"0x{finding.leaf.hex()}",
        "arguments": dict(finding.arguments),
        "sentence": told,
    }


def _write(path: Path, told: dict[str, object]) -> None:
    try:
        path.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as exc:
        raise InvalidInput(f"{path}: {exc.strerror or exc}; the file could not be written") from exc


def _print(outcome: Outcome, remembered: Remembered, lang: Language) -> None:
    table = Table(box=None, show_header=False)
    for family in outcome.families:
        table.add_row(
            say(message(f"audit.state.{family.state.value.lower()}"), lang),
            say(message(f"audit.family.{family.family.value}"), lang),
            # What is wrong with the source is told once, below.
            "" if outcome.trouble else findings_view.reason(family, lang),
        )
    OUT.print(table)
    shown = 0
    for finding in _all(remembered):
        shown += 1
        if shown <= _SHOWN:
            grade = say(message(f"audit.grade.{finding.grade.value}"), lang)
            OUT.print(f"{grade}  {finding.code}", style="bold", markup=False)
            OUT.print(f"  {findings_view.said(finding, lang)}", markup=False, soft_wrap=True)
            OUT.print(f"  {findings_view.why(finding, lang)}", markup=False, soft_wrap=True)
    last = remembered.last_run()
    if last is not None and last.head_number >= 0:
        OUT.print(
            say(message("audit.run.until", block=last.head_number, hash=f"0x{last.head_hash.hex()}"), lang),
            markup=False,
            soft_wrap=True,
        )
    OUT.print(say(message("audit.run.findings", findings=shown), lang), markup=False)
    if outcome.trouble:
        ERR.print(say(message("audit.run.trouble", detail=outcome.trouble), lang), markup=False, style="red")
    elif not outcome.is_all_there_is:
        ERR.print(say(message("audit.run.partly"), lang), markup=False, style="red")


@contextmanager
def _bar(*, is_shown: bool) -> Iterator[Callable[[int, int], None]]:
    """Show a bar of blocks checked; where nobody looks, nothing is shown."""
    if not is_shown:
        yield lambda _done, _of: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=ERR, transient=True) as progress:
        task = progress.add_task("audit", total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def _now() -> datetime:
    return datetime.now(UTC)
