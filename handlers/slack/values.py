"""What a button carries and a window remembers: written by views, read back by listeners, checked by shape."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.questions import Press, Stamp


class Unreadable(ValueError):
    """What came in does not have the shape we wrote, or that Slack documents."""


class _Compact(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="ignore")

    def write(self) -> str:
        return self.model_dump_json(by_alias=True, exclude_defaults=True)

    @classmethod
    def read(cls, text: str) -> Self:
        """Unreadable: not what `write` gives."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise Unreadable(
                f"a button's value has an unknown shape ({error.error_count()} errors)"
            ) from error


class Value(_Compact):
    """A button's value: the card, draft, revision and digest that were seen, or the row it is about."""

    press: Press | None = Field(default=None, validation_alias="p", serialization_alias="p")
    """Only in menus, where one action id serves several presses."""
    card: int = Field(default=0, validation_alias="c", serialization_alias="c")
    draft: int = Field(default=0, validation_alias="d", serialization_alias="d")
    revision: int = Field(default=0, validation_alias="r", serialization_alias="r")
    digest: str = Field(default="", validation_alias="g", serialization_alias="g", max_length=100)
    subject: int = Field(default=0, validation_alias="i", serialization_alias="i")

    @property
    def stamp(self) -> Stamp:
        return Stamp(self.card, self.draft, self.revision, self.digest)


def value_of(stamp: Stamp, *, press: Press | None = None) -> str:
    return Value(
        press=press, card=stamp.card, draft=stamp.draft, revision=stamp.revision, digest=stamp.digest
    ).write()


def value_about(subject: int, *, press: Press | None = None) -> str:
    return Value(press=press, subject=subject).write()


class Memory(_Compact):
    """A window's private_metadata: what it is about, where the answer goes, and how a parted text is joined again."""

    press: Press = Field(validation_alias="p", serialization_alias="p")
    value: Value = Field(default_factory=Value, validation_alias="v", serialization_alias="v")
    place: str = Field(default="", validation_alias="c", serialization_alias="c")
    thread: str = Field(default="", validation_alias="t", serialization_alias="t")
    page: int = Field(default=0, validation_alias="n", serialization_alias="n", ge=0)
    parts: int = Field(default=1, validation_alias="k", serialization_alias="k", ge=1)
    """How many inputs hold the text."""
    joints: str = Field(default="", validation_alias="j", serialization_alias="j")
    """What stood between them: p paragraph, n line break, s space, - nothing."""
