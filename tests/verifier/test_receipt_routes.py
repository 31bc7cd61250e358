"""Receipts over HTTP: given, kept for a while, and brought back."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any, ClassVar

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from fastapi.testclient import TestClient

from chain import base64url
from chain.short_number import short_number
from tests.verifier.papers_on_chain import anchor, certificate_of
from tests.verifier.test_index import now_of
from tests.verifier.trust import settings_of, trust_list_of, verifier_of
from verifier.app import make_app
from verifier.check import receipts
from verifier.cli import run
from verifier.wiring import attester_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chain.ethereum.network import Anvil
    from tests.deployed import Deployed
    from tests.verifier.book import Paper

API, VERIFY, PAGE = "/api/v1/receipts", "/api/v1/verify", "/receipt"
ASKER = "呼和浩特演示建材有限公司采购部"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("receipts")


@pytest.fixture(scope="module")
def paper(deployment: Deployed, anvil: Anvil) -> Paper:
    made = certificate_of(deployment, deployment.offices[0], "for a receipt")
    anchor(deployment, deployment.offices[0], made)
    anvil.mine()
    return made


@pytest.fixture(scope="module")
def client(deployment: Deployed, paper: Paper, folder: Path) -> Iterator[TestClient]:
    verifier = verifier_of(deployment, folder)
    verifier.index.follow(now_of(deployment))
    settings = settings_of(deployment, folder, poll_s=60)
    app = make_app(verifier.index, settings, clock=lambda: now_of(deployment), evidence_files=verifier.files)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def given(client: TestClient, paper: Paper, **body: Any) -> dict[str, Any]:  # noqa: ANN401 (members)
    answer = client.post(API, json={"code": paper.code(), **body})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


def payload_of(jws: str) -> dict[str, Any]:
    return dict(json.loads(base64url.decode(jws.split(".")[1])))


def pdf_of(client: TestClient, paper: Paper, **body: Any) -> bytes:  # noqa: ANN401 (members)
    answer = client.post(f"{API}?lang=en", json={"code": paper.code(), **body}, headers={"accept": "application/pdf"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert re.fullmatch(
        r'attachment; filename="yinxin-receipt-[0-9a-f]{8}\.pdf"', answer.headers["content-disposition"]
    )
    return answer.content


def text_of(pdf: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))


def verdict_of(client: TestClient, **how: Any) -> dict[str, Any]:  # noqa: ANN401 (a request's parts)
    (report,) = client.post(f"{VERIFY}?lang=en", **how).json()["reports"]
    return dict(report)


class TestApi:
    def test_a_receipt_names_verdict_block_and_time_and_nobody(self, client: TestClient, paper: Paper) -> None:
        answer = given(client, paper)
        said, (report,) = payload_of(answer["receipt"]), answer["reports"]
        assert (said["verdict"], said["leaf"]) == ("VALID", paper.leaf.hex())
        assert said["block"]["number"] == report["block_number"]
        assert re.fullmatch("0x[0-9a-f]{64}", said["block"]["hash"])
        assert said["checked_at"] == report["checked_at"]
        assert "asked_by" not in said

    def test_every_receipt_has_an_id_of_its_own(self, client: TestClient, paper: Paper) -> None:
        assert len({payload_of(given(client, paper)["receipt"])["id"] for _ in range(3)}) == 3

    def test_who_asks_may_say_so(self, client: TestClient, paper: Paper) -> None:
        assert payload_of(given(client, paper, asked_by=ASKER)["receipt"])["asked_by"] == ASKER

    def test_a_past_day_a_short_number_and_a_file(self, client: TestClient, paper: Paper) -> None:
        past = client.post(f"{API}?on=2025-12-31", json={"certificate": paper.sd_jwt}).json()
        assert (payload_of(past["receipt"])["verdict"], payload_of(past["receipt"])["on"]) == (
            "NOT_YET_VALID",
            "2025-12-31",
        )
        short = client.post(API, json={"short_number": "0000-0000-0000-00"}).json()
        assert payload_of(short["receipt"])["verdict"] == "NOT_FOUND"
        file = client.post(API, files={"file": ("x.sd-jwt", paper.sd_jwt.encode())}, data={"asked_by": ASKER}).json()
        assert payload_of(file["receipt"])["asked_by"] == ASKER

    def test_the_jws_alone(self, client: TestClient, paper: Paper) -> None:
        answer = client.post(API, json={"code": paper.code()}, headers={"accept": "application/jose"})
        assert answer.headers["content-type"] == "application/jose"
        assert receipts.parse(answer.text).receipt.leaf == paper.leaf

    @pytest.mark.parametrize(
        ("accept", "wanted"),
        [
            ("", "application/json"),
            ("*/*", "application/json"),
            ("text/html, application/pdf;q=0.8, application/json;q=0.1", "application/pdf"),
            ("application/jose, application/json", "application/jose"),
            ("application/json;q=0, */*", "application/pdf"),
            ("application/pdf;q=nan, application/jose;q=0.1", "application/jose"),
            ("text/html", "application/problem+json"),
            ("application/pdf;q=0", "application/problem+json"),
        ],
    )
    def test_the_form_that_is_accepted(self, client: TestClient, paper: Paper, accept: str, wanted: str) -> None:
        answer = client.post(API, json={"code": paper.code()}, headers={"accept": accept})
        assert answer.headers["content-type"] == wanted
        assert answer.status_code == (406 if "problem" in wanted else 200)

    @pytest.mark.parametrize(
        "body",
        [
            {},
            [],
            {"code": ""},
            {"code": "1", "certificate": "2"},
            {"code": 1},
            {"code": "1", "asked": "x"},
            {"code": "1", "asked_by": 1},
            {"code": "1", "asked_by": "x" * 121},
            {"code": "1", "show": "number"},
            {"code": "1", "show": [1]},
            {"code": "1", "show": ["x"] * 65},
        ],
        ids=str,
    )
    def test_what_cannot_have_a_receipt_is_told_why(self, client: TestClient, body: object) -> None:
        answer = client.post(API, json=body)
        assert answer.status_code == 422
        assert "wanted" in answer.json()["detail"]

    def test_a_name_that_the_report_does_not_have_is_refused(self, client: TestClient, paper: Paper) -> None:
        for body in ({"code": paper.code()}, {"certificate": paper.sd_jwt}):
            answer = client.post(API, json={**body, "show": ["number", "nope"]})
            assert answer.status_code == 422
            assert "show: got 'nope', wanted only some of " in answer.json()["detail"]
        file = {"file": ("x.sd-jwt", paper.sd_jwt.encode())}
        assert client.post(API, files=file, data={"show": "number,nope"}).status_code == 422
        (report,) = given(client, paper, show=["agency", "certificate_type", "number"])["reports"]
        assert given(client, paper, show=[each["key"] for each in report["items"]])["receipt"]

    def test_there_is_no_receipt_of_a_receipt(self, client: TestClient, paper: Paper) -> None:
        assert client.post(API, json={"code": given(client, paper)["receipt"]}).status_code == 422

    def test_other_bodies_are_refused(self, client: TestClient) -> None:
        assert client.post(API, content=b"x", headers={"content-type": "text/plain"}).status_code == 415
        assert client.post(API, content=b"{", headers={"content-type": "application/json"}).status_code == 400
        assert client.post(API, files={"other": ("x", b"x")}).status_code == 422
        assert client.post(API, files={"file": ("x", b"x")}, data={"who": "x"}).status_code == 422

    def test_the_description_has_an_example(self, client: TestClient) -> None:
        described = client.get("/openapi.json").json()["paths"][API]["post"]
        assert set(described["responses"]["200"]["content"]) == {
            "application/json",
            "application/pdf",
            "application/jose",
        }


class TestPdf:
    def test_its_page_says_verdict_block_and_asker_and_its_code_holds_the_jws(
        self, client: TestClient, paper: Paper
    ) -> None:
        pdf = pdf_of(client, paper, asked_by=ASKER)
        text = text_of(pdf)
        for wanted in (
            "Receipt of verification",
            "Genuine and in force",
            "真实有效",
            ASKER,
            "said of themselves",
            "TEST",
        ):
            assert wanted in text
        bitmap = pypdfium2.PdfDocument(pdf)[0].render(scale=150 / 72).to_pil()
        (code,) = zxingcpp.read_barcodes(bitmap)
        assert code.text.partition("/r#")[2] == attached(pdf)

    def test_only_what_is_chosen_is_shown(self, client: TestClient, paper: Paper) -> None:
        company = "内蒙古演示长城建筑工程有限责任公司"
        assert company in text_of(pdf_of(client, paper))
        only = text_of(pdf_of(client, paper, show=["number"]))
        assert company not in only
        assert "000123" in only
        assert "What the certificate said" not in text_of(pdf_of(client, paper, show=[]))

    def test_it_is_pdf_a_3_in_both_languages(self, client: TestClient, paper: Paper) -> None:
        for language, title in (("zh-CN", "核验回执"), ("en", "Receipt of verification")):
            answer = client.post(
                f"{API}?lang={language}", json={"code": paper.code()}, headers={"accept": "application/pdf"}
            )
            with pikepdf.open(io.BytesIO(answer.content)) as pdf, pdf.open_metadata() as metadata:
                assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
                assert title in str(pdf.docinfo["/Title"])
            assert len(pypdfium2.PdfDocument(answer.content)) == 1

    def test_handed_in_again_it_is_a_receipt_and_not_a_certificate(self, client: TestClient, paper: Paper) -> None:
        report = verdict_of(client, files={"file": ("receipt.pdf", pdf_of(client, paper))})
        assert report["verdict"] == "INCOMPLETE"
        assert report["receipt"]["believed"] is True
        assert report["receipt"]["says"]["leaf"] == paper.leaf.hex()
        assert report["heading"].startswith("A receipt, not a certificate.")

    def test_with_another_receipt_s_code_pasted_over_it_is_altered(self, client: TestClient, paper: Paper) -> None:
        first, second = pdf_of(client, paper), pdf_of(client, paper)
        with pikepdf.open(io.BytesIO(first)) as pdf, pikepdf.open(io.BytesIO(second)) as other:
            pdf.pages.append(other.pages[0])
            out = io.BytesIO()
            pdf.save(out)
        assert verdict_of(client, files={"file": ("two.pdf", out.getvalue())})["verdict"] == "ALTERED"


def attached(pdf: bytes) -> str:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return opened.attachments["receipt.jws"].get_file().read_bytes().decode()


class TestBeforeItWasRegistered:
    """Who asks about a day before the registration is told so wherever the receipt is read."""

    DAY = "2026-02-01"
    SAID: ClassVar[dict[str, str]] = {
        "en": "On that day it was not validly registered yet",
        "zh-CN": "当日尚未有效登记",
    }

    def test_the_receipt_has_the_day_of_registration(self, client: TestClient, paper: Paper) -> None:
        answer = client.post(f"{API}?on={self.DAY}", json={"code": paper.code()}).json()
        said, (report,) = payload_of(answer["receipt"]), answer["reports"]
        assert (said["verdict"], said["on"]) == ("VALID", self.DAY)
        assert said["registered_on"] == report["anchored"]["at"][:10] > self.DAY
        assert "registered_on" not in payload_of(given(client, paper)["receipt"])

    @pytest.mark.parametrize("language", ["en", "zh-CN"])
    def test_it_is_said_on_every_page_on_the_way(self, client: TestClient, paper: Paper, language: str) -> None:
        said, where = self.SAID[language], f"?lang={language}"
        asked = {"typed": (None, paper.code()), "on": (None, self.DAY)}
        verdict, choice = (client.post(f"{path}{where}", files=asked).text for path in ("/", PAGE))
        found = re.search(r'name="sealed" value="([^"]+)"', choice)
        assert found is not None
        form = {"sealed": (None, found[1]), "as": (None, "pdf")}
        pdf = client.post(f"{PAGE}{where}", files=form).content
        back = client.post(f"/{where}", files={"typed": (None, attached(pdf))}).text
        for page in (verdict, choice, back):
            assert page.count(said) == 1
        # Lines of the printed page break where they like.
        assert said.replace(" ", "") in re.sub(r"\s", "", text_of(pdf))
        for heading in ("Genuineandinforceon1February2026", "2026年2月1日真实有效"):
            assert heading in re.sub(r"\s", "", text_of(pdf))
        today = client.post(f"/{where}", files={"typed": (None, paper.code())}).text
        assert said not in today


class TestBroughtBack:
    def test_as_text_as_a_code_and_as_a_file(self, client: TestClient, paper: Paper) -> None:
        jws = given(client, paper)["receipt"]
        for how in (
            {"json": {"code": jws}},
            {"json": {"code": f"https://verify.example.cn/r#{jws}"}},
            {"files": {"file": ("receipt.jws", jws.encode())}},
        ):
            assert verdict_of(client, **how)["receipt"]["believed"] is True

    def test_one_that_was_changed_is_altered(self, client: TestClient, paper: Paper) -> None:
        header, payload, signature = given(client, paper)["receipt"].split(".")
        forged = base64url.encode(base64url.decode(payload).replace(b'"on":"2', b'"on":"1'))
        report = verdict_of(client, json={"code": f"{header}.{forged}.{signature}"})
        assert report["verdict"] == "ALTERED"
        assert report["receipt"]["believed"] is False

    def test_its_page_shows_what_it_says(self, client: TestClient, paper: Paper) -> None:
        jws = given(client, paper, asked_by=ASKER)["receipt"]
        page = client.post("/?lang=zh-CN", files={"typed": (None, jws)})
        assert page.status_code == 200
        for wanted in ("这是核验回执，不是证照", ASKER, "自称", paper.leaf.hex(), "TEST"):
            assert wanted in page.text

    def test_offline_the_command_line_tells_the_same(  # noqa: PLR0917 (fixtures)
        self,
        client: TestClient,
        paper: Paper,
        deployment: Deployed,
        folder: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        now = now_of(deployment)
        monkeypatch.setattr("verifier.cli._now", lambda: now)
        public = attester_of(settings_of(deployment, folder)).public
        trust, strange = tmp_path / "trust.json", tmp_path / "strange.json"
        trust.write_bytes(trust_list_of(deployment, now=now, attesters=[public]))
        strange.write_bytes(trust_list_of(deployment, now=now))
        pdf, jws = tmp_path / "receipt.pdf", tmp_path / "receipt.jws"
        pdf.write_bytes(pdf_of(client, paper))
        jws.write_text(given(client, paper)["receipt"])
        for file, listed, verdict in (
            (pdf, trust, "INCOMPLETE"),
            (jws, trust, "INCOMPLETE"),
            (jws, strange, "ISSUER_NOT_AUTHORISED"),
        ):
            capsys.readouterr()
            state = ["--state", str(tmp_path / listed.stem)]
            code = run(["check", str(file), "--offline", "--trust", str(listed), *state, "--json", "--lang", "en"])
            assert code == 1
            (report,) = json.loads(capsys.readouterr().out)["reports"]
            assert report["verdict"] == verdict
            assert report["receipt"]["believed"] is (verdict == "INCOMPLETE")
        assert run(["check", str(pdf), "--offline", "--trust", str(trust), *["--state", str(tmp_path / "trust")]]) == 1
        assert short_number(paper.leaf) in capsys.readouterr().out


class TestByThePage:
    def sealed(self, client: TestClient, paper: Paper) -> str:
        page = client.post("/?lang=en", files={"typed": (None, paper.sd_jwt)})
        found = re.search(r'name="sealed" value="([^"]+)"', page.text)
        assert found is not None
        return found[1]

    def test_from_a_verdict_to_its_receipt_without_handing_anything_in_again(
        self, client: TestClient, paper: Paper
    ) -> None:
        choice = client.post(f"{PAGE}?lang=en", files={"sealed": (None, self.sealed(client, paper))})
        assert choice.status_code == 200
        assert 'name="show.company_name" value="1" checked' in choice.text
        assert 'name="show.address" value="1">' in choice.text
        found = re.search(r'name="sealed" value="([^"]+)"', choice.text)
        assert found is not None
        form = {"sealed": (None, found[1]), "asked_by": (None, ASKER), "show.number": (None, "1")}
        pdf = client.post(f"{PAGE}?lang=zh-CN", files={**form, "as": (None, "pdf")})
        assert pdf.headers["content-type"] == "application/pdf"
        assert "核验回执" in text_of(pdf.content)
        assert payload_of(attached(pdf.content))["asked_by"] == ASKER
        jws = client.post(PAGE, files={**form, "as": (None, "jws")})
        assert payload_of(jws.text)["leaf"] == paper.leaf.hex()

    def test_a_page_that_checked_by_itself_hands_in_the_text(self, client: TestClient, paper: Paper) -> None:
        choice = client.post(f"{PAGE}?lang=en", files={"typed": (None, paper.code()), "on": (None, "")})
        assert 'name="sealed"' in choice.text
        file = ("paper.sd-jwt", paper.sd_jwt.encode())
        assert 'name="sealed"' in client.post(f"{PAGE}?lang=en", files={"file": file}).text

    def test_a_bad_name_is_said_beside_it(self, client: TestClient, paper: Paper) -> None:
        form = {"sealed": (None, self.sealed(client, paper)), "asked_by": (None, "x" * 121), "as": (None, "pdf")}
        answer = client.post(f"{PAGE}?lang=en", files=form)
        assert answer.status_code == 422
        assert "too long" in answer.text
        assert 'aria-invalid="true"' in answer.text

    def test_what_is_sealed_no_more_is_said(self, client: TestClient) -> None:
        answer = client.post(f"{PAGE}?lang=en", files={"sealed": (None, "x"), "as": (None, "pdf")})
        assert answer.status_code == 410
        assert "more than a quarter of an hour old" in answer.text

    def test_what_could_not_be_read_has_none(self, client: TestClient) -> None:
        page = client.post("/?lang=en", files={"typed": (None, "https://example.org/v#12")})
        assert 'name="sealed"' not in page.text
        answer = client.post(f"{PAGE}?lang=en", files={"typed": (None, "?")})
        assert answer.status_code == 422
        assert "nothing to give a receipt for" in answer.text

    def test_odd_forms_are_refused(self, client: TestClient) -> None:
        for form in (
            {"typed": (None, "1"), "x": (None, "1")},
            {"other": ("x", b"x")},
            {"typed": (None, ""), "on": (None, "?")},
        ):
            assert client.post(f"{PAGE}?lang=en", files=form).status_code == 422
        assert client.get(PAGE).status_code == 405
