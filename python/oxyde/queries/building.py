"""The verbs that build a query. Each gives a new Query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, overload

from oxyde.db.registry import resolve
from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries.base import Conditional, Expression
from oxyde.queries.columns import hint_for
from oxyde.queries.comparison import Holds
from oxyde.queries.expressions import check_path
from oxyde.queries.filtering import Filtering
from oxyde.queries.names import Names, names_of, part_of_path
from oxyde.queries.ordering import OrderBy, term_of
from oxyde.queries.related import groups_rows
from oxyde.queries.state import M, R

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.db.executor import Executor
    from oxyde.queries.cte import Rows
    from oxyde.queries.ordering import Term
    from oxyde.queries.prefetch import Prefetch
    from oxyde.queries.query import Query

__all__ = ["Building"]

S = TypeVar("S")


class Building(Filtering[M, R]):
    """order_by, join and all the others, besides those that filter."""

    def _place(self, using: str | None, client: Executor | None, *, write: bool = True) -> Executor:
        """Where the query runs: as the verb says, else as the query does."""
        if using is None and client is None:
            using, client = self._using, self._client
        return resolve(using, client, write=write)

    def order_by(self, *terms: str | Expression | OrderBy | Callable[[M], Any]) -> Query[M, R]:
        """The order of the rows, in place of any before; without terms none.

        Args:
            terms: fields and paths (``"-created_at"`` for largest first), ``"?"`` for a random
                order, expressions (``F("age").desc(nulls_last=True)``), or a function from the
                model to one.

        Raises:
            FieldError: an unknown name.
        """
        made = self._copy()
        if not self._annotations:
            seen = self._names.terms
            known = [seen.get(term) if isinstance(term, str) else None for term in terms]
            if all(known):
                made._order = cast("tuple[Term, ...]", tuple(known))
                return made
        context = self._context(grouping=self._groups())
        items: list[Any] = []
        for term in terms:
            if callable(term) and not isinstance(term, Expression | OrderBy):
                from oxyde.queries.typed import record_terms

                items.extend(record_terms(self._names, term))
            else:
                items.append(term)
        made._order = tuple([term_of(context, item) for item in items])
        return made

    def limit(self, count: int | None) -> Query[M, R]:
        """At most so many rows; None for all."""
        made = self._copy()
        made._limit = _natural("limit", count)
        return made

    def offset(self, count: int | None) -> Query[M, R]:
        """Leave out so many rows first."""
        made = self._copy()
        made._offset = _natural("offset", count)
        return made

    def _slice(self, item: slice) -> Query[M, R]:
        if item.step is not None:
            raise OxydeError("a query takes no slice with a step", hint="use [start:stop]")
        start = _natural("the start of a slice", item.start) or 0
        stop = _natural("the end of a slice", item.stop)
        made = self._copy()
        made._offset = (self._offset or 0) + start or None
        left = None if self._limit is None else max(self._limit - start, 0)
        asked = None if stop is None else max(stop - start, 0)
        made._limit = min((each for each in (left, asked) if each is not None), default=None)
        return made

    def distinct(self, *fields: str, on: str | Sequence[str] = ()) -> Query[M, R]:
        """Equal rows once.

        Args:
            fields: the first row for each value of these (PostgreSQL); `on` is the same.
        """
        self._check_single("distinct")
        names = (*fields, *((on,) if isinstance(on, str) else on))
        for name in names:
            check_path(self._context(), name)
        made = self._copy()
        made._distinct = names or True
        return made

    @overload
    def select(self, function: Callable[[M], S], /) -> Query[M, S]: ...
    @overload
    def select(self, *columns: str) -> Query[M, tuple[Any, ...]]: ...
    def select(self, *columns: Any) -> Query[M, Any]:
        """Some columns as tuples: names, paths, annotations, or a function from the model to a
        tuple of its fields, which types the rows (``select(lambda u: (u.id, u.name))``)."""
        if len(columns) == 1 and callable(columns[0]) and not isinstance(columns[0], Expression):
            from oxyde.queries.typed import record_columns

            return record_columns(self, columns[0])
        return self.values_list(*columns)

    def values(self, *fields: str, **expressions: Expression) -> Query[M, dict[str, Any]]:
        """Rows as dicts.

        Args:
            fields: names, paths and annotations; all columns and annotations if none is given.
            expressions: further ones under a name, as in annotate().

        Raises:
            FieldError: an unknown name.
        """
        return self._rows("dict", fields, expressions)

    @overload
    def values_list(
        self, *fields: str, flat: Literal[False] = False, named: Literal[False] = False
    ) -> Query[M, tuple[Any, ...]]: ...
    @overload
    def values_list(
        self, *fields: str, flat: bool = False, named: bool = False
    ) -> Query[M, Any]: ...
    def values_list(self, *fields: str, flat: bool = False, named: bool = False) -> Query[M, Any]:
        """Rows as tuples.

        Args:
            fields: as for `values`.
            flat: the single field's values instead of tuples of one.
            named: named tuples.

        Raises:
            FieldError: an unknown name, or `flat` with other than one field.
        """
        if flat and named:
            raise FieldError("flat and named exclude each other")
        if flat and len(fields) != 1:
            raise FieldError(
                f"values_list(flat=True) takes one field, not {len(fields)}",
                hint='write values_list("id", flat=True)',
            )
        return self._rows("flat" if flat else "named" if named else "tuple", fields, {})

    def into(
        self, row: type[S], /, **columns: str | Expression | Callable[[M], Any]
    ) -> Query[M, S]:
        """Rows as objects of a class: ``into(PostRow, author_name="author__name")``.

        The class is a dataclass (frozen or with slots, too), a named tuple, a TypedDict, a
        Pydantic model without a table (which validates the values), or any other class whose
        parameters are named. Each of its fields gets the column, path or annotation of its name.

        Args:
            row: the class.
            columns: where a field comes from that has another name: a path, or an expression.

        Raises:
            FieldError: a field that is no column, one that the class does not have, or a class
                that does not name its fields.
        """
        from oxyde.queries.into import into

        self._check_single("into")
        return into(self, row, columns)

    def _rows(
        self, row: Any, fields: tuple[str, ...], expressions: dict[str, Expression]
    ) -> Query[M, Any]:
        self._check_single("values")
        made: Query[M, Any] = self.annotate(**expressions) if expressions else self._copy()
        names = fields + tuple(expressions) if fields or expressions else None
        for name in fields:
            if not isinstance(name, str):
                raise FieldError(
                    f"values() takes the names of fields, not {name!r:.80}",
                    hint="give an expression a name: values(total=…)",
                )
            if name not in made._annotations:
                check_path(made._context(), name)
        made._row = row
        made._fields = names
        return made

    def annotate(
        self,
        *functions: Callable[[M], Mapping[Any, Any]],
        **expressions: Expression | Callable[[M], Any],
    ) -> Query[M, R]:
        """Further values for each row, by name.

        An aggregate over a relation (``posts=Count("posts")``) is computed for each row; one over
        the row's own fields needs group_by(), or values() before.

        Raises:
            FieldError: the name is a field's, or names or types in an expression do not fit.
        """
        self._check_single("annotate")
        made = self._copy()
        for function in functions:
            from oxyde.queries.typed import record_mapping

            expressions = {**record_mapping(self._names, function), **expressions}
        annotations = dict(self._annotations)
        for name, expression in expressions.items():
            item = expression
            if not isinstance(item, Expression) and callable(item):
                from oxyde.queries.typed import record

                item = record(self._names, item)
            if isinstance(item, Conditional) and not isinstance(item, Expression):
                item = Holds(item)
            if not isinstance(item, Expression):
                raise FieldError(
                    f"annotate({name}=…) takes an expression, not {item!r:.80}",
                    hint=f"for a constant: {name}=Value(…)",
                )
            self._check_name(name)
            made._annotations = annotations
            context = made._context(grouping=True)
            annotations[name] = context.annotation(name, item, groups_rows)
        made._annotations = annotations
        if self._row not in ("model", "object") and self._fields is not None:
            made._fields = self._fields + tuple(
                name for name in expressions if name not in self._fields
            )
        return made

    def _check_name(self, name: str) -> None:
        meta = self._names.meta
        taken = name in meta.field_metadata or name in meta.relations
        if taken and self._row == "model" and self._group_by is None:
            raise FieldError(
                f"`{self._names.label}` has a field `{name}`: an annotation needs another name"
            )
        if "__" in name:
            raise FieldError(f"the name of an annotation has no `__`: `{name}`")

    def group_by(self, *fields: str) -> Query[M, dict[str, Any]]:
        """One row for each value of these, with the aggregates of annotate(), as dicts.

        Raises:
            FieldError: an unknown name.
        """
        self._check_single("group_by")
        for name in fields:
            if name not in self._annotations:
                check_path(self._context(), name)
        made: Query[M, Any] = self._copy()
        made._group_by = (*(self._group_by or ()), *fields)
        if made._row == "model":
            made._row = "dict"
        return made

    def join(self, *paths: str) -> Query[M, R]:
        """Load the rows that foreign keys refer to in the same query: ``join("author__company")``.

        Raises:
            FieldError: an unknown name, or a relation to many rows.
        """
        for path in paths:
            names = self._names
            for segment in path.split("__"):
                hop = names.hop(segment, part_of_path(path, self._names.label))
                if hop.many:
                    raise FieldError(
                        f"`{names.label}.{segment}` has many rows, which join() cannot load"
                        + part_of_path(path, self._names.label),
                        hint=f'use prefetch("{path}")',
                    )
                names = names_of(hop.target.model)
        made = self._copy()
        made._joins = (*self._joins, *(path for path in paths if path not in self._joins))
        return made

    def prefetch(self, *paths: str | Prefetch) -> Query[M, R]:
        """Load related rows with one further query per level: ``prefetch("posts__tags")``.

        Args:
            paths: relations, or `Prefetch` for a filtered or ordered query.

        Raises:
            FieldError: an unknown name, or two queries for one relation.
        """
        from oxyde.queries.prefetch import as_prefetch, check_levels

        made = self._copy()
        made._prefetches = (*self._prefetches, *(as_prefetch(self._names, p) for p in paths))
        check_levels(self._names, made._prefetches)
        return made

    def only(self, *fields: str) -> Query[M, R]:
        """Load only these fields (and the key); touching another is an error.

        Raises:
            FieldError: an unknown name.
        """
        self._check_single("only")
        wanted = {self._names.field(name).name for name in fields} | set(self._names.primary_key)
        made = self._copy()
        made._only = tuple([name for name in self._names.fields if name in wanted])
        return made

    def defer(self, *fields: str) -> Query[M, R]:
        """Load all fields but these; touching one of them is an error.

        Raises:
            FieldError: an unknown name.
        """
        self._check_single("defer")
        left_out = {self._names.field(name).name for name in fields} - set(self._names.primary_key)
        loaded = self._names.fields if self._only is None else self._only
        made = self._copy()
        made._only = tuple([name for name in loaded if name not in left_out])
        return made

    def strict(self) -> Query[M, R]:
        """Touching a relation that was not loaded is an error that names the fix; also on the
        rows that prefetch() and join() load."""
        made = self._copy()
        made._strict = True
        return made

    def for_update(
        self, *, nowait: bool = False, skip_locked: bool = False, of: Sequence[str] = ()
    ) -> Query[M, R]:
        """Lock the rows against others until the transaction ends.

        Args:
            nowait: fail at once where another holds a row.
            skip_locked: leave out rows that another holds.
            of: lock only the rows of these: "self", or joined relations.

        Raises:
            OxydeError: `nowait` and `skip_locked` together.
        """
        return self._locked("update", nowait, skip_locked, of)

    def for_share(
        self, *, nowait: bool = False, skip_locked: bool = False, of: Sequence[str] = ()
    ) -> Query[M, R]:
        """Lock the rows against writers until the transaction ends.

        Args and Raises: as for `for_update`.
        """
        return self._locked("share", nowait, skip_locked, of)

    def _locked(
        self, strength: str, nowait: bool, skip_locked: bool, of: Sequence[str]
    ) -> Query[M, R]:
        if nowait and skip_locked:
            raise OxydeError("nowait and skip_locked exclude each other")
        names = (of,) if isinstance(of, str) else tuple(of)
        for name in names:
            if name != "self" and name not in self._joins:
                raise FieldError(
                    f"of={name!r}: only joined relations of `{self._names.label}` can be named",
                    hint=_lockable(self._names, self._joins, name),
                )
        made = self._copy()
        wait = "no_wait" if nowait else "skip_locked" if skip_locked else "wait"
        made._lock = (strength, wait, names)
        return made

    def union(self, *others: Query[Any, Any], all: bool = False) -> Query[M, R]:
        """The rows of this query and of others, equal rows once (unless `all`)."""
        return self._compound("union_all" if all else "union", others)

    def union_all(self, *others: Query[Any, Any]) -> Query[M, R]:
        """The rows of this query and of others."""
        return self._compound("union_all", others)

    def intersect(self, *others: Query[Any, Any]) -> Query[M, R]:
        """The rows that this query and the others have in common."""
        return self._compound("intersect", others)

    def except_(self, *others: Query[Any, Any]) -> Query[M, R]:
        """The rows of this query that the others do not have."""
        return self._compound("except", others)

    def _compound(
        self, operator: _ir.SetOperator, others: tuple[Query[Any, Any], ...]
    ) -> Query[M, R]:
        from oxyde.queries.compound import check_compound

        if (self._order or self._limit is not None or self._offset is not None) and not (
            self._compounds
        ):
            raise OxydeError(
                "the first query of a union has an order or limit of its own",
                hint="order and limit the whole: first.union(second).order_by(…).limit(…)",
            )
        made = self._copy()
        for other in others:
            check_compound(self, other)
            made._compounds = (*made._compounds, (operator, other))
        return made

    def join_cte(self, cte: Rows, *, left: bool = False, **pairs: str) -> Query[M, R]:
        """Join the rows of a CTE, whose columns expressions may then name (`cte.column`).

        Args:
            cte: a `CTE`, or inside its recursive part what that was given.
            left: keep rows without a partner.
            pairs: fields and the columns of the CTE that they equal (``parent_id="id"``).

        Raises:
            FieldError: an unknown name, or no pair.
        """
        from oxyde.queries.cte import CTE, CTEJoin

        if not pairs:
            raise FieldError(
                "join_cte() needs a field and a column of the CTE: join_cte(tree, id=…)"
            )
        self._check_single("join_cte")
        for field, name in pairs.items():
            self._names.field(field)
            cte.column(name)
        if cte.name == self._names.meta.table_name:
            raise FieldError(f"the CTE `{cte.name}` has the name of the query's own table")
        made = self._copy()
        made._cte_joins = (*self._cte_joins, CTEJoin(cte, pairs, left=left))
        if isinstance(cte, CTE) and cte not in self._ctes:
            made._ctes = (*self._ctes, cte)
        return made

    def using(self, name: str) -> Query[M, R]:
        """Run on the database of this name."""
        made = self._copy()
        made._using = name
        return made

    def client(self, executor: Executor) -> Query[M, R]:
        """Run on this database or transaction."""
        made = self._copy()
        made._client = executor
        return made

    def all_rows(self) -> Query[M, R]:
        """The query itself, as a copy."""
        return self._copy()


def _lockable(names: Names, joins: tuple[str, ...], name: str) -> str | None:
    if name in names.meta.relations:
        return f'join("{name}") first'
    return hint_for(name, ("self", *joins))


def _natural(what: str, value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise OxydeError(f"{what} is a whole number, not {value!r:.80}")
    if value < 0:
        raise OxydeError(f"{what} cannot be negative: {value}", hint="order the other way round")
    return int(value)
