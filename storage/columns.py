"""How our rows spell choices, JSON and names, the same on SQLite and PostgreSQL."""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Enum
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

JsonType = JSON().with_variant(JSONB(), "postgresql")


def choice(kind: type[StrEnum], default: StrEnum | None = None, **more: Any) -> Any:
    """A column that holds one value of `kind`; the database itself refuses any other (CHECK)."""
    column = Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=24,
        name=kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )
    if default is None:
        return Field(sa_type=column, **more)
    return Field(default=default, sa_type=column, **more)


def json_list() -> Any:
    """A JSON column that starts as an empty list."""
    return Field(default_factory=list, sa_type=JsonType)


def json_object() -> Any:
    """A JSON column that starts as an empty object."""
    return Field(default_factory=dict, sa_type=JsonType)
