"""Settings come from the environment or from a file that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from issuer.errors import SettingMissing
from issuer.settings import Settings, described
from issuer.wiring import open_types, registry_address

if TYPE_CHECKING:
    from pathlib import Path


def test_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "issuer.env"
    file.write_text("YINXIN_PORT=9000\nYINXIN_SENDER=file\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv("YINXIN_SETTINGS", str(file))
    monkeypatch.setenv("YINXIN_SENDER", "environment")
    assert (Settings().port, Settings().sender) == (9000, "environment")


def test_toml_file_has_the_names_without_prefix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "issuer.toml"
    file.write_text('rpc_urls = "http://127.0.0.1:1, http://127.0.0.1:2"\n', encoding="utf-8")
    monkeypatch.setenv("YINXIN_SETTINGS", str(file))
    assert Settings().nodes == ("http://127.0.0.1:1", "http://127.0.0.1:2")


def test_missing_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINXIN_SETTINGS", "/nowhere/issuer.env")
    with pytest.raises(SettingMissing, match=r"/nowhere/issuer\.env"):
        Settings()


def test_every_setting_is_described() -> None:
    assert {variable for variable, _, meaning in described() if not meaning} == set()


def test_operators_type_code_takes_the_placeholders_place() -> None:
    code = "11100000MB0341032Y001"
    types = open_types(Settings(type_codes=f"business-licence={code}"))
    assert next(each.type_code for each in types if each.identifier == "business-licence") == code
    with pytest.raises(SettingMissing, match="driving"):
        open_types(Settings(type_codes=f"driving={code}"))
    with pytest.raises(SettingMissing, match="YINXIN_TYPE_CODES"):
        open_types(Settings(type_codes="business-licence"))


def test_missing_registry_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingMissing, match="registry deploy"):
        registry_address(Settings(data_dir=tmp_path))
