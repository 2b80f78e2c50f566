"""What all tests stand on: no proxies, no settings from outside, and one place that says what may be missing."""

import os
from pathlib import Path

import pytest

from tests.needed import missing

ROOT = Path(__file__).resolve().parents[1]

_PROXIES = {"http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy"}


def _from_outside(name: str) -> bool:
    """Whether this variable would reach into the tests: a proxy, a secret, or a value of understudy.toml."""
    ours = name.startswith("UNDERSTUDY_") and "__" in name
    return ours or name.lower() in _PROXIES or name.startswith(("SLACK_", "OPENAI_"))


for _name in [name for name in os.environ if _from_outside(name)]:
    del os.environ[_name]


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The third-party corpora; without them the test is skipped, or fails where everything is required."""
    folder = Path(os.environ.get("UNDERSTUDY_CORPORA") or ROOT.parent / "shared" / "corpora")
    if not (folder / "README.md").exists():
        missing("the corpora are not here; set UNDERSTUDY_CORPORA")
    return folder
