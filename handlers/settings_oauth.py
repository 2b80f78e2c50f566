"""Signing in to the mailbox by token: what `[mail] oauth` may hold, and what is known of the usual providers."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict

from handlers.settings_values import Wrong, is_loopback
from prompts.heads import listed, nearest

KEYS = ("provider", "client_id", "tenant", "device_url", "authorize_url", "token_url", "scopes")
CURE = 'Write oauth = { provider = "microsoft", client_id = "…" }; the client id is that of an app you registered there.'


@dataclass(frozen=True)
class _Provider:
    token_url: str
    scopes: tuple[str, ...]
    device_url: str = ""
    authorize_url: str = ""


PROVIDERS = {
    "microsoft": _Provider(
        device_url="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode",
        token_url="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106  an address
        scopes=(
            "https://outlook.office.com/IMAP.AccessAsUser.All",
            "https://outlook.office.com/SMTP.Send",
            "offline_access",
        ),
    ),
    # Google gives no mail scope by device code (its list of scopes for that flow has none), so a browser it is.
    "google": _Provider(
        authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106  an address
        scopes=("https://mail.google.com/",),
    ),
}


class OAuth(BaseModel):
    """Where to sign in and as which app. With a `device_url` it is done by a code (RFC 8628), else in a browser."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str
    client_id: str
    token_url: str
    device_url: str = ""
    authorize_url: str = ""
    scopes: tuple[str, ...]


def read_oauth(value: Any) -> OAuth | None:
    """The table as TOML has it, or its text as an environment variable has it. Wrong: it cannot be used."""
    if value is None or isinstance(value, OAuth):
        return value
    if isinstance(value, str):
        try:
            value = tomllib.loads(f"oauth = {value}")["oauth"]
        except tomllib.TOMLDecodeError as error:
            raise Wrong("is no table", CURE) from error
    if not isinstance(value, Mapping):
        raise Wrong("is no table", CURE)
    for key in value:
        if key not in KEYS:
            raise Wrong(f"holds {key!r}, which is not known", f"Known: {listed(KEYS)}.{nearest(str(key), KEYS)}")
    for key in KEYS[:-1]:
        if not isinstance(value.get(key, ""), str):
            raise Wrong(f"has a `{key}` that is no text", CURE)
    name = value.get("provider", "").strip().lower()
    if name and name not in PROVIDERS:
        raise Wrong(
            f"names the provider {name!r}, which is not known",
            f"Known: {listed(tuple(PROVIDERS))}; for another leave `provider` out and give device_url, token_url and scopes.",
        )
    if not value.get("client_id", "").strip():
        raise Wrong("has no `client_id`", CURE)
    preset = PROVIDERS.get(name)
    tenant = quote(value.get("tenant", "").strip() or "organizations", safe=".-")
    urls = {
        key: str(value.get(key, "")).strip() or (getattr(preset, key).format(tenant=tenant) if preset else "")
        for key in ("device_url", "authorize_url", "token_url")
    }
    for key, url in urls.items():
        _check(key, url)
    if not urls["token_url"] or not (urls["device_url"] or urls["authorize_url"]):
        raise Wrong("says not where to sign in", "Give `provider`, or device_url, token_url and scopes.")
    scopes = _scopes(value.get("scopes")) or (preset.scopes if preset else ())
    if not scopes:
        raise Wrong("names no `scopes`", "Give the ones your provider wants for IMAP and SMTP.")
    host = urlsplit(urls["token_url"]).hostname or ""
    return OAuth(provider=name or host, client_id=value["client_id"].strip(), scopes=scopes, **urls)


def _check(key: str, url: str) -> None:
    if not url:
        return
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not safe or not parts.hostname:
        raise Wrong(f"has a `{key}` that does not begin with https://", "Write the provider's own https address.")


def _scopes(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    given = value.split() if isinstance(value, str) else value
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) and one.strip() for one in given):
        raise Wrong("has `scopes` that are no list of texts", 'Write scopes = ["…", "…"].')
    return tuple(one.strip() for one in given)


OAuthTable = Annotated[OAuth | None, BeforeValidator(read_oauth)]
