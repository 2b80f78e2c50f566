"""Text sent as format=flowed (RFC 3676) put back into the paragraphs its writer wrote."""


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Join lines that end in a space with the next line of the same quote depth; undo space stuffing.

    The signature separator ("-- ") is never joined. `delete_space` is the DelSp parameter.
    """
    out: list[str] = []
    held, held_depth = "", -1
    for line in text.replace("\r\n", "\n").split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if held_depth >= 0 and (depth != held_depth or content == "-- "):
            out.append(_quoted(held.rstrip(" "), held_depth))
            held, held_depth = "", -1
        if content == "-- " or not content.endswith(" "):
            out.append(_quoted(held + content, depth))
            held, held_depth = "", -1
        else:
            held += content[:-1] if delete_space else content
            held_depth = depth
    if held_depth >= 0:
        out.append(_quoted(held.rstrip(" "), held_depth))
    return "\n".join(out)


def _quoted(text: str, depth: int) -> str:
    return f"{'>' * depth} {text}" if depth else text
