"""Random histories of the registry, in the contracts and in the model: after each step every view and head agree.

The environment variable YINXIN_HYPOTHESIS chooses the profile: `ci` (the default) is short and does the same in every
run; `night` is long and looks for new histories. Hypothesis draws the kinds of steps and a seed for a history, so that
it can leave steps out of one that fails; what a step does, and how often rightly, is chosen here (values drawn by
Hypothesis are mostly small or repeated, and most of such steps fail for the same few reasons).
"""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest
from eth_utils import keccak
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.contracts.model_agencies import ALPHABET, NEVER
from tests.contracts.model_certificates import HOUR, Track
from tests.contracts.model_consents import APPROVE, MANAGE, PREPARE, STATUS
from tests.contracts.test_rights import point
from tests.contracts.twin import CERTIFICATE_TYPES, MEMBERS, PEOPLE, UNKNOWN, VERSIONS, Signing, Twin
from tests.contracts.world import credit_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contracts.model_certificates import Certificates
    from tests.contracts.node import Node
    from tests.contracts.people import Person

PROFILES = {
    "ci": settings(max_examples=90, stateful_step_count=50, derandomize=True),
    "night": settings(max_examples=2000, stateful_step_count=100),
}
MOST_AGENCIES = 7
KEYS = [point(secret) for secret in (11, 12, 13)]
LEAVES = [keccak(text=f"leaf {i}") for i in range(10)]
CONSENTERS = {
    **dict.fromkeys(("registerAgency", "setOfficer", "setOwnApprovals", "addKey"), "own"),
    **dict.fromkeys(("suspendAgency", "resumeAgency", "grantType", "demandApprovals"), "above"),
    **dict.fromkeys(("withdrawType", "cutOffKey"), "any"),
}
"""Whose managers mostly sign."""
FLAWS = ("expired", "nonce", "registry", "high s", "length")


def chance(random: Random, percent: int) -> bool:
    """Say yes now and then."""
    return random.randrange(100) < percent


class Histories(RuleBasedStateMachine):
    """What people do to a registry, rightly and wrongly."""

    twin: Twin

    @initialize(seed=st.integers(0, 2**32 - 1))
    def begin(self, seed: int) -> None:
        """Begin with the small administration of the fixture."""
        self.twin.go_back()
        self.seed = seed
        self.steps: Counter[str] = Counter()

    def random(self, step: str) -> Random:
        """Return the randomness of one step: its kind's next, so that leaving out others does not change it."""
        self.steps[step] += 1
        return Random(f"{self.seed} {step} {self.steps[step]}")

    @property
    def model(self) -> Certificates:
        """Return the model."""
        return self.twin.model

    # Choosing.

    def agency(self, random: Random) -> int:
        """Choose an agency, rather a low one, over which several levels may disagree; or one that does not exist."""
        agencies = self.model.agencies.values()
        [chosen] = random.choices(list(agencies), [each.level**2 for each in agencies])
        return UNKNOWN if chance(random, 3) else chosen.number

    def signing(self, random: Random, pool: list[Person], *, fewest: int = 1, but: tuple[Person, ...] = ()) -> Signing:
        """Choose signers: mostly from a pool, otherwise anybody; now and then one twice, or with a flaw."""
        pool = [each for each in dict.fromkeys(pool) if each not in but]
        many = max(fewest, random.choice([0, 1, 2, 2, 2, 2, 3, 5]))
        if len(pool) < fewest or chance(random, 10):
            pool = list(PEOPLE)
        signers = pool[:many] if chance(random, 60) else random.sample(pool, min(many, len(pool)))
        if signers and chance(random, 3):
            signers.append(signers[0])
        return Signing(tuple(signers), random.choice(FLAWS) if chance(random, 5) else "")

    def able(self, number: int, capability: int) -> list[Person]:
        """Return who has a capability at an agency."""
        return [each for each in PEOPLE if self.model.capabilities(number, each.address) & capability]

    def managers(self, random: Random, number: int, who: str) -> list[Person]:
        """Return the managers of an agency (`own`), of one above it (`above`) or either (`any`), then its parent's."""
        line = [agency.number for agency in self.model.line(number)] if number in self.model.agencies else [1]
        concerned = {"own": line[:1], "above": line[1:], "any": line}[who] or line
        start = line.index(random.choice(concerned))
        return [each for agency in line[start : start + 2] for each in self.able(agency, MANAGE)]

    def by_consent(self, random: Random, function: str, number: int, *arguments: object) -> None:
        """Change rights by consent, now and then through the council."""
        council = chance(random, 7)
        top = number in self.model.agencies and not self.model.agencies[number].parent
        signing = self.signing(random, self.managers(random, number, CONSENTERS[function]))
        if council and not chance(random, 20):
            two_for = function in {"setOfficer", "addKey", "registerAgency"}
            signing = Signing(signing.signers[:1] if top and two_for else ())
        self.twin.consented(function, number, *arguments, signing=signing, council=council)

    # Agencies.

    @rule()
    def register_agency(self) -> None:
        """Register a child."""
        random = self.random("register_agency")
        if len(self.model.agencies) < MOST_AGENCIES:
            code = random.randint(100, 120)
            name = "" if chance(random, 3) else f"演示{code}"
            entry = (credit_code(code), name, random.choice(PEOPLE).address)
            self.by_consent(random, "registerAgency", self.agency(random), *entry)

    @rule()
    def set_officer(self) -> None:
        """Set what somebody may do."""
        random = self.random("set_officer")
        capabilities = random.choice([0, PREPARE, APPROVE, STATUS, MANAGE, 3, 7, 12, 15, 15, 15, 16])
        self.by_consent(random, "setOfficer", self.agency(random), random.choice(PEOPLE).address, capabilities)

    @rule()
    def suspend_or_resume(self) -> None:
        """Suspend an agency, or resume it; the suspended ones are mostly resumed."""
        random = self.random("suspend_or_resume")
        number = self.agency(random)
        suspended = [agency.number for agency in self.model.agencies.values() if agency.suspended_by]
        if suspended and chance(random, 60):
            self.by_consent(random, "resumeAgency", random.choice(suspended))
        else:
            self.by_consent(random, "resumeAgency" if chance(random, 10) else "suspendAgency", number)

    @rule()
    def set_policy(self) -> None:
        """Set an agency's policy, or demand one of it."""
        random = self.random("set_policy")
        function = random.choice(["setOwnApprovals", "demandApprovals"])
        self.by_consent(random, function, self.agency(random), random.choice([0, 1, 1, 2, 3, 4]))

    # Types and keys.

    @rule()
    def grant_or_withdraw_type(self) -> None:
        """Grant a type to an agency, or withdraw it."""
        random = self.random("grant_or_withdraw_type")
        function = random.choice(["grantType", "grantType", "withdrawType"])
        number = self.agency(random)
        kind = random.choice(CERTIFICATE_TYPES)
        if function == "grantType" and number in self.model.agencies and not self.model.agencies[number].parent:
            self.twin.consented(function, number, kind, signing=Signing(), council=True)
        else:
            self.by_consent(random, function, number, kind)

    @rule()
    def add_key(self) -> None:
        """List a document key, now and then an impossible one."""
        random = self.random("add_key")
        x, y = random.choice(KEYS)
        x = x[::-1] if chance(random, 3) else x
        algorithm, end = random.choice([1, 1, 1, 1, 1, 2]), random.choice([0, 3, 3, 2, 1])
        self.by_consent(random, "addKey", self.agency(random), algorithm, x, y, 2, end)

    @rule()
    def cut_off_key(self) -> None:
        """Move a key's cut-off."""
        random = self.random("cut_off_key")
        listed = [(agency.number, kid) for agency in self.model.agencies.values() for kid in agency.keys]
        number, kid = random.choice(listed) if listed and not chance(random, 5) else (self.agency(random), LEAVES[0])
        self.by_consent(random, "cutOffKey", number, kid, random.choice([0, 5, 6, 7, 7, NEVER]))

    # Batches.

    def batch(self, random: Random, label: bytes = b"") -> list[bytes]:
        """Choose some leaves in a row, so that the same batch comes again."""
        first, size = random.randrange(len(LEAVES)), random.choice([0, 1, 1, 1, 2, 2, 3, 4, 5])
        chosen = [LEAVES[(first + i) % len(LEAVES)] for i in range(size)]
        return [keccak(label + leaf) for leaf in chosen] if label else chosen

    @rule()
    def anchor(self) -> None:
        """Anchor a batch."""
        random = self.random("anchor")
        kind, version = random.choice([(1, 1), (1, 1), (1, 1), (1, 2), (2, 1), (3, 2)])
        self._anchor(random, kind, version, self.batch(random))

    @rule()
    def replace(self) -> None:
        """Anchor a batch that replaces another."""
        random = self.random("replace")
        old = self.batch(random)
        new = [keccak(leaf) for leaf in old]
        if chance(random, 5):
            old = self.batch(random)
        if old and chance(random, 5):
            old[-1] = old[0]
        self._anchor(random, 1, 1, new, old=old, start=0 if chance(random, 5) else random.randint(400_000, 400_002))

    def _anchor(self, random: Random, kind: int, version: int, leaves: list[bytes], **replacing: object) -> None:
        """Choose agency and officers, and anchor."""
        number = self.agency(random)
        needed = self.model.required_approvals(number) if number in self.model.agencies else 1
        preparer = (*self.signing(random, self.able(number, PREPARE)).signers, PEOPLE[0])[0]
        but = () if chance(random, 5) else (preparer,)
        approvals = self.signing(random, self.able(number, APPROVE), fewest=needed, but=but)
        self.twin.anchor(number, kind, version, leaves, preparer=preparer, approvals=approvals, **replacing)

    # Statuses.

    @rule()
    def set_status(self) -> None:
        """Set a track."""
        random = self.random("set_status")
        track = random.choice([*Track, Track.SUSPENSION, Track.SUSPENSION])
        now = self.model.time // HOUR
        start = random.choice([now, now, now, now - 2, now + 3])
        until = 0
        if track == Track.RENEWAL_PENDING or (track == Track.SUSPENSION and chance(random, 60)):
            until = start + random.choice([1, 2, 24, 25])
        if chance(random, 4):
            until = random.choice([0, start, start + 1])
        self._change(random, self.agency(random), self.batch(random), track, start, until)

    @rule()
    def lift_or_move_status(self) -> None:
        """Lift a track, or set it anew; mostly one that is set."""
        random = self.random("lift_or_move_status")
        set_now = [(key, track) for key, marks in self.model.marks.items() for track in marks]
        liftable = [(key, track) for key, track in set_now if track > Track.REPLACED]
        set_now = liftable if liftable and chance(random, 70) else set_now
        if set_now and not chance(random, 5):
            (number, leaf), track = random.choice(set_now)
            leaves = [leaf]
        else:
            number, leaves, track = self.agency(random), self.batch(random), random.choice(list(Track))
        start = 0 if chance(random, 70) else self.model.time // HOUR
        until = start + 2 if start and track == Track.RENEWAL_PENDING else 0
        self._change(random, number, leaves, track, start, until)

    def _change(self, random: Random, number: int, leaves: list[bytes], track: Track, *hours: int) -> None:
        """Choose actor and officers, and change a status from one hour until another."""
        line = [agency.number for agency in self.model.line(number)] if number in self.model.agencies else [1]
        actor = random.choice([line[0], *line, *line, 0]) if not chance(random, 4) else self.agency(random)
        if leaves and chance(random, 4):
            leaves = [*leaves, leaves[0]]
        signing = self.signing(random, self.able(actor, STATUS), fewest=random.choice([1, 2, 2, 2, 2]))
        if actor == 0 and not chance(random, 5):
            signing = Signing()
        decision = {"decision": bytes(32)} if chance(random, 3) else {}
        stale = chance(random, 4)
        self.twin.change(number, actor, leaves, track, *hours, signing=signing, stale=stale, **decision)

    # The council.

    @rule()
    def decide(self) -> None:
        """Let the council do what is its alone."""
        random = self.random("decide")
        if chance(random, 40):
            self._decide_about_itself(random)
        else:
            self._decide_about_agencies(random)

    def _decide_about_agencies(self, random: Random) -> None:
        """Correct codes, name managers, register types and agencies."""
        number, who, code = self.agency(random), random.choice(PEOPLE).address, credit_code(random.randint(100, 120))
        if chance(random, 5):
            code = code[:17] + random.choice(ALPHABET).encode()
        kind, version = random.choice((0, *CERTIFICATE_TYPES)), random.choice(VERSIONS)
        calls: list[tuple[object, ...]] = [
            ("correctAgency", number, code, f"更正{number}"),
            ("nameManager", number, who),
            ("registerType", kind, version, keccak(text=f"{kind} {version}")),
        ]
        if len(self.model.agencies) < MOST_AGENCIES:
            calls.append(("registerTopAgency", code, "演示", who))
        if chance(random, 10):
            calls = [("retireType", kind, version)]
        self.twin.decide(*random.choice(calls))

    def _decide_about_itself(self, random: Random) -> None:
        """Change members, hosts and, late in a history, the successor."""
        who = random.choice(MEMBERS).address
        change = "removeMember" if who in self.model.members else "addMember"
        threshold = random.choice([1, 2, 2, 2, 3, 4])
        calls: list[tuple[object, ...]] = [
            (change, who, threshold),
            (change, who, threshold),
            ("setVerifyingHost", "" if chance(random, 20) else "verify.example.cn", chance(random, 50)),
        ]
        if len(self.model.batches) > 3 and chance(random, 20):
            calls = [("nameSuccessor", random.choice(PEOPLE).address, LEAVES[0])]
        self.twin.decide(*random.choice(calls))

    @rule()
    def propose(self) -> None:
        """Propose something that may not get its votes in time."""
        random = self.random("propose")
        arguments = (self.agency(random), random.choice(PEOPLE).address)
        expires = self.twin.next_block + random.randint(0, 12)
        self.twin.propose(
            random.choice(MEMBERS).address,
            self.twin.registry.agencies,
            *("nameManager", arguments, ("name_manager", arguments)),
            expires=expires,
        )

    @rule()
    def vote_or_execute(self) -> None:
        """Vote for or execute one of the last proposals, mostly an open one."""
        random = self.random("vote_or_execute")
        still_open = [number for number, each in self.model.proposals.items() if not each.executed]
        number = max(0, len(self.model.proposals) - random.randint(-1, 2))
        if still_open and not chance(random, 15):
            number = random.choice(still_open[-3:])
        for member in random.sample(MEMBERS, random.randint(1, 3)):
            self.twin.vote(member.address, number)
        if chance(random, 60):
            self.twin.execute(random.choice(MEMBERS).address, number)

    # Time.

    @rule(hours=st.sampled_from([1, 2, 24]))
    def pass_time(self, hours: int) -> None:
        """Let hours pass."""
        self.twin.node.pass_time(hours * HOUR)
        self.model.time = self.twin.node.timestamp()

    @invariant()
    def both_agree(self) -> None:
        """Compare all views and heads."""
        self.twin.compare()


@pytest.fixture
def twin(node: Node) -> Iterator[Twin]:
    """Enrol a small administration on both sides: 1 ── 2 ── 3, and 4; everybody serves somewhere, some twice."""
    snapshot = node.snapshot()
    twin = Twin(node)
    for kind, version in ((1, 1), (1, 2), (2, 1)):
        assert twin.decide("registerType", kind, version, keccak(text=f"{kind} {version}")) is None
    for number, parent in ((1, 0), (2, 1), (3, 2), (4, 0)):
        first, second, third = (PEOPLE[(2 * number - 2 + i) % len(PEOPLE)] for i in range(3))
        entry = (credit_code(number), f"演示{number}", first.address)
        above = tuple(each for each in PEOPLE if twin.model.capabilities(parent, each.address) & MANAGE)[:2]
        if parent:
            assert twin.consented("registerAgency", parent, *entry, signing=Signing(above)) is None
        else:
            assert twin.decide("registerTopAgency", *entry) is None
        helper = tuple(each for each in above if each != first)[:1]
        enrolling = Signing((first, *helper))
        assert twin.consented("setOfficer", number, second.address, 15, signing=enrolling, council=not parent) is None
        for officer in (first, third):
            assert twin.consented("setOfficer", number, officer.address, 15, signing=Signing((first, second))) is None
        assert twin.consented("grantType", number, 1, signing=Signing(above), council=not parent) is None
        key = (number, 1, *KEYS[0], 2, 0)
        assert twin.consented("addKey", *key, signing=Signing((first, second))) is None
    twin.keep()
    yield twin
    node.revert(snapshot)


def test_contracts_do_what_the_model_says(twin: Twin) -> None:
    Histories.twin = twin
    profile = PROFILES[os.environ.get("YINXIN_HYPOTHESIS", "ci")]
    quiet = settings(
        profile,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        database=None,
        print_blob=True,
    )
    run_state_machine_as_test(Histories, settings=quiet)
