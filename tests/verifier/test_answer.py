"""What a report says to people, and its words in both languages."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from string import Formatter

import pytest
from rich.console import Console

from chain.calendar import first_hour
from chain.claims import Kind
from chain.events import Track
from chain.seals import Sealing, SealScheme
from chain.validity import Validity
from tests.verifier.book import AGENCY, CLAIMS, DECISION, NOW, PAGE, TODAY, TYPE, Book, anchored, on, paper
from verifier.answer import as_json, heading, next_step
from verifier.check.evidence import CheckpointUsed, Offline, ProofUsed
from verifier.check.moments import moment
from verifier.check.presented import Document, Presented
from verifier.check.report import Report, Verdict
from verifier.check.verification import verify
from verifier.printing import print_report
from verifier.wording import Language, keys, language_of, sentence

ENGLISH, CHINESE = Language.ENGLISH, Language.CHINESE


def ask(book: Book, presented: Presented, day: str | None = None) -> Report:
    return verify(presented, book, TODAY if day is None else on(day), name="a paper")


class TestHeading:
    def test_the_date_stands_in_the_heading(self) -> None:
        book, made = anchored(validity=Validity(date(2026, 1, 1), date(2026, 3, 31)))
        report = ask(book, made.presented_code)
        assert heading(report, ENGLISH) == "Genuine, but expired on 31 March 2026"
        assert heading(report, CHINESE) == "证照真实，但已于2026年3月31日到期"
        book.record(made.leaf, Track.RENEWAL_PENDING, until_hour=first_hour(date(2026, 12, 1)))
        report = ask(book, made.presented_code)
        assert heading(report, CHINESE) == "证照真实，延续申请办理中，视为有效至2026年11月30日"

    def test_a_suspension_says_by_whom_and_one_with_an_end_until_when(self) -> None:
        book, made = anchored()
        book.record(made.leaf, Track.SUSPENSION, until_hour=first_hour(date(2027, 1, 1)))
        report, agency = ask(book, made.presented), book.agencies[AGENCY].name
        assert heading(report, ENGLISH) == f"Suspended by {agency} from 1 June 2026 to 31 December 2026"
        assert heading(report, CHINESE) == f"该证照已被{agency}暂扣"
        book.record(made.leaf, Track.SUSPENSION)
        assert heading(ask(book, made.presented), ENGLISH) == f"Suspended by {agency} from 1 June 2026"

    def test_a_suspension_by_the_council_names_no_agency(self) -> None:
        book, made = anchored()
        book.record(made.leaf, Track.SUSPENSION, actor=0, until_hour=first_hour(date(2027, 1, 1)))
        report = ask(book, made.presented)
        assert heading(report, ENGLISH) == "Suspended from 1 June 2026 to 31 December 2026"
        assert heading(report, CHINESE) == "该证照已被暂扣"

    @pytest.mark.parametrize(
        ("how", "english", "chinese"),
        [
            ("presented", "Genuine and in force on 1 March 2026", "2026年3月1日真实有效"),
            (
                "presented_short_number",
                "In the register, and in force on 1 March 2026, but this does not show whose it is",
                "已登记，2026年3月1日有效，但未显示完整信息",
            ),
            (
                "presented_document",
                "In the register, and in force on 1 March 2026, but not all that was presented is vouched for",
                "已登记，2026年3月1日有效，但所出示的内容并非全部经过签名",
            ),
        ],
    )
    def test_an_answer_about_a_past_day_does_not_claim_the_present(self, how: str, english: str, chinese: str) -> None:
        book, made = anchored()
        # What came later would make the usual heading a lie.
        book.record(made.leaf, Track.REVOKED)
        shown = getattr(made, how)
        if how == "presented_document":
            shown = made.presented_document()
            assert shown.document is not None
            shown = replace(shown, document=replace(shown.document, foreign="fonts"))
        assert ask(book, shown).verdict is Verdict.REVOKED
        report = ask(book, shown, "2026-03-01")
        assert (heading(report, ENGLISH), heading(report, CHINESE)) == (english, chinese)
        assert as_json(report, ENGLISH)["heading"] == english
        console = Console(file=io.StringIO(), width=200)
        print_report(report, console, (ENGLISH,))
        assert isinstance(console.file, io.StringIO)
        assert english in console.file.getvalue()

    def test_a_day_before_its_first_is_named_too(self) -> None:
        book, made = anchored()
        report = ask(book, made.presented, "2025-12-31")
        assert (
            heading(report, ENGLISH) == "Genuine, but not yet in force on 31 December 2025 (valid from 1 January 2026)"
        )
        assert heading(report, CHINESE) == "证照真实，但2025年12月31日尚未生效"

    @pytest.mark.parametrize("language", Language)
    def test_what_is_filed_about_a_short_number_claims_nothing_of_days_that_it_does_not_tell(
        self, language: Language
    ) -> None:
        for place in ("bulk.verdict", "receipt.found", "copy"):
            words = sentence(f"{place}.INCOMPLETE{'.means' if place == 'copy' else ''}", language)
            assert not re.search("in force|登记有效|处于有效", words, re.IGNORECASE)

    def test_today_is_chinas_day(self) -> None:
        book, made = anchored()
        # Half past midnight in China, when the day before goes on in Greenwich.
        now = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)
        for day, said in ((None, ""), ("2026-11-22", ""), ("2026-11-21", " on 21 November 2026")):
            report = verify(made.presented, book, moment(day, now), name="")
            assert heading(report, ENGLISH) == f"Genuine and in force{said}"

    def test_headings_of_a_past_day_name_it_in_both_languages(self) -> None:
        begin = ("verdict.", "receipt.heading.")
        of_a_day = [key for key in keys(ENGLISH) if key.startswith(begin) and key.endswith(".on")]
        assert len(of_a_day) >= 13
        for key in of_a_day:
            for language in Language:
                assert "{day}" in sentence(key, language)
                assert sentence(key.removesuffix(".on"), language)

    def test_an_end_to_come_is_not_told_as_a_beginning(self) -> None:
        book, made = anchored(validity=Validity(date(2026, 12, 1), None))
        assert heading(ask(book, made.presented_code), ENGLISH) == "Genuine, but not in force until 1 December 2026"

    def test_incomplete_says_what_is_missing(self) -> None:
        book, made = anchored()
        assert "whose it is" in heading(ask(book, made.presented_short_number), ENGLISH)

    def test_incomplete_says_that_it_is_the_paper_that_nobody_vouches_for(self) -> None:
        book, made = anchored()
        page = made.presented_document()
        assert page.document is not None
        foreign = replace(page, document=replace(page.document, foreign="fonts"))
        report = ask(book, foreign)
        assert "not all that was presented is vouched for" in heading(report, ENGLISH)
        assert "original file" in next_step(report, ENGLISH)

    @pytest.mark.parametrize("language", list(Language))
    @pytest.mark.parametrize("verdict", list(Verdict))
    def test_every_heading_and_next_step_can_be_said(self, verdict: Verdict, language: Language) -> None:
        placeholders = {name for _, name, _, _ in Formatter().parse(sentence(f"verdict.{verdict}", language)) if name}
        assert placeholders <= {"first", "last", "since", "until", "until_words", "known", "block"}
        assert sentence(f"next.{verdict}", language)


class TestJson:
    def test_all_that_the_registry_recorded_is_told_with_both_times(self) -> None:
        book, made = anchored()
        book.record(made.leaf, Track.LOSS, actor=0)
        book.record(made.leaf, Track.LOSS, actor=0, from_hour=0, timestamp=int(NOW.timestamp()) - 7200)
        book.record(made.leaf, Track.REPLACED, new_leaf=paper(salt=b"2").leaf)
        told = as_json(ask(book, made.presented), ENGLISH)
        assert told["verdict"] == "REPLACED"
        assert told["statuses"] == [
            {
                "track": "LOSS",
                "words": TYPE.status_words[Track.LOSS],
                "from": "2026-06-01T00:00:00+08:00",
                "until": None,
                "recorded_at": "2026-06-01T08:00:00+08:00",
                "block_number": 150,
                "decided_by": None,
                "decision": f"0x{DECISION.hex()}",
                "in_force": False,
            },
            {
                "track": "LOSS",
                "words": TYPE.status_words[Track.LOSS],
                "from": None,
                "until": None,
                "recorded_at": "2026-11-22T10:30:00+08:00",
                "block_number": 151,
                "decided_by": None,
                "decision": f"0x{DECISION.hex()}",
                "in_force": False,
            },
            {
                "track": "REPLACED",
                "words": TYPE.status_words[Track.REPLACED],
                "from": "2026-06-01T00:00:00+08:00",
                "until": None,
                "recorded_at": "2026-06-01T08:00:00+08:00",
                "block_number": 152,
                "decided_by": "演示市住房和城乡建设局",
                "decision": None,
                "in_force": True,
            },
        ]
        replaced_by = told["replaced_by"]
        assert isinstance(replaced_by, dict)
        assert replaced_by["from"] == "2026-06-01T00:00:00+08:00"

    def test_differences_stand_side_by_side(self) -> None:
        book, made = anchored()
        forged = Document(pages=(PAGE.replace("演示长城", "演示盗用"),), annotations=0)
        told = as_json(ask(book, replace(made.presented_document(), document=forged)), CHINESE)
        checks = told["checks"]
        assert isinstance(checks, list)
        assert checks[6]["differences"] == [
            {
                "what": TYPE.claim("company_name").labels["zh-CN"],
                "signed": CLAIMS["company_name"],
                "shown": "内蒙古演示盗用建筑工程有限责任公司",
            }
        ]

    def test_nothing_known_is_null_not_missing(self) -> None:
        report = verify(Presented(), None, TODAY, name="")
        told = as_json(report, ENGLISH)
        assert told["verdict"] == "UNREADABLE"
        for name in ("facts", "agency", "type", "number", "known_at", "chain_id", "registry", "block_number", "test"):
            assert told[name] is None
        assert next_step(report, ENGLISH)


class TestFacts:
    """What codes carry more tersely than documents show it."""

    def test_days_and_long_lists_in_a_code_are_found_on_the_page(self) -> None:
        claims = tuple(
            replace(claim, fact=True)
            if claim.key == "effective_date"
            else replace(claim, fact=True, kind=Kind.LIST, fact_max_length=12)
            if claim.key == "economic_type"
            else claim
            for claim in TYPE.claims
        )
        known = replace(TYPE, claims=claims)
        values = {**CLAIMS, "economic_type": ["演示有限责任公司", "演示股份有限公司", "演示集团"]}
        made = paper(certificate_type=known, claims=values)  # type: ignore[arg-type]  # A list among the claims.
        book = Book()
        book.anchor(made.leaf)
        page = PAGE.replace("\n有限责任公司\n", "\n演示有限责任公司、演示股份有限公司、演示集团\n")
        shown = Presented(codes=(made.code(),), document=Document(pages=(page,), annotations=0))
        report = verify(shown, book, TODAY, name="", known_type=lambda _number, _version: known)
        assert report.subject.facts is not None
        assert report.verdict is Verdict.INCOMPLETE, report.checks
        assert report.subject.facts["economic_type"] == "演示有限责任公司等3项"
        texts = {item.key: item.texts["en"] for item in report.subject.items}
        assert texts["effective_date"] == "1 January 2026"

    def test_a_masked_number_in_a_code_is_found_on_the_page(self) -> None:
        claims = tuple(
            replace(claim, fact=True) if claim.key == "responsible_person_id" else claim for claim in TYPE.claims
        )
        known = replace(TYPE, claims=claims)
        made = paper(certificate_type=known)
        book = Book()
        book.anchor(made.leaf)
        for page, verdict in ((PAGE, Verdict.INCOMPLETE), (PAGE.replace("15012118000101000X", ""), Verdict.ALTERED)):
            shown = Presented(codes=(made.code(),), document=Document(pages=(page,), annotations=0))
            report = verify(shown, book, TODAY, name="", known_type=lambda _number, _version: known)
            assert report.verdict is verdict, report.checks


class TestOffline:
    """What an answer without a network rests on, in words."""

    def printed(self, sealing: Sealing | None, language: Language, *, has_proof: bool = True) -> str:
        is_attested = sealing is None
        used = CheckpointUsed(5, bytes(32), NOW, sealing, (bytes(32),) * is_attested, times_vouched=is_attested)
        proof = ProofUsed(7, 4, NOW, sealing) if has_proof else None
        report = replace(verify(Presented(), None, TODAY, name="a paper"), offline=Offline(None, used, proof))
        console = Console(file=io.StringIO(), width=200)
        print_report(report, console, (language,))
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()

    @pytest.mark.parametrize(
        ("scheme", "english", "chinese"),
        [
            (SealScheme.QBFT, "sealed by 3 of 4 validators", "4个验证者中有3个签封"),
            (SealScheme.IBFT2, "sealed by 3 of 4 validators", "4个验证者中有3个签封"),
            (SealScheme.CLIQUE, "confirmed by 3 of 4 signers", "4个签名者中有3个确认"),
            (None, "without seals (development)", "没有签封（开发用）"),
        ],
    )
    def test_who_sealed_is_told_and_a_majority_of_cliques_signers_is_never_final(
        self, scheme: SealScheme | None, english: str, chinese: str
    ) -> None:
        sealing = None if scheme is None else Sealing(scheme, 5, (b"1" * 20, b"2" * 20, b"3" * 20), 3, 4)
        for language, words in ((ENGLISH, english), (CHINESE, chinese)):
            told = self.printed(sealing, language)
            assert told.count(words) == 2
            assert "final" not in told
        assert "number 7; its name is not proven" in self.printed(sealing, ENGLISH)
        assert "No trust list" in self.printed(sealing, ENGLISH)

    def test_whose_word_the_times_are_is_told(self) -> None:
        sealing = Sealing(SealScheme.QBFT, 5, (b"1" * 20,), 1, 1)
        for told, english, chinese in (
            ({"sealing": None}, "Times of blocks: on the word of attesters (1)", "区块时间：由背书方签名（1）"),
            ({"sealing": sealing}, "Time of anchoring: proven by a block's header", "登记时间：由区块头证明"),
            ({"sealing": sealing, "has_proof": False}, "nobody vouches for them", "区块时间：无人背书"),
        ):
            for language, words in ((ENGLISH, english), (CHINESE, chinese)):
                assert words in self.printed(language=language, **told)  # type: ignore[arg-type]
        assert Offline(None).times is None


class TestLanguage:
    @pytest.mark.parametrize(
        ("wish", "language"),
        [
            ("zh-CN,zh;q=0.9,en;q=0.8", CHINESE),
            ("en-GB,en;q=0.9,zh;q=0.8", ENGLISH),
            ("fr, en;q=0.2, zh;q=0.1", ENGLISH),
            ("zh;q=0", CHINESE),
            ("en;q=0", CHINESE),
            ("en;q=nonsense", CHINESE),
            ("en, zh; q=0.5", ENGLISH),
            ("zh; q=0.5, en", ENGLISH),
            ("zh\t;\tQ=0.5, en", ENGLISH),
            ("en;q=0.001", ENGLISH),
            ("zh;q=0.999,en;q=1.000", ENGLISH),
            # What no weight may be is no wish: it is not the greatest, and hides no other.
            ("zh;q=nan, en;q=0.5", ENGLISH),
            ("en;q=0.5, zh;q=nan", ENGLISH),
            ("zh;q=inf, en", ENGLISH),
            ("zh;q=1.5, en", ENGLISH),
            ("zh;q=1.001, en;q=0.1", ENGLISH),
            ("zh;q=0.9999, en;q=0.1", ENGLISH),
            ("zh;q=1e0, en;q=0.1", ENGLISH),
            ("en;q=-1", CHINESE),
            ("en;q=nan", CHINESE),
            ("en;q=", CHINESE),
            ("zh_CN.UTF-8", CHINESE),
            ("en_US.UTF-8", ENGLISH),
            ("", CHINESE),
            ("*", CHINESE),
        ],
    )
    def test_the_first_of_the_most_wanted_counts(self, wish: str, language: Language) -> None:
        assert language_of(wish) is language

    def test_a_sentence_asks_for_the_same_in_both_languages_at_most(self) -> None:
        for key in keys(ENGLISH):
            english, chinese = (
                {name for _, name, _, _ in Formatter().parse(sentence(key, language)) if name} for language in Language
            )
            if not key.startswith("verdict."):
                assert english == chinese, key
