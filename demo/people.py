"""People of the demonstration who sign in to the pages: every agency's officers, over the keys that are here already.

Their passwords are the one that opens the demonstration's keys, which is random and made anew for every folder. Whoever
approves or manages shows a code as well; `scripts/run --code LOGIN` prints the one of now.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyotp

from issuer import site
from issuer.audit_log import Occasion
from issuer.people import accounts, second_factors
from issuer.settings import open_settings
from issuer.tables import account_rows
from issuer.tables.account_models import Role
from issuer.wiring import open_issuer

if TYPE_CHECKING:
    from pathlib import Path

    from issuer.office import Office
    from issuer.site import Site
    from issuer.tables.account_models import Person

NAMES = "people.json"
"""In the demonstration's folder: each login with its roles and, where it has one, the secret of its app."""
_GIVES = {"PREPARE": Role.PREPARER, "APPROVE": Role.APPROVER, "STATUS": Role.STATUS_OFFICER}
_WORDS = {
    Role.PREPARER: "经办",
    Role.APPROVER: "审核",
    Role.AGENCY_MANAGER: "管理",
    Role.COUNCIL_MEMBER: "理事",
    Role.AUDITOR: "审计",
}
_AUDITED = "saihan-scjg"
"""The agency that has an auditor as well, who reads everything of it and changes nothing."""
_STEP_S = 30


def hire(folder: Path, plan: Path, password: str) -> None:
    """Give every officer, manager, an auditor and the council's first member an account; whoever has one keeps it."""
    known = read(folder)
    wanted = json.loads(plan.read_text(encoding="utf-8"))
    with open_issuer(open_settings()) as issuer:
        office, reached = issuer.office, site.of(issuer.settings)
        directory = office.directory()
        for agency in wanted["agencies"]:
            number = directory.find(agency["code"]).id
            held = {name: [Role.AGENCY_MANAGER] for name in agency["managers"]}
            held |= {name: [_GIVES[each] for each in capabilities] for name, capabilities in agency["officers"].items()}
            for login, roles in held.items():
                if login not in known:
                    known[login] = _hire(office, reached, login, roles, number, password=password, key=login)
            auditor = f"{agency['key']}-auditor"
            if agency["key"] == _AUDITED and auditor not in known:
                by = agency["managers"][0]
                known[auditor] = _hire(office, reached, auditor, [Role.AUDITOR], number, password=password, by=by)
        chair = wanted["council"][0]
        if chair not in known:
            known[chair] = _hire(office, reached, chair, [Role.COUNCIL_MEMBER], accounts.COUNCIL, password=password)
    path = folder / NAMES
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(known, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def read(folder: Path) -> dict[str, dict[str, str]]:
    """Return who has an account."""
    path = folder / NAMES
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def tell_code(folder: Path, login: str) -> int:
    """Print the code that somebody's app shows now, and for how long; returns the exit code."""
    people = read(folder)
    if login not in people or not people[login]["secret"]:
        with_app = sorted(name for name, each in people.items() if each["secret"])
        shown = ", ".join(with_app) or "nobody yet: start scripts/run first"
        print(f"{login} shows no code. Those who do: {shown}")
        return 1
    left = _STEP_S - int(time.time()) % _STEP_S
    print(f"{pyotp.TOTP(people[login]['secret']).now()}   (for {left} s more; each code is taken once)")
    return 0


def _hire(
    office: Office,
    reached: Site,
    login: str,
    roles: list[Role],
    agency: int,
    *,
    password: str,
    key: str | None = None,
    by: str | None = None,
) -> dict[str, str]:
    """Make an account, accept the invitation, and give it an app where the roles demand one."""
    with office.store.reading() as work:
        person = account_rows.person_called(work, login)
        inviter = account_rows.person_called(work, by) if by else None
    # An earlier run may have been stopped between the account and the file; then the account is begun anew.
    occasion = Occasion(office.now(), "demonstration")
    if person is None:
        invited = accounts.invite(
            office.store,
            office.keystore,
            by=None if inviter is None else account_rows.number(inviter),
            agency=agency,
            login=login,
            display_name=f"{_WORDS[next(role for role in _WORDS if role in roles)]}（演示）",
            roles=roles,
            occasion=occasion,
            entropy=office.entropy,
            key=key,
            key_shared=key is not None,
        )
        person = accounts.accept(
            office.store,
            office.keystore,
            reached.passwords,
            token=invited.token,
            password=password,
            occasion=occasion,
            entropy=office.entropy,
        )
    secret = _add_app(office, person) if second_factors.is_demanded(person) else ""
    return {"roles": person.roles, "agency": str(agency), "secret": secret}


def _add_app(office: Office, person: Person) -> str:
    number, key = account_rows.number(person), office.records.master
    # The code before this one confirms it, so that the one of now is still good for signing in.
    before = Occasion(datetime.now(UTC) - timedelta(seconds=_STEP_S), "demonstration")
    with office.store.writing() as work:
        held = account_rows.person(work, number)
        app = account_rows.totp(work, number)
        if app is not None:
            account_rows.delete_row(work, app)
        url = second_factors.begin_app(work, held, key=key, now=before.now, entropy=office.entropy)
        made = pyotp.parse_uri(url)
        code = pyotp.TOTP(made.secret).at(before.now)
        second_factors.confirm_app(work, held, code, key=key, occasion=before)
    return made.secret
