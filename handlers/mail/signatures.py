"""Finds the signature under a message."""


def split_signature(text: str, *, sender_name: str = "") -> tuple[str, str]:
    """Split a message's own words from the signature below them: (text, signature)."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.rstrip() in {"--", "__"} or (sender_name and line.strip() == sender_name):
            return "\n".join(lines[:number]).rstrip(), "\n".join(lines[number:])
    return text, ""
