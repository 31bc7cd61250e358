"""What an operator can set, from environment variables or one file."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from chain.errors import InvalidInput
from issuer.errors import SettingMissing

PREFIX = "YINXIN_"
_CREDENTIALS = re.compile(r"(?<=://)(?:(?!,\s*[a-z][a-z0-9+.-]*://)\S)*@")
"""What an address has before its host: a name, perhaps with a password, which may have commas and at signs, too."""


class Settings(BaseSettings):
    """Each field is set by `YINXIN_<NAME>`, or by a dotenv or TOML file that `YINXIN_SETTINGS` names.

    The environment wins over the file. A dotenv file has the variables' full names, a TOML file the fields' names.
    A name that is nearly one of these is refused; others may be another part's, which shares environment or file.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, allow_inf_nan=False)

    rpc_urls: str = Field("http://127.0.0.1:8545", description="Nodes of the chain, separated by commas.")
    registry: str = Field("", description="Address of the Certificates contract (0x…), which names the others.")
    registry_id: str = Field("", description="The registry's id in hex; refuses any other registry if set.")
    chain_id: int = Field(0, description="The chain's id; 0 takes the profile's.")
    profile: str = Field("anvil", description="Which kind of chain it is: finality, fees, log ranges.")
    max_head_age_s: int = Field(
        0, description="Seconds after which a node's newest block is too old; 0 takes the profile's.", ge=0
    )
    database_url: str = Field(
        "sqlite:///var/issuer.db",
        description="The issuer's own database: sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE.",
    )
    keystore: Path = Field(Path("var/keystore"), description="Folder with officers', senders' and document keys.")
    keystore_password_file: Path = Field(
        Path("var/keystore/password"), description="File with the password of the keys in the folder."
    )
    verifying_host: str = Field("127.0.0.1:8002", description="Host (and port) that a code's URL and the paper name.")
    issuer_did: str = Field(
        "did:web:127.0.0.1%3A8001",
        description="This service's did:web; an agency's is this with `:agencies:ID` behind.",
    )
    data_dir: Path = Field(Path("var/issuer"), description="Folder for locks.")
    sender: str = Field("issuer", description="Name of the sending account's key in the keystore folder.")
    agency: str = Field("", description="Number or credit code of the agency that imports without `--by` are for.")
    type_codes: str = Field(
        "",
        description="National type codes for types shipped with a placeholder: `identifier=21 characters`, by commas.",
    )
    light_keys: bool = Field(
        default=False, description="Make officers' keys that open in milliseconds; for demonstrations only."
    )
    approval_blocks: int = Field(300_000, description="For how many blocks officers' signatures count.", gt=0)
    undo_minutes: int = Field(
        0, description="For how many minutes an approved batch can be recalled before it is anchored.", ge=0, le=30
    )
    seal_timeout_s: float = Field(120, description="How long to wait for a transaction to become final.", gt=0)
    poll_s: float = Field(0.25, description="How often to look for a receipt.", gt=0)
    worker: bool = Field(
        default=True,
        description="Whether `serve` seals, makes documents and does tasks, too; off where `yinxin-issuer work` does.",
    )
    host: str = Field("127.0.0.1", description="Address that `serve` listens on.")
    port: int = Field(8001, description="Port that `serve` listens on.", ge=0, le=65535)
    public_url: str = Field(
        "", description="Address at which people reach the pages: https://HOST. http://localhost:PORT if left out."
    )
    passkey_host: str = Field("", description="Host that passkeys answer to, if not the public URL's own.")
    passkey_origins: str = Field("", description="Origins that passkeys are used at, by commas, if several are.")
    light_passwords: bool = Field(
        default=False, description="Check people's passwords in no time; for demonstrations only."
    )
    oidc_issuer: str = Field("", description="An OpenID Connect provider by which people may sign in as well.")
    oidc_name: str = Field("OpenID Connect", description="What that provider is called on the pages.")
    oidc_client_id: str = Field("", description="This service's client id at that provider.")
    oidc_client_secret_file: Path | None = Field(None, description="File with the client secret at that provider.")
    oidc_login_claim: str = Field("preferred_username", description="The claim that holds the login name.")
    oidc_scope: str = Field("openid profile", description="What is asked of that provider.")
    webhook_networks: str = Field(
        "",
        description="Networks that webhooks may be sent to though they are not on the public Internet, by commas: "
        "10.1.0.0/16. With 127.0.0.0/8 among them, this machine is also called without TLS; for tests.",
    )
    reconcile_hour: int = Field(
        3,
        description="Hour of the day in China at which the worker reconciles database, chain and documents; -1 never.",
        ge=-1,
        le=23,
    )
    alert_mail: str = Field(
        "",
        description="Who is told by e-mail of records of the registry that nobody here queued, and of what is new in "
        "reconciliations: `AGENCY=ADDRESS` with the agency's number, or `*` for all, by commas.",
    )
    smtp_host: str = Field("", description="The mail server that takes those messages.")
    smtp_port: int = Field(587, description="Its port.", gt=0, le=65535)
    smtp_security: str = Field(
        "starttls",
        description="How the connection is protected: starttls, tls, or none (on this machine only).",
        pattern="^(starttls|tls|none)$",
    )
    smtp_user: str = Field("", description="The name to sign in with there, if it wants one.")
    smtp_password_file: Path | None = Field(None, description="File with the password for that name.")
    smtp_from: str = Field("", description="The address that messages come from.")
    max_upload_bytes: int = Field(25_000_000, description="Largest body that `serve` accepts.", gt=0)
    log_level: str = Field(
        "warning",
        description="Least severe log line shown: debug, info, warning or error.",
        pattern="^(?i:debug|info|warning|error|critical)$",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 — pydantic-settings passes it by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 — as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what the caller gives, then the environment, then the named file."""
        sources: list[PydanticBaseSettingsSource] = [init_settings, env_settings]
        variables, members = {*os.environ}, set[str]()
        if named := os.environ.get(PREFIX + "SETTINGS"):
            path = Path(named)
            if not path.is_file():
                msg = f"YINXIN_SETTINGS: got {named}, which is no file; wanted a dotenv or TOML file"
                raise SettingMissing(msg)
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
        """The nodes' URLs."""
        return tuple(url.strip() for url in self.rpc_urls.split(",") if url.strip())


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
        faults = "; ".join(
            f"{PREFIX}{str(error['loc'][0]).upper()}: got «{error['input']}»: {error['msg']}" for error in exc.errors()
        )
        raise InvalidInput(f"settings: {faults}") from exc


def without_credentials(addresses: str) -> str:
    """Return addresses as they may be shown: without the name and password before the host."""
    return _CREDENTIALS.sub("…@", addresses)


def described() -> list[tuple[str, str, str]]:
    """Return (variable, default, what it means) of every setting, for `--help` and `settings`."""
    rows = [
        (PREFIX + name.upper(), str(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return [(PREFIX + "SETTINGS", "", "A dotenv or TOML file with any of the following."), *rows]
