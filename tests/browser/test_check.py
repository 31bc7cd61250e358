"""JavaScript says of a certificate what Python says of it, word for word."""

from __future__ import annotations

import json
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

import pytest

from chain.seals import SealScheme
from chain.short_number import short_number
from tests.browser.check_cases import Case, cases
from tests.browser.check_engine import chromium, differences, folder, node
from tests.browser.check_sealed import sealed_cases
from tests.browser.check_served import Service, bent, task, world_of_two
from tests.browser.check_worlds import World
from tests.verifier.book import paper
from tests.verifier.copied import limited
from tests.verifier.offline_evidence import Chain
from tests.verifier.test_offline_proofs import deployed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.check_engine import Engine
    from tests.deployed import Deployed

__all__ = ["chromium", "deployed", "folder", "node"]


def test_offline_it_says_what_python_says(node: Engine) -> None:
    asked = list(cases())
    outcomes = node([case.task for case in asked])
    found = [
        difference
        for case, outcome in zip(asked, outcomes, strict=True)
        for difference in differences(case.name, outcome, case.by_python(outcome.get("kind", "")))
    ]
    assert found == []
    verdicts = {outcome["json"]["en"]["verdict"] for outcome in outcomes}
    assert len(verdicts) >= 18, verdicts


def test_without_a_pack_no_type_is_known_and_that_is_said(node: Engine) -> None:
    world = World()
    path = world.anchor_paper(paper())
    world.settle()
    asked = Case("a code", paper().code(path=path), (), world.now)
    (found,) = node([asked.task])
    report = found["json"]["en"]
    assert report["verdict"] == "CANNOT_CHECK"
    assert {check["message_id"] for check in report["checks"]} == {"offline.no_checkpoint"}
    (found,) = node([Case("", paper().code(path=path), (world.checkpoint().encode(),), world.now).task])
    assert found["json"]["en"]["checks"][0]["message_id"] == "form.unknown_type"


@pytest.mark.parametrize("scheme", list(SealScheme), ids=[scheme.value for scheme in SealScheme])
def test_with_proofs_and_seals_it_says_what_python_says(node: Engine, deployed: Deployed, scheme: SealScheme) -> None:
    asked = list(sealed_cases(Chain(deployed, scheme)))
    outcomes = node([case.task for case in asked])
    rows = zip(asked, outcomes, strict=True)
    assert [found for case, got in rows for found in differences(case.name, got, case.by_python(got["kind"]))] == []
    verdicts = {outcome["json"]["en"]["verdict"] for outcome in outcomes}
    assert {"VALID", "SIGNED", "ALTERED", "UNSUPPORTED", "CANNOT_CHECK", "REVOKED"} <= verdicts


def test_codes_of_hosts_that_are_not_official_are_strangers(node: Engine) -> None:
    code, digits = paper().code(), paper().code().partition("#")[2]
    asked = [
        (code, [], "code", None),
        (code, ["verify.example.cn"], "code", None),
        (code, ["VERIFY.example.cn"], "code", None),
        (code, ["hy.example.cn"], "foreign", "verify.example.cn"),
        (digits, ["hy.example.cn"], "code", None),
        (f"https://evil.example/v#{digits}", ["verify.example.cn"], "foreign", "evil.example"),
        ("https://evil.example/other", [], "foreign", "evil.example"),
        ("mailto:somebody@example.cn", [], "foreign", None),
        ("ABCD-EFGH-JKMN-PQ", ["verify.example.cn"], "short_number", None),
        ("\uff21\uff22\uff23\uff24\uff0d\uff11\uff12\uff13\uff14\uff0d\uff15\uff16", [], "short_number", None),
        ("", [], "nothing", None),
        (f"eyJ{'x' * 20}", [], "certificate", None),
        ("eyJ0eXAiOiJ5aW54aW4tcmVjZWlwdCtqd3QifQ.e30.AAAA", [], "receipt", None),
    ]
    outcomes = node([{"text": text, "hosts": hosts, "only_read": True, "now": 0} for text, hosts, _, _ in asked])
    assert [(found["input"]["kind"], found["input"].get("host")) for found in outcomes] == [
        (kind, host) for _, _, kind, host in asked
    ]


def test_whatever_is_brought_ends_in_a_report(node: Engine, tmp_path: Path) -> None:
    """Random texts, files and answers, and true ones with some characters changed."""
    random, made = Random(20261123), paper()
    world = world_of_two(made).settle()
    honest = Service.over(world, tmp_path).leaves(made.leaf)
    text, tasks = json.dumps(honest), []
    sources = [made.code(), made.sd_jwt, short_number(made.leaf), limited(made).encode().hex()]
    for _ in range(200):
        bent_text = list(random.choice(sources))
        for _ in range(random.randrange(4)):
            bent_text[random.randrange(len(bent_text))] = random.choice("0123456789abcdef~.:/#eyJ\u202e😀")
        given_text = "".join(bent_text)[: random.choice([None, random.randrange(300)])]
        answer: object = honest
        if random.random() < 0.5:
            place = random.randrange(len(text))
            with suppress(ValueError):
                answer = json.loads(text[:place] + random.choice('019af"}{],') + text[place + 1 :])
        tasks.append(task(world, given_text, answer))
        tasks.append(task(world, random.randbytes(random.randrange(300)), random.choice([None, 7, "x", []])))
        tasks.append({**tasks[-2], "packs": [random.randbytes(100).hex()]})
    days = ("2026-02-30", "x", "", "1969-01-01", "2030-01-01", "2026-11-23")
    tasks.extend(task(world, made.code(), honest, on=day) for day in days)
    for outcome in node(tasks):
        report = outcome["json"]["en"]
        assert len(report["checks"]) == 7
        assert report["verdict"] != "VALID" or report["leaf"] == made.leaf.hex()


def test_in_a_browser_it_says_the_same(node: Engine, chromium: Engine, tmp_path: Path) -> None:
    made = paper()
    world = world_of_two(made).settle()
    service = Service.over(world, tmp_path)
    honest = service.leaves(made.leaf)
    tasks = [case.task for case in list(cases())[::12]]
    tasks += [task(world, made.code(), answer) for _, _, answer in list(bent(honest))[::5]]
    assert chromium(tasks) == node(tasks)
