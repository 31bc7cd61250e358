"""What an operator can set, from environment variables or one file."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from cryptography.x509 import load_pem_x509_certificates
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from chain.errors import InvalidInput
from verifier.value_faults import told

PREFIX = "YINXIN_"
_ADDRESS_BYTES, _ID_BYTES = 20, 32
_DAY_S = 86_400
"""More than this is no time to wait; and far beyond it the system refuses to."""


class Settings(BaseSettings):
    """Each field is set by `YINXIN_<NAME>`, or by a dotenv or TOML file that `YINXIN_SETTINGS` names.

    The environment wins over the file. A dotenv file has the variables' full names, a TOML file the fields' names.
    A name that is nearly one of these is refused; others may be another part's, which shares environment or file.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, allow_inf_nan=False)

    rpc_urls: str = Field("http://127.0.0.1:8545", description="Nodes of the chain, by commas; all of them must agree.")
    registry: str = Field("", description="Address of the Certificates contract (0x…), which names the others.")
    registry_id: str = Field("", description="The registry's id in hex; refuses any other registry if set.")
    chain_id: int = Field(0, description="The chain's id; 0 takes the profile's.", ge=0)
    profile: str = Field("anvil", description="Which kind of chain it is: finality, greatest age, log ranges.")
    database_url: str = Field("sqlite:///var/verifier.db", description="The verifier's own index of the chain.")
    poll_s: float = Field(1.0, description="How often `serve` and `index follow` look for new blocks.", gt=0, le=_DAY_S)
    max_head_age_s: int = Field(
        0, description="Seconds after which a node's newest block is too old; 0 takes the profile's.", ge=0
    )
    rpc_timeout_s: float = Field(5.0, description="How long a node may take to answer.", gt=0, le=_DAY_S)
    check_s: float = Field(
        30.0,
        description="How long `check` may take to read what is new on the chain; then it cannot check.",
        gt=0,
        le=_DAY_S,
    )
    max_readers: int = Field(2, description="How many uploads `serve` takes apart at the same time.", gt=0)
    data_dir: Path = Field(Path("var/verifier"), description="Folder for what the verifier keeps beside its index.")
    key: str = Field("", description="PEM file of the key that vouches for checkpoints; else one is made in DATA_DIR.")
    trust_list: str = Field("", description="The trust list that `serve` hands out: a file that the council signed.")
    pdf_roots: str = Field(
        "", description="PEM file of authorities; a PDF's own signature is called trusted if one of them certified it."
    )
    anchors_every_s: float = Field(
        60.0, description="How old a checkpoint must be before anchors alone make a new one.", ge=0
    )
    witnesses: str = Field(
        "", description="The file that names the witnesses of this verifier's checkpoints: addresses and keys."
    )
    witnesses_required: int = Field(
        0, description="How many of them must have seen a checkpoint before `serve` hands it out.", ge=0
    )
    limit_reading: int = Field(2400, description="How much one client may read in a minute; 0 is without limit.", ge=0)
    limit_verifying: int = Field(1200, description="How many verdicts one client may have in a minute; as above.", ge=0)
    limit_certificate: int = Field(
        6000, description="How many verdicts about one certificate may be had in a minute; as above.", ge=0
    )
    limit_misses: int = Field(
        100, description="How many short numbers of one client may lead nowhere in an hour; as above.", ge=0
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks, by commas, of the proxies in front of `serve`; they tell whom they serve.",
    )
    client_header: str = Field("X-Forwarded-For", description="The header in which trusted proxies tell it.")
    metrics_from: str = Field(
        "127.0.0.0/8,::1", description="Addresses or networks, by commas, that may read /metrics; empty: nobody."
    )
    audit_access: Literal["open", "password", "off"] = Field(
        "open", description="Who may read the auditor's pages under /audit: open, password or off."
    )
    audit_password: str = Field("", description="File whose first line is the password for /audit, where one is asked.")
    audit_anomalies: str = Field(
        "", description="TOML file of what the auditor's desk calls out of the ordinary; else the one that is shipped."
    )
    host: str = Field("127.0.0.1", description="Address that `serve` listens on.")
    port: int = Field(8002, description="Port that `serve` listens on.", ge=0, le=65535)
    log_level: str = Field("info", description="Least severe log line shown: debug, info, warning or error.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (pydantic-settings passes it by name)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (as above)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what the caller gives, then the environment, then the named file."""
        sources: list[PydanticBaseSettingsSource] = [init_settings, env_settings]
        variables, members = {*os.environ}, set[str]()
        if named := os.environ.get(PREFIX + "SETTINGS"):
            path = Path(named)
            if not path.is_file():
                raise InvalidInput(f"YINXIN_SETTINGS: got {named}, which is no file; wanted a dotenv or TOML file")
            if path.suffix == ".toml":
                toml = TomlConfigSettingsSource(settings_cls, path)
                members = {*toml.toml_data}
                sources.append(toml)
            else:
                dotenv = DotEnvSettingsSource(settings_cls, env_file=path, env_prefix=PREFIX)
                variables |= {*dotenv.env_vars}
                sources.append(dotenv)
        _require_well_spelt(variables, members, {*settings_cls.model_fields})
        return tuple(sources)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes' URLs; raises `InvalidInput` for what is none, without what may be a password before its host."""
        urls = tuple(url.strip() for url in self.rpc_urls.split(",") if url.strip())
        for url in urls:
            if not _is_address(url):
                got = repr(url.rpartition("@")[2][:80])
                raise InvalidInput(f"{PREFIX}RPC_URLS: got {got}, wanted http://HOST:PORT or https://HOST:PORT")
        return urls

    @property
    def pdf_authorities(self) -> Path | None:
        """The file of authorities for signatures of PDF files; raises `InvalidInput` where there is no such file."""
        if not self.pdf_roots:
            return None
        path = Path(self.pdf_roots).resolve()
        try:
            load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError) as exc:
            wanted = f"{PREFIX}PDF_ROOTS: got {self.pdf_roots}, wanted a PEM file of certificates"
            raise InvalidInput(f"{wanted}: {exc}") from exc
        return path

    @property
    def registry_address(self) -> bytes:
        """The Certificates contract's address; raises `InvalidInput`."""
        return _hex("REGISTRY", self.registry, _ADDRESS_BYTES, "the address of the Certificates contract")

    @property
    def pinned_registry_id(self) -> bytes | None:
        """The registry id to insist on; None takes what the contract says. Raises `InvalidInput`."""
        if not self.registry_id:
            return None
        return _hex("REGISTRY_ID", self.registry_id, _ID_BYTES, "the registry's id")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # No port has such a number, or the host is none.
        return False


def _hex(name: str, text: str, size: int, what: str) -> bytes:
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != size:
        got = repr(text[:80]) if text else "nothing"
        raise InvalidInput(f"{PREFIX}{name}: got {got}, wanted {what}, {2 * size} hexadecimal digits behind 0x")
    return value


def _require_well_spelt(variables: set[str], members: set[str], known: set[str]) -> None:
    """Refuse names that are nearly a setting's: they would be passed over in silence, and a default taken instead."""
    named = {name.upper(): name.upper().removeprefix(PREFIX).lower() for name in variables if _is_ours(name)}
    given = {name: field for name, field in named.items() if field not in known}
    given |= {name: name.lower().removeprefix(PREFIX.lower()) for name in members - known}
    for name, field in sorted(given.items()):
        for near in get_close_matches(field, known, n=1, cutoff=_NEARLY):
            wanted = near if name in members else PREFIX + near.upper()
            raise InvalidInput(
                f"settings: got {name}, which is none; wanted {wanted}, or nothing that is nearly called so"
            )


def _is_ours(variable: str) -> bool:
    return variable.upper().startswith(PREFIX)


_NEARLY = 0.8
"""How much of a name is that of another, by `difflib`; no two parts' settings are called so nearly the same."""


def open_settings() -> Settings:
    """Read the settings; raises `InvalidInput` naming what is wrong with them."""
    try:
        return Settings()
    except ValidationError as exc:
        faults = "; ".join(told(fault, name=PREFIX + str(fault["loc"][0]).upper()) for fault in exc.errors())
        raise InvalidInput(f"settings: {faults}") from exc
    except ValueError as exc:
        raise InvalidInput(f"{PREFIX}SETTINGS: got a file that cannot be read ({exc}), wanted dotenv or TOML") from exc


def described() -> list[tuple[str, str, str]]:
    """Return (variable, default, what it means) of every setting."""
    rows = [
        (PREFIX + name.upper(), str(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return [(PREFIX + "SETTINGS", "", "A dotenv or TOML file with any of the following."), *rows]
