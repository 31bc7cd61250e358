"""What the demonstration tells people to type works as it stands, wherever it keeps its things."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from demo import people, run
from demo.stage import ROOT, Service, Stage
from demo.trial import SHOWN

if TYPE_CHECKING:
    from pathlib import Path

LOGIN = "saihan-scjg-approver"


@pytest.mark.parametrize("name", ["elsewhere", "an other place"])
def test_the_command_for_a_code_names_the_folder_that_was_chosen(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path / name, chain_port=1, issuer_port=2, verifier_port=3)
    stage.folder.mkdir()
    about = {"registry": {"registry": "0x00"}, "log_ins": {"password": "secret"}, "urls": {"checkpoint": "http://x"}}
    (stage.folder / "run.json").write_text(json.dumps(about))
    (stage.folder / SHOWN).write_text(json.dumps({str(stage.documents / "one.pdf"): {"expected": "VALID"}}))
    (stage.folder / people.NAMES).write_text(json.dumps({LOGIN: {"secret": "JBSWY3DPEHPK3PXP" * 2}}))
    run._tell(stage, as_json=False)  # noqa: SLF001 — the whole needs a chain, and its words do not
    (line,) = re.findall(rf"^  Code +(.*{LOGIN})", capsys.readouterr().out, re.MULTILINE)
    monkeypatch.setattr("sys.argv", shlex.split(line))
    options = run._options()  # noqa: SLF001
    assert people.tell_code(options.folder.resolve(), options.code) == 0
    assert re.match(r"\d{6} ", capsys.readouterr().out)


def test_the_command_for_a_code_is_short_where_nothing_was_chosen() -> None:
    assert run._telling_code(ROOT / "var") == "scripts/run --code"  # noqa: SLF001


def test_a_service_that_ends_by_itself_ends_the_demonstration_with_its_last_words(tmp_path: Path) -> None:
    stage = Stage(tmp_path, chain_port=1, issuer_port=2, verifier_port=3)
    settings = tmp_path / "none.env"
    settings.write_text("YINXIN_REGISTRY=nonsense\n", encoding="utf-8")
    service = Service(stage, "issuer", settings, port=2)
    try:
        service.require_running()
        service.process.wait(60)
        with pytest.raises(SystemExit, match=r"The issuer has ended with code [1-9](?s:.*)YINXIN_REGISTRY: got "):
            service.require_running()
    finally:
        service.stop()
