"""What people are told when something is refused or fails: every class of error, in either language and no other."""

from __future__ import annotations

import ast
import functools
import inspect
import re
import time
import weakref
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chain import errors as chain_errors
from chain.certificate_types import by_identifier
from chain.errors import ClaimsInvalid, Fault, IdentifierInvalid, RegistryRefused, YinxinError
from chain.events import Capability, Track
from issuer import errors, refusals, rights, said, wording
from issuer.erasure import erasing
from issuer.errors import CapReached, FileRefused, RowFault, StatusNotKnown, TooManyAttempts
from issuer.tables.account_models import Role
from tests.issuer.clerks import pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.issuer.offices import World

ROOT = Path(__file__).resolve().parents[2] / "issuer"
CHINESE = re.compile(r"[一-鿿]")
ENGLISH = re.compile(r"[A-Za-z]+ [a-z]{2,}")
OPERATORS_ONLY = {
    # On the command line, at the start of the service or of its tasks, of keys and settings; pages say the kind.
    *("backups", "client_drafting", "database", "database_errors", "directory", "enrolment", "in_one_go", "keys"),
    *("audit_log", "catching_up", "document_archive", "documents", "lanes", "made_up_registry", "nonces", "outbox"),
    *("own_keys", "passwords", "pending", "planning", "rotation", "sealing", "settings", "settling", "site", "store"),
    *("stranger", "trusting", "vault", "verifying", "wiring", "working", "webhook/sending", "commands", "reconciling"),
    # For programs, which get problem details in English.
    *("admission", "admitted", "idempotency", "oauth", "services", "routes/certificates", "withholding"),
    # Leads to signing in, without a word.
    "sessions",
}


def classes(tree: type[YinxinError]) -> Iterator[type[YinxinError]]:
    for each in tree.__subclasses__():
        if each.__module__ in {errors.__name__, chain_errors.__name__}:
            yield each
        yield from classes(each)


CLASSES = sorted(set(classes(YinxinError)), key=lambda each: each.__name__)


def one_of(kind: type[YinxinError]) -> YinxinError:  # noqa: PLR0911 — one for each way to make one
    """Return an error of a class, with words that no catalogue has."""
    if issubclass(kind, FileRefused):
        return kind([RowFault(2, "住所", "nothing", "a credit code of 18 digits and capital letters")])
    if issubclass(kind, ClaimsInvalid):
        return kind([Fault("住所", "nothing", "a credit code of 18 digits and capital letters")])
    if issubclass(kind, TooManyAttempts):
        return kind(datetime(2026, 11, 23, tzinfo=UTC))
    if issubclass(kind, CapReached):
        return kind(3, datetime(2026, 11, 23, tzinfo=UTC))
    if issubclass(kind, IdentifierInvalid):
        return kind("nothing", "a credit code of 18 digits and capital letters")
    if issubclass(kind, StatusNotKnown):
        return kind("revoke", Track.REVOKED, by_identifier("food-operation-permit"))
    if issubclass(kind, errors.RoleMissing):
        return kind("clerk", ["Preparer"], ["Agency manager", "Auditor"])
    if issubclass(kind, RegistryRefused):
        return kind("NoSuchAgency", {"agency": 7})
    assert len(inspect.signature(kind.__init__).parameters) == 3, kind  # (self, *args, **kwargs): the text alone
    return kind("no catalogue has these words: batch 3 is IN_BLOCK")


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_of_error_is_said_in_each_language_and_in_no_other(kind: type[YinxinError]) -> None:
    chinese, english = (wording.of(language).explain(one_of(kind)) for language in ("zh-CN", "en"))
    assert CHINESE.search(chinese)
    assert not ENGLISH.search(chinese)
    assert ENGLISH.search(english.replace("住所: ", ""))
    assert not CHINESE.search(english.replace("住所", ""))
    assert "IN_BLOCK" not in english


def test_every_class_of_error_has_a_kind_in_words() -> None:
    otherwise = said.by_kind(YinxinError("x"))
    assert [kind.__name__ for kind in CLASSES if said.by_kind(one_of(kind)) == otherwise] == ["IssuerError"]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_class_of_error_has_a_page_in_the_clerk_s_language(world: World, language: str) -> None:
    with pages(world) as door:
        clerk = door.clerk("low-preparer", Role.PREPARER, language=language)
        texts = []
        for kind in CLASSES:

            def fail(error: YinxinError) -> None:
                raise error

            door.app.add_api_route(f"/made-to-fail/{kind.__name__}", functools.partial(fail, one_of(kind)))
            answer = clerk.get(f"/made-to-fail/{kind.__name__}")
            if answer.status_code == 303:
                continue
            assert f'lang="{language}"' in answer.text
            texts.append(
                re.sub(r"<[^>]*>", " ", answer.text.partition("<main")[2].partition(">")[2].partition("</main")[0])
            )
    assert len(texts) > len(CLASSES) - 4
    for text in texts:
        assert bool(CHINESE.search(text.replace("住所", ""))) == (language == "zh-CN"), text
        assert bool(ENGLISH.search(text)) == (language == "en"), text


def raised() -> Iterator[tuple[str, str]]:
    """Yield where each error that a page can show is raised, and its own words, with something for what varies."""
    names = {kind.__name__ for kind in CLASSES} - {"NotFound"}
    for path in sorted(ROOT.rglob("*.py")):
        place = path.relative_to(ROOT).with_suffix("").as_posix()
        if place in OPERATORS_ONLY or OPERATORS_ONLY & set(place.split("/")):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *_]) if name in names:
                    if text := words_of(first):
                        yield f"{place}:{node.lineno}", text


def words_of(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(str(each.value) if isinstance(each, ast.Constant) else "7" for each in values)
        case _:
            return ""


def test_what_a_page_can_be_refused_with_is_said_in_chinese_word_by_word() -> None:
    chinese = wording.of("zh-CN")
    untold = []
    for place, text in raised():
        told = chinese.sentence_of(errors.LogBroken(text), text)
        if told == chinese.gettext(said.by_kind(errors.LogBroken(""))):
            untold.append(f"{place}: {text}")
    assert not untold, "\n".join(untold)


def test_what_a_page_can_be_refused_with_says_nothing_of_commands_in_english() -> None:
    english = wording.of("en")
    for place, text in raised():
        told = english.sentence_of(errors.LogBroken(text), text)
        # The kind instead would tell people something false: they are told what it is, in other words.
        assert told != english.gettext(said.by_kind(errors.LogBroken(""))), f"{place}: {text}"
        assert not re.search(r"(?<![\w-])--[a-z]|`|YINXIN_|\b[A-Z]+_[A-Z]+\b", told), f"{place}: {told}"


@pytest.mark.parametrize("name", sorted(refusals.SENTENCES))
def test_every_refusal_of_the_registry_is_said_in_chinese(name: str) -> None:
    arguments = dict.fromkeys(re.findall(r"{(\w+)}", refusals.SENTENCES[name]), 1)
    told = wording.of("zh-CN").explain(RegistryRefused(name, arguments))
    assert told.startswith("登记簿未接受：")
    assert not ENGLISH.search(told)


def test_of_several_reasons_each_is_said_in_chinese() -> None:
    reasons = [f"batch {each}: it is PREPARED; have it returned, recalled or issued first" for each in (3, 4)]
    reasons.append("task 1 (import) is WAITING; wait for it, or cancel it")
    error = errors.NotReady(*reasons)
    assert str(error) == "; ".join(reasons)
    told = wording.of("zh-CN").explain(error)
    assert not re.search("[A-Za-z]{2}", told)
    assert all(each in told for each in ("批次 3", "批次 4", "任务 1"))
    english = wording.of("en").explain(error)
    assert english.count("submitted") == 2
    assert "Task 1" in english


def test_what_somebody_may_not_do_is_said_in_chinese(world: World) -> None:
    stranger, directory = world.officer("other-manager"), world.office.directory()
    for capability in (erasing.MAY, rights.ISSUING, *Capability):
        with pytest.raises(errors.NotAllowed) as refused:
            rights.require_capability(world.office.registry, stranger, 2, capability, directory)
        told = wording.of("zh-CN").explain(refused.value)
        assert "没有此项权限" in told
        assert not ENGLISH.search(told)


def test_roles_that_somebody_lacks_are_said_in_the_pages_language() -> None:
    lacks = errors.RoleMissing("clerk", ["Preparer", "Status officer"], ["Agency manager", "Auditor"])
    said_in = {language: wording.of(language).explain(lacks) for language in ("zh-CN", "en")}
    assert said_in["zh-CN"] == (
        "clerk 的角色不能办理此事项。（现有角色：经办人、状态管理人员；需要下列角色之一：机关管理员、审计人员）"
    )
    assert said_in["en"] == (
        "This is not for clerk, whose roles are: Preparer, Status officer. It needs one of these: "
        "Agency manager, Auditor."
    )
    nobody = errors.RoleMissing("clerk", [], ["Auditor"])
    assert "现有角色：无" in wording.of("zh-CN").explain(nobody)


def test_chinese_that_would_hold_an_english_sentence_is_said_by_its_kind() -> None:
    chinese = wording.of("zh-CN")
    error = errors.NotReady("batch 3: no catalogue has these words")
    assert chinese.explain(error) == chinese.gettext(said.by_kind(error))


class Sent(str):
    """Words of which it can be seen whether anything still holds them."""

    __slots__ = ("__weakref__",)


@pytest.mark.parametrize("text", ["a: " * 650, "batch 3: " * 200, "got 1 certificates to erase, now there are " * 40])
def test_what_somebody_sent_is_matched_in_no_time_and_not_kept(text: str) -> None:
    chinese = wording.of("zh-CN")
    chinese.noted("the catalogue is read")
    began = time.perf_counter()
    chinese.explain(errors.NotFound(text))
    chinese.explain(errors.NotFound(text * 1_000))
    assert time.perf_counter() - began < 0.5
    sent = Sent(text)
    kept = weakref.ref(sent)
    chinese.noted(sent)
    del sent
    assert kept() is None


@pytest.mark.parametrize(
    ("english", "text", "found"),
    [
        ("got %(a)s, wanted %(b)s", "got 1, wanted 2, wanted 3", {"a": "1, wanted 2", "b": "3"}),
        ("got %(a)s, wanted %(b)s", "got , wanted 3", None),
        ("got %(a)s, wanted %(b)s", "got 1, wanted ", None),
        ("got %(a)s", "got ", None),
        ("%(a)s%(b)s", "xyz", {"a": "xy", "b": "z"}),
        ("aba%(a)saba", "ababa", None),
        ("nothing varies", "nothing varies", {}),
        ("nothing varies", "nothing varies.", None),
    ],
)
def test_places_are_filled_as_a_regular_expression_would(english: str, text: str, found: dict[str, str] | None) -> None:
    expression = "".join(
        f"(?P<{part}>.+)" if index % 2 else re.escape(part)
        for index, part in enumerate(re.split(r"%\((\w+)\)s", english))
    )
    match = re.fullmatch(expression, text, re.DOTALL)
    assert (match and match.groupdict()) == found
    assert wording.Pattern.of(english).match(text) == found


def test_rights_and_tracks_within_a_refusal_are_said_in_chinese_too() -> None:
    chinese = wording.of("zh-CN")
    lacks = RegistryRefused("LacksCapability", {"agency": 3, "officer": "7", "capability": 2})
    assert "审核批次" in chinese.explain(lacks)
    for track in Track:
        assert not re.search("[A-Z]{4}", chinese.explain(RegistryRefused("FinalStands", {"leaf": "", "track": track})))
