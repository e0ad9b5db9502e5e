"""Filters and an order from query parameters, by an allow-list."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, Optional, TypeVar, cast

from fastapi import Query as Parameter
from pydantic import Field

from oxyde.exceptions import FieldError
from oxyde.models.payloads.fit import FitsColumn
from oxyde.queries.lookups import leaves
from oxyde.queries.lookups.composite import ResolvedKey
from oxyde.queries.lookups.parse import resolve
from oxyde.queries.lookups.path_value import check_path
from oxyde.queries.names import names_of

if TYPE_CHECKING:
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.lookups.lookup import Resolved
    from oxyde.queries.query import Query

__all__ = ["Filters", "Selection"]

M = TypeVar("M")
R = TypeVar("R")

# Arguments that are not values of the field's own type.
_PYTHON: dict[type[Any], Any] = {
    leaves.Text: str,
    leaves.Search: str,
    leaves.Number: int,
    leaves.Date: dt.date,
    leaves.Time: dt.time,
    leaves.Flag: bool,
}
# The most values that a client can give for one parameter.
_MOST_VALUES = 100


@dataclass(frozen=True, slots=True)
class Selection(Generic[M]):
    """What a client asked for.

    Attributes:
        conditions: the values of lookups, by key: ``{"title__icontains": "x"}``.
        order: the terms of the order; empty if the client asked for none.
        default_order: the terms that are used then.
    """

    conditions: Mapping[str, object]
    order: tuple[str, ...] = ()
    default_order: tuple[str, ...] = ()

    def apply(self, query: QueryState[M, R]) -> Query[M, R]:
        """The rows of a query that the client asked for, in the order that it asked for. Without
        an order, and without a default one, that of the query stays.

        Args:
            query: the rows that the client may see.
        """
        made = query._copy()
        if self.conditions:
            made = made.filter(**self.conditions)
        order = self.order or self.default_order
        return made.order_by(*order) if order else made


class Filters(Generic[M]):
    """A dependency for filters and an order from query parameters. What is not listed is no
    parameter; values have the types of their fields, others are status 422::

        post_filters = Filters(
            Post,
            fields={"title": ["eq", "icontains"], "author__name": ["eq"], "stars": ["gte", "in"]},
            order=["created", "title"],
        )

        @app.get("/posts")
        async def posts(chosen: Annotated[Selection[Post], Depends(post_filters)]) -> …:
            return await chosen.apply(Post.objects)

    The parameters are ``title``, ``title__icontains``, …, and ``order`` (``-created``, several
    times for several terms). A list (``in``) is given by repeating its parameter; two values
    (``between``), too.

    Args:
        model: the model of the rows.
        fields: the lookups of each field or path; ``eq`` is equality.
        order: the fields and paths that may be ordered by, in both directions.
        default_order: the order if the client asks for none: any terms.

    Raises:
        FieldError: an unknown name, a secret field, or part of a JSON document.
        FieldLookupError: a lookup that the field does not have.
    """

    def __init__(
        self,
        model: type[M],
        *,
        fields: Mapping[str, Sequence[str]],
        order: Sequence[str] = (),
        default_order: Sequence[str] = (),
    ) -> None:
        self.model = model
        self._default_order = tuple(default_order)
        names = names_of(model)
        self._pairs: set[str] = set()
        parameters = []
        for path, lookups in fields.items():
            if isinstance(lookups, str):
                raise FieldError(
                    f"the lookups of `{path}` are a list, not {lookups!r}",
                    hint=f"write [{lookups!r}]",
                )
            for lookup in lookups:
                key = path if lookup in ("eq", "exact") else f"{path}__{lookup}"
                parameters.append(self._parameter(key, resolve(names, key)))
        if order:
            context = cast("Any", model).objects._context()
            for name in order:
                check_path(context, name.lstrip("-"))
            parameters.append(_order_parameter(order))
        # What FastAPI reads instead of the signature of `__call__`.
        self.__signature__ = inspect.Signature(parameters, return_annotation=Selection[Any])

    def __call__(self, **values: Any) -> Selection[M]:
        """What the client asked for."""
        order = values.pop("order", None) or ()
        conditions = {key: value for key, value in values.items() if value is not None}
        return Selection(conditions, tuple(order), self._default_order)

    def _parameter(self, key: str, resolved: Resolved) -> inspect.Parameter:
        label = f"`{resolved.label}`"
        if resolved.field.secret:
            raise FieldError(
                f"{label} is a secret, which a filter would tell bit by bit", hint="leave it out"
            )
        if isinstance(resolved, ResolvedKey):
            raise FieldError(
                f"{label} is a key of several columns, which has no form as a query parameter",
                hint=f"name them: {', '.join(each.key for each in resolved.columns)}",
            )
        if resolved.operand_type is None or resolved.argument_type is None:
            raise FieldError(f"{label} is part of a JSON document, whose values have no type")
        value, leaf = _value_of(resolved), resolved.spec.leaf
        listed: Any = list
        described = Parameter(None, description=f"`{key}`")
        if leaf is leaves.List:
            value = Annotated[listed[value], Field(max_length=_MOST_VALUES)]
        elif leaf is leaves.Pair:
            value = Annotated[listed[value], Field(min_length=2, max_length=2)]
        elif leaf not in _PYTHON and leaf is not leaves.Value:
            raise FieldError(f"{label} {resolved.spec.name} has no form as a query parameter")
        return inspect.Parameter(
            key,
            inspect.Parameter.KEYWORD_ONLY,
            default=described,
            annotation=Optional[value],  # noqa: UP045
        )


def _value_of(resolved: Resolved) -> Any:
    """The type of a parameter's value."""
    known = _PYTHON.get(resolved.spec.leaf)
    if known is not None:
        return known
    if resolved.part is not None or resolved.operand_type != resolved.field.column_type:
        # A part of a date is a number.
        return int
    return Annotated[resolved.field.python_type, FitsColumn(resolved.field.column_type)]


def _order_parameter(order: Sequence[str]) -> inspect.Parameter:
    names = [name.lstrip("-") for name in order]
    terms = [term for name in names for term in (name, f"-{name}")]
    annotation: Any = list[Literal[tuple(terms)]]  # type: ignore[misc]
    return inspect.Parameter(
        "order",
        inspect.Parameter.KEYWORD_ONLY,
        default=Parameter(
            None, max_length=len(names), description="Terms of the order; `-` for largest first"
        ),
        annotation=Optional[annotation],  # noqa: UP045
    )
