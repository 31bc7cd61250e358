"""Examines who can do what: the agencies whose officers are here, their document keys, people enough for every step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from chain.events import Capability
from issuer import rights
from issuer.errors import NotAllowed
from issuer.findings import Finding, Sentence, say, trouble, warning, well
from issuer.vitals import REGISTRY, words

if TYPE_CHECKING:
    from issuer.directory import Agency, Directory
    from issuer.office import Office

AGENCIES = say("Agencies and officers")
_SOON = timedelta(days=30)
_STATUS_OFFICERS = 2


def agencies(office: Office, directory: Directory) -> list[Finding]:
    """Look at every agency whose officers' keys are here."""
    findings = []
    if office.verifying_host not in directory.verifying_hosts:
        got = say("The registry does not list %(host)s as an official verifying host.", host=office.verifying_host)
        mend = say("Have the council list it, or set YINXIN_VERIFYING_HOST to one that is listed.")
        findings.append(warning(REGISTRY, got, mend))
    if directory.successor:
        got = say("This registry has a successor: nothing new is anchored here.")
        findings.append(trouble(REGISTRY, got, say("Move to the successor that the council named.")))
    ours = {account.agency for account in office.keystore.officers()} & directory.agencies.keys()
    for number in sorted(ours):
        findings.extend(_agency(office, directory, directory.agency(number)))
    if not ours:
        mend = say("Invite people, or run `yinxin-issuer enrol` with a plan.")
        findings.append(warning(AGENCIES, say("No officer's key is here."), mend))
    return findings


def _agency(office: Office, directory: Directory, agency: Agency) -> list[Finding]:
    about = say("%(agency)s", agency=agency.name)
    findings = []
    for each in directory.line(agency.id):
        if each.suspended_by:
            got = say("%(agency)s is suspended: nothing is anchored under its name.", agency=each.name)
            findings.append(trouble(about, got, say("The agency that suspended it, or one above, must resume it.")))
    findings.extend(_key(office, directory, agency, about))
    findings.extend(_people(office, agency, about))
    return findings or [well(about, say("It may issue, has a document key, and people enough for every step."))]


def _key(office: Office, directory: Directory, agency: Agency, about: Sentence) -> list[Finding]:
    try:
        key = rights.document_key(directory, agency.id, office.keystore, kept=None)
    except NotAllowed as exc:
        mend = say("Run `yinxin-issuer enrol`, or have two managers list a new document key.")
        return [trouble(about, words(exc), mend)]
    ends = datetime.fromtimestamp(key.valid_until, UTC) if key.valid_until else None
    if ends is not None and ends - office.now() < _SOON:
        got = say("Its document key counts only until %(day)s.", day=ends.date().isoformat())
        return [warning(about, got, say("Have two managers list a new document key before that day."))]
    return []


def _people(office: Office, agency: Agency, about: Sentence) -> list[Finding]:
    holding = {
        capability: {address for address, held in agency.officers.items() if held & capability}
        for capability in Capability
    }
    preparers, approvers = holding[Capability.PREPARE], holding[Capability.APPROVE]
    needed = office.registry.required_approvals(agency.id)
    mend = say("Have two managers give more officers this right.")
    findings = []
    if not any(len(approvers - {preparer}) >= needed for preparer in preparers):
        got = say(
            "%(preparers)s may prepare and %(approvers)s approve: too few for %(needed)s approvals by others.",
            preparers=len(preparers),
            approvers=len(approvers),
            needed=needed,
        )
        findings.append(warning(about, got, mend))
    if len(holding[Capability.STATUS]) < _STATUS_OFFICERS:
        got = say("%(count)s may change statuses; two are needed.", count=len(holding[Capability.STATUS]))
        findings.append(warning(about, got, mend))
    return findings
