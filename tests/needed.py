"""What a test needs from the machine: on a laptop its absence skips the test, on the build server it fails."""

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip this test, or fail it where UNDERSTUDY_REQUIRE=all promises that everything is there."""
    if os.environ.get("UNDERSTUDY_REQUIRE") == "all":
        pytest.fail(f"{what}, and UNDERSTUDY_REQUIRE=all wants it")
    pytest.skip(what)
