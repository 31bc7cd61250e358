"""What the pages say: everything in both languages, and each language complete."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jinja2 import Environment

from chain.errors import RegistryUnavailable
from issuer import errors, said, vocabulary, wording
from issuer.routes.pages import helping

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2] / "issuer"
PLACE = re.compile(r"%\((\w+)\)s")
NAMES = {"gettext", "_", "msgid", "say"}
"""Functions whose first argument is said to people; `say` is issuer/findings.py's."""
ACTIONS = {"audit_log": 2, "history": 1}
"""Which argument of `add` and `note` says what was done."""


def in_templates() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    for path in sorted((ROOT / "pages").rglob("*.html")):
        for _, _, message in environment.extract_translations(path.read_text(encoding="utf-8")):  # type: ignore[attr-defined]
            # A sentence that comes from elsewhere is None here, and is looked for there.
            if message is not None:
                yield path.name, message if isinstance(message, str) else tuple(filter(None, message))


def in_python() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            texts = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            first = node.args[0] if node.args else None
            if name in NAMES and isinstance(first, ast.Constant) and isinstance(first.value, str):
                if name != "say" or "commands" not in path.parts:
                    yield path.name, first.value
            elif name == "ngettext":
                yield path.name, (texts[0], texts[1])


def in_the_log() -> Iterator[tuple[str, str]]:
    """Yield what the lines of the log of actions say."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="audit_log"), attr="add"), args=args) if (
                    len(args) > 2
                ):
                    what = args[2]
                case ast.Call(func=ast.Attribute(value=ast.Name(id="history"), attr="note"), args=args) if (
                    len(args) > 1
                ):
                    what = args[1]
                case ast.Call(func=ast.Name(id="_note") | ast.Attribute(attr="log" | "note_use"), args=args):
                    # What modules write lines with themselves.
                    what = next((each for each in args if _is_text(each)), None)
                case ast.Call(keywords=[*_, ast.keyword(arg="what", value=ast.Constant() as what)]):
                    pass
                case _:
                    continue
            if isinstance(what, ast.Constant) and isinstance(what.value, str):
                yield path.name, what.value


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def wanted() -> dict[str, str]:
    """Return every sentence, with one place where it is said; of a plural, the form for one."""
    found: dict[str, str] = {}
    for place, message in (*in_templates(), *in_python(), *in_the_log()):
        if message:
            found.setdefault(message if isinstance(message, str) else message[0], place)
    return found


def test_everything_is_said_in_chinese() -> None:
    held = wording.of("zh-CN").sentences
    missing = {message: place for message, place in wanted().items() if message not in held}
    assert not missing, "\n".join(f"{place}: {message}" for message, place in missing.items())


def test_no_translation_is_left_unsure_or_empty() -> None:
    for name, catalogue in wording.catalogues():
        for message in catalogue:
            if message.id:
                assert message.string, f"{name}: {message.id}"
                assert not message.fuzzy, f"{name}: {message.id}"


def test_translations_have_the_same_places() -> None:
    for name, catalogue in wording.catalogues():
        for message in catalogue:
            if not message.id:
                continue
            english = [message.id] if isinstance(message.id, str) else list(message.id)
            chinese = [message.string] if isinstance(message.string, str) else list(message.string)
            places = {place for text in english for place in PLACE.findall(text)}
            for text in chinese:
                found = set(PLACE.findall(text))
                # What an error's own words carry may be of use to English readers only, such as a state's name.
                fits = found <= places if message.context == wording.ERROR else found == places
                assert fits, f"{name}: {message.id}"
                assert text % dict.fromkeys(places, "x"), f"{name}: {message.id}"


def test_one_sentence_has_one_translation() -> None:
    held: dict[tuple[object, object], set[tuple[str, object]]] = defaultdict(set)
    for name, catalogue in wording.catalogues():
        for message in catalogue:
            if message.id:
                msgid = message.id if isinstance(message.id, str) else message.id[0]
                string = message.string if isinstance(message.string, str) else message.string[0]
                held[message.context, msgid].add((name, string))
    several = {key: each for key, each in held.items() if len({string for _, string in each}) > 1}
    assert not several


def test_every_help_page_is_there_in_both_languages() -> None:
    for topic in helping.TOPICS:
        for language in wording.LANGUAGES:
            text = (ROOT / "pages" / "help" / f"{topic}.{language}.html").read_text(encoding="utf-8")
            assert text.startswith("<h1>")


@pytest.mark.parametrize("error", [errors.NotFound("x"), errors.NotReady("y"), RegistryUnavailable("z")])
def test_an_error_is_explained_in_chinese_even_if_its_words_are_not_translated(error: Exception) -> None:
    assert isinstance(error, errors.YinxinError)
    assert re.search(r"[一-鿿]", wording.of("zh-CN").explain(error))


def test_an_errors_own_words_are_translated_where_a_catalogue_has_them() -> None:
    error = errors.PasswordRefused("password: got 3 characters, wanted at least 12")
    assert wording.of("zh-CN").explain(error) == "密码有 3 个字符，至少需要 12 个。"
    assert wording.of("en").explain(error) == "Password: got 3 characters, wanted at least 12."


def test_days_and_moments_are_written_as_people_write_them() -> None:
    moment = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    assert wording.of("zh-CN").day(date(2026, 1, 2)) == "2026年1月2日"
    assert wording.of("en").day(date(2026, 1, 2)) == "2 January 2026"
    assert wording.of("zh-CN").moment(moment) == "2026年11月24日 00:30"
    assert wording.of("en").size(1_250_000) == "1.2 MB"


def test_language_is_chosen_by_what_the_browser_wants() -> None:
    assert wording.wanted_by("en-GB,en;q=0.9") == "en"
    assert wording.wanted_by("zh-TW,en;q=0.8") == "zh-CN"
    assert wording.wanted_by("") == "zh-CN"
    assert wording.wanted_by("zh; q=0.5, en") == "en"


@pytest.mark.parametrize("weight", ["nan", "inf", "-1", "1.5", "0.1234", "1e0", "much", ""])
def test_a_language_with_a_weight_that_is_none_is_not_wanted(weight: str) -> None:
    assert wording.wanted_by(f"zh;q={weight}, en;q=0.5") == "en"
    assert wording.wanted_by(f"en;q=0.5, zh;q={weight}") == "en"
    assert wording.wanted_by(f"en;q={weight}") == "zh-CN"


def test_every_role_and_state_has_a_word() -> None:
    assert set(vocabulary.ROLES) == set(vocabulary.ROLES_MEAN)
    assert said.by_kind(errors.IssuerError("x")).endswith(".")
