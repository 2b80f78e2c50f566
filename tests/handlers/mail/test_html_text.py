"""HTML as a person sees it, and what was hidden from them."""

import pytest

from handlers.mail.hidden import split_invisible
from handlers.mail.html_text import is_bottomless, read_html


def test_blocks_lines_and_lists_are_laid_out() -> None:
    read = read_html(
        "<p>Dear Ann,</p><p>two<br>lines</p><ul><li>one<li>two</ul><table><tr><td>a</td><td>b</td></tr></table>"
    )

    assert read.visible.splitlines() == ["Dear Ann,", "", "two", "lines", "", "* one", "* two", "", "a b"]


def test_quotes_are_marked_as_in_plain_text() -> None:
    assert read_html("new<blockquote>old<blockquote>older</blockquote></blockquote>").visible.split("\n") == [
        "new", "", "> old", ">", ">> older"]  # fmt: skip


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display:none">secret</div>',
        '<span style="font-size:0px">secret</span>',
        '<span style="color:#fff">secret</span>',
        '<div bgcolor="#000000"><font color="black">secret</font></div>',
        '<div style="max-height:0;overflow:hidden">secret</div>',
        '<p style="opacity: 0">secret</p>',
        "<p hidden>secret</p>",
        "<style>.gone{display:none}</style><p class='gone'>secret</p>",
        '<p style="position:absolute;left:-9999px">secret</p>',
    ],
)
def test_hidden_words_are_kept_apart(hidden: str) -> None:
    read = read_html(f"<body><p>seen</p>{hidden}</body>")

    assert read.visible == "seen"
    assert read.hidden == "secret"


@pytest.mark.parametrize(
    "shown",
    [
        '<p style="font-size:10px">seen</p>',
        '<table><tr><td bgcolor="#003366"><font color="#ffffff">seen</font></table>',
        '<p style="background:url(x.png);color:white">seen</p>',
        "<style>@media print{.gone{display:none}}</style><p class='gone'>seen</p>",
        '<p style="color:#111;background:#fff">seen</p>',
        '<div style="font-size:0px"><div style="font-size:14px">seen</div></div>',
    ],
)
def test_what_can_be_seen_is_not_called_hidden(shown: str) -> None:
    read = read_html(shown)

    assert read.visible == "seen"
    assert read.hidden == ""


def test_scripts_styles_and_comments_are_no_words() -> None:
    assert read_html("a<script>b</script><style>c</style><!-- d --><title>e</title>f").visible == "af"


def test_html_without_a_bottom_is_read_without_its_tree() -> None:
    deep = "<div>" * 100_000 + "words &amp; more"

    assert is_bottomless(deep)
    assert read_html(deep).visible == "words & more"
    assert read_html("<div>" * 300 + "words").visible == "words"


def test_characters_nobody_sees_go_and_are_said() -> None:
    tagged = "hello" + "".join(chr(0xE0000 + ord(letter)) for letter in "obey")

    assert split_invisible(tagged) == ("hello", ["hidden_text"])
    assert split_invisible("pay\u202etfeL") == ("paytfeL", ["bidi_control"])
    assert split_invisible("soft\u00adhyphen\ufeff") == ("softhyphen", [])
    assert split_invisible("\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f")[1] == []
