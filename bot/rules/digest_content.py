"""A digest as JSON and back, so that it stays what it was in the morning."""

import json
from dataclasses import asdict
from typing import Any

from bot.questions import Count, Digest, FiledLine, Row, Verb


def digest_as_content(digest: Digest) -> dict[str, Any]:
    """A digest as JSON, to be kept as it was in the morning."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(digest)))
    return plain


def digest_from(content: dict[str, Any]) -> Digest:
    """The digest that `digest_as_content` kept."""
    rest = {k: v for k, v in content.items() if k not in {"needs", "filed", "counts", "handled", "leaving", "warnings"}}
    return Digest(
        **rest,
        needs=tuple(Row(**{**row, "verb": Verb(row["verb"])}) for row in content["needs"]),
        filed=tuple(FiledLine(**row) for row in content["filed"]),
        counts=tuple(Count(**row) for row in content["counts"]),
        handled=tuple(str(line) for line in content["handled"]),
        leaving=tuple(str(line) for line in content["leaving"]),
        warnings=tuple(str(line) for line in content["warnings"]),
    )
