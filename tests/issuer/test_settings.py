"""Settings come from the environment or from a file that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chain.errors import InvalidInput
from issuer.errors import SettingMissing
from issuer.settings import Settings, described, open_settings, without_credentials
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


def test_a_misspelt_setting_is_refused_wherever_it_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    env, toml = tmp_path / "issuer.env", tmp_path / "issuer.toml"
    env.write_text("YINXIN_KEYSTOR=x\n", encoding="utf-8")
    toml.write_text('YINXIN_SENDER = "x"\n', encoding="utf-8")
    for file, wanted in ((env, "YINXIN_KEYSTOR, .*YINXIN_KEYSTORE,"), (toml, "YINXIN_SENDER, .*wanted sender,")):
        monkeypatch.setenv("YINXIN_SETTINGS", str(file))
        with pytest.raises(InvalidInput, match=wanted):
            open_settings()
    env.write_text("YINXIN_TRUST_LIST=the verifier's\nYINXIN_LIMIT_MISSES=1\n", encoding="utf-8")
    monkeypatch.setenv("YINXIN_SETTINGS", str(env))
    assert open_settings().sender == "issuer"
    monkeypatch.setenv("YINXIN_POLL", "1")
    with pytest.raises(InvalidInput, match="YINXIN_POLL_S"):
        open_settings()


def test_what_opens_a_node_is_never_shown() -> None:
    for address, shown in (
        ("http://u:geheim@node:8545/x,https://:p@b", "http://…@node:8545/x,https://…@b"),
        ("postgresql+psycopg://u:geheim@db/issuer", "postgresql+psycopg://…@db/issuer"),
        ("postgresql://u:ge,he@im@db/issuer", "postgresql://…@db/issuer"),
        ("http://a,http://u:p@q@b, http://c", "http://a,http://…@b, http://c"),
        ("http://node:8545, http://b", "http://node:8545, http://b"),
        ("3=duty@example.cn", "3=duty@example.cn"),
    ):
        assert without_credentials(address) == shown
