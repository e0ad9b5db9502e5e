"""The methods that build a query. Each returns a new Query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, cast, overload

from typing_extensions import Self

from oxyde._given import iterable_given
from oxyde.db.fresh_reads import place_fresh
from oxyde.db.registry import resolve
from oxyde.exceptions import FieldError, OxydeError
from oxyde.hints import hint_for
from oxyde.queries.compile.compound import check_compound
from oxyde.queries.compile.groups import in_groups, keys_of
from oxyde.queries.compile.loaded_fields import always_loaded, deferred, named_fields, only_these
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.state import M, R
from oxyde.queries.expressions.conditions import Holds
from oxyde.queries.expressions.operators import F
from oxyde.queries.expressions.order_by import OrderBy
from oxyde.queries.expressions.ordering import terms_of
from oxyde.queries.expressions.recorder import (
    record,
    record_columns,
    record_mapping,
    record_paths,
    record_terms,
)
from oxyde.queries.ir.expression import Conditional, Expression
from oxyde.queries.lookups.path_value import check_path, key_paths
from oxyde.queries.lookups.paths import split_path
from oxyde.queries.methods.filtering import Filtering
from oxyde.queries.names import Names, names_of, part_of_path
from oxyde.queries.relations.prefetch import Prefetch, as_prefetch, check_levels
from oxyde.queries.results.into import into
from oxyde.queries.subqueries.cte import CTE, CTEJoin, Rows

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.db.executor import Executor
    from oxyde.queries.expressions.context import Over
    from oxyde.queries.expressions.ordering import Term
    from oxyde.queries.query import Query
__all__ = ["Building"]

S = TypeVar("S")
# A name, a path, or a function from the model to one (or to a tuple of them).
Path: TypeAlias = str | Callable[[M], object]


class Building(Filtering[M, R]):
    """Builder methods other than filters: order_by, join, annotate …"""

    def _place(self, using: str | None, client: Executor | None, *, write: bool = True) -> Executor:
        """Where the query runs: as the call says, else as the query says."""
        if using is None and client is None:
            using, client = self._using, self._client
        if self._fresh and not write:
            return place_fresh(using, client)
        return resolve(using, client, write=write)

    def order_by(self, *terms: str | Expression | OrderBy | Callable[[M], Any]) -> Self:
        """Set the order of the rows, replacing any previous one; without terms remove it.

        Args:
            terms: fields and paths (``"-created_at"`` for largest first), ``"?"`` for random order,
                expressions (``F("age").desc(nulls_last=True)``), or a function from the model to
                one.

        Raises:
            FieldError: an unknown name.
        """
        self._check_unsliced("order_by()")
        if self._paged:
            self._refuse_paged("order_by()")
        made = self._chained()
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
                items.extend(record_terms(self._names, term))
            else:
                items.append(term)
        made._order = terms_of(context, items)
        return made

    def limit(self, count: int | None) -> Self:
        """Return at most `count` rows; None for all."""
        made = self._chained()
        made._limit = _natural("limit", count)
        return made

    def offset(self, count: int | None) -> Self:
        """Skip the first `count` rows."""
        made = self._chained()
        made._offset = _natural("offset", count)
        return made

    def __getitem__(self, item: slice) -> Self:
        """A slice: ``query[10:20]`` is ``query.offset(10).limit(10)``.

        Raises:
            OxydeError: a negative bound, a step, or an index.
        """
        if not isinstance(item, slice):
            raise OxydeError(
                "a query cannot be indexed by a number: the query has not been run",
                hint="await query.first(), or query[5:6]",
            )
        if item.step is not None:
            raise OxydeError("a slice of a query cannot have a step", hint="use [start:stop]")
        start = _natural("the start of a slice", item.start) or 0
        stop = _natural("the end of a slice", item.stop)
        made = self._chained()
        made._offset = (self._offset or 0) + start or None
        left = None if self._limit is None else max(self._limit - start, 0)
        asked = None if stop is None else max(stop - start, 0)
        made._limit = min((each for each in (left, asked) if each is not None), default=None)
        return made

    def distinct(self, *fields: Path[M], on: str | Sequence[str] = ()) -> Self:
        """Remove duplicate rows.

        Args:
            fields: return the first row for each combination of these (PostgreSQL); `on` is a
                synonym.
        """
        self._check_single("distinct")
        self._check_unsliced("distinct()")
        if self._paged:
            self._refuse_paged("distinct()")
        names = (*record_paths(self._names, fields), *((on,) if isinstance(on, str) else on))
        for name in names:
            check_path(self._context(grouping=self._groups()), name)
        made = self._chained()
        made._distinct = names or True
        return made

    @overload
    def select(self, function: Callable[[M], S], /) -> Query[M, S]: ...
    @overload
    def select(self, *columns: str) -> Query[M, tuple[Any, ...]]: ...
    def select(self, *columns: Any) -> Query[M, Any]:
        """Return columns as tuples: names, paths, annotations, or a function from the model to a
        tuple of its fields, which also types the rows (``select(lambda u: (u.id, u.name))``)."""
        if len(columns) == 1 and callable(columns[0]) and not isinstance(columns[0], Expression):
            return record_columns(self, columns[0])
        return self.values_list(*columns)

    def values(self, *fields: str, **expressions: Expression) -> Query[M, dict[str, Any]]:
        """Return rows as dicts.

        Args:
            fields: names, paths and annotations; without any, all columns and annotations.
            expressions: further named expressions, as in annotate().

        Raises:
            FieldError: an unknown name.
        """
        return self._rows(RowKind.DICT, fields, expressions)

    @overload
    def values_list(self, function: Callable[[M], S], /, *, flat: bool = False) -> Query[M, S]: ...
    @overload
    def values_list(
        self, *fields: str, flat: Literal[False] = False, named: Literal[False] = False
    ) -> Query[M, tuple[Any, ...]]: ...
    @overload
    def values_list(
        self, *fields: str, flat: bool = False, named: bool = False
    ) -> Query[M, Any]: ...
    def values_list(self, *fields: Any, flat: bool = False, named: bool = False) -> Query[M, Any]:
        """Return rows as tuples.

        Args:
            fields: as for `values`; or a function from the model to its fields, which also types
                the rows (``values_list(lambda u: u.name, flat=True)``).
            flat: return the values of a single field instead of 1-tuples.
            named: return named tuples.

        Raises:
            FieldError: an unknown name, or `flat` with other than one field.
        """
        if flat and named:
            raise FieldError("flat and named exclude each other")
        fields = tuple(record_paths(self._names, fields))
        if flat and len(fields) != 1:
            raise FieldError(
                f"values_list(flat=True) takes one field, not {len(fields)}",
                hint='write values_list("id", flat=True)',
            )
        kind = RowKind.NAMED if named else RowKind.TUPLE
        return self._rows(RowKind.FLAT if flat else kind, fields, {})

    def into(
        self, row: type[S], /, **columns: str | Expression | Callable[[M], Any]
    ) -> Query[M, S]:
        """Return rows as objects of a class: ``into(PostRow, author_name="author__name")``.

        The class is a dataclass (frozen or with slots, too), a named tuple, a TypedDict, a
        Pydantic model without a table (which validates the values), or any other class with named
        parameters. Each field gets the column, path or annotation of the same name. A field with
        the name of a relation to one row, and such a class as its type, becomes an object of the
        related row, or None where there is none.

        Args:
            row: the class.
            columns: the path or expression for a field with a different name; ``author__label`` for
                a field of an object inside.

        Raises:
            FieldError: a field without a column, a field that the class does not have, or a class
                whose fields are unknown.
        """
        self._check_single("into")
        return into(self, row, columns)

    def _rows(
        self, row: RowKind, fields: tuple[str, ...], expressions: dict[str, Expression]
    ) -> Query[M, Any]:
        self._check_single("values")
        made = (self.annotate(**expressions) if expressions else self)._copy()
        if made._group_by is None and made._row is not RowKind.MODEL and made._groups():
            # The groups are kept, whichever columns are shown.
            made._group_by = keys_of(made)
        names = fields + tuple(expressions) if fields or expressions else None
        for name in fields:
            if not isinstance(name, str):
                raise FieldError(
                    f"values() takes the names of fields, not {name!r:.80}",
                    hint="give an expression a name: values(total=…)",
                )
            if name not in made._annotations and key_paths(self._names, name) is None:
                check_path(made._context(grouping=made._groups()), name)
        made._row = row
        made._fields = names
        return made

    def annotate(
        self,
        *functions: Callable[[M], Mapping[Any, Any]],
        **expressions: Expression | Callable[[M], Any],
    ) -> Self:
        """Add named values to each row.

        An aggregate over a relation (``posts=Count("posts")``) is computed for each row; one over
        the row's own fields needs group_by(), or values() before.

        Raises:
            FieldError: a field has the name, or names or types in an expression are wrong.
        """
        self._check_single("annotate")
        made = self._chained()
        for function in functions:
            expressions = {**record_mapping(self._names, function), **expressions}
        annotations = dict(self._annotations)
        of_groups = self._row not in (RowKind.MODEL, RowKind.OBJECT) or self._group_by is not None
        over: Over = "groups" if of_groups else "rows"
        for name, expression in expressions.items():
            item = expression
            if not isinstance(item, Expression) and callable(item):
                item = record(self._names, item)
            if isinstance(item, Conditional) and not isinstance(item, Expression):
                item = Holds(item)
            if not isinstance(item, Expression):
                raise FieldError(
                    f"annotate({name}=…) takes an expression, not {item!r:.80}",
                    hint=f"for a constant: {name}=Value(…)",
                )
            if name in self._hidden and isinstance(item, F) and item.name == name:
                # Only added to the rows.
                continue
            self._check_name(name)
            made._annotations = annotations
            context = made._context(grouping=True)
            annotations[name] = context.annotation(name, item, over)
            if annotations[name].grouped or annotations[name].windows:
                self._check_unsliced(f"annotate({name}={item!r:.80})")
        made._annotations = annotations
        if self._hidden:
            made._hidden = self._hidden.difference(expressions)
        if self._row not in (RowKind.MODEL, RowKind.OBJECT) and self._fields is not None:
            made._fields = self._fields + tuple(
                name for name in expressions if name not in self._fields
            )
        return made

    def _check_name(self, name: str) -> None:
        meta = self._names.meta
        taken = name in meta.field_metadata or name in meta.relations
        if taken and self._row is RowKind.MODEL and self._group_by is None:
            raise FieldError(
                f"`{self._names.label}` has a field `{name}`: an annotation needs another name"
            )
        if "__" in name:
            raise FieldError(f"the name of an annotation cannot contain `__`: `{name}`")

    def group_by(self, *fields: Path[M]) -> Query[M, dict[str, Any]]:
        """Group the rows by these fields: one dict per group, with the aggregates of annotate().

        Raises:
            FieldError: an unknown name.
        """
        self._check_single("group_by")
        self._check_unsliced("group_by()")
        if self._paged:
            self._refuse_paged("group_by()")
        names = record_paths(self._names, fields)
        for name in names:
            if name not in self._annotations:
                check_path(self._context(), name)
        made: Query[M, Any] = self._copy()
        made._group_by = (*(self._group_by or ()), *names)
        made._annotations = in_groups(self, made._group_by)
        if made._row is RowKind.MODEL:
            made._row = RowKind.DICT
        return made

    def join(self, *paths: Path[M]) -> Self:
        """Load the rows of foreign keys in the same query: ``join("author__company")``, or
        ``join(lambda p: the(p.author).company)``.

        Raises:
            FieldError: an unknown name, or a to-many relation.
        """
        wanted = record_paths(self._names, paths)
        for path in wanted:
            names = self._names
            for segment in split_path(names, path):
                hop = names.hop(segment, part_of_path(path, self._names.label))
                if hop.many:
                    raise FieldError(
                        f"`{names.label}.{segment}` has many rows, which join() cannot load"
                        + part_of_path(path, self._names.label),
                        hint=f'use prefetch("{path}")',
                    )
                names = names_of(hop.target.model)
        made = self._chained()
        made._joins = (*self._joins, *(path for path in wanted if path not in self._joins))
        return made

    def prefetch(self, *paths: Path[M] | Prefetch) -> Self:
        """Load related rows with one further query per level: ``prefetch("posts__tags")``.

        Args:
            paths: relations (also ``lambda p: p.tags``), or `Prefetch` for a filtered or ordered
                query.

        Raises:
            FieldError: an unknown name, or two queries for one relation.
        """
        made = self._chained()
        made._prefetches = (
            *self._prefetches,
            *[as_prefetch(self._names, path) for path in record_paths(self._names, paths)],
        )
        check_levels(self._names, made._prefetches)
        return made

    def only(self, *fields: Path[M]) -> Self:
        """Load only these fields (and keys and versions); accessing another one raises an error.
        Paths name fields of rows that are joined: ``only("title", "author__name")`` joins the
        author, and loads its name and key.

        Raises:
            FieldError: an unknown name, or a path over a to-many relation.
        """
        self._check_single("only")
        named = named_fields(self._names, record_paths(self._names, fields), "only")
        made = self._chained()
        made._only, made._joined_only = only_these(self._names, named)
        joins = [path for path in named.joined if path not in self._joins]
        if joins:
            made._joins = (*self._joins, *joins)
        return made

    def defer(self, *fields: Path[M]) -> Self:
        """Load all fields except these; accessing one of them raises an error. Paths name fields of
        rows that `join` loads: ``join("author").defer("author__bio")``.

        Raises:
            FieldError: an unknown name, or a path over a to-many relation.
        """
        self._check_single("defer")
        named = named_fields(self._names, record_paths(self._names, fields), "defer")
        left_out = named.own - always_loaded(self._names)
        loaded = self._names.fields if self._only is None else self._only
        made = self._chained()
        if left_out:
            made._only = tuple([name for name in loaded if name not in left_out])
        if named.joined:
            made._joined_only = deferred(self._names, named, self._joined_only)
        return made

    def strict(self) -> Self:
        """Accessing a relation that was not loaded raises an error that names the fix; also on the
        rows that prefetch() and join() load. If the rows are divided by a column
        (`Meta.shard_by`), the query must filter by its values, or FieldError is raised."""
        made = self._chained()
        made._strict = True
        if self._names.meta.shard_by is not None:
            made._by_shard = True
        return made

    def fresh(self) -> Self:
        """Read all that was committed before, by whomever and wherever: on the primary of a router;
        on a node of a Galera cluster (or of Group Replication) after it has applied what the others
        had committed. Inside a block, the query reads what the block reads.

        It is about reading: with ``update()`` and the like it changes nothing.
        """
        made = self._chained()
        made._fresh = True
        return made

    def for_update(
        self, *, nowait: bool = False, skip_locked: bool = False, of: Sequence[str] = ()
    ) -> Self:
        """Lock the rows against others until the transaction ends.

        Args:
            nowait: fail at once if another transaction holds a row.
            skip_locked: skip rows that another transaction holds.
            of: lock only the rows of these: "self", or joined relations.

        Raises:
            OxydeError: `nowait` and `skip_locked` together.
        """
        return self._locked("update", nowait, skip_locked, of)

    def for_share(
        self, *, nowait: bool = False, skip_locked: bool = False, of: Sequence[str] = ()
    ) -> Self:
        """Lock the rows against writers until the transaction ends.

        Args and Raises: as for `for_update`.
        """
        return self._locked("share", nowait, skip_locked, of)

    def _locked(self, strength: str, nowait: bool, skip_locked: bool, of: Sequence[str]) -> Self:
        if nowait and skip_locked:
            raise OxydeError("nowait and skip_locked exclude each other")
        names = (of,) if isinstance(of, str) else tuple(iterable_given("of=", of))
        for name in names:
            if name != "self" and name not in self._joins:
                raise FieldError(
                    f"of={name!r}: only joined relations of `{self._names.label}` can be named",
                    hint=_lockable(self._names, self._joins, name),
                )
        made = self._chained()
        wait = "no_wait" if nowait else "skip_locked" if skip_locked else "wait"
        made._lock = (strength, wait, names)
        return made

    def union(self, *others: Query[Any, R], all: bool = False) -> Self:
        """The rows of this query and others, without duplicates (unless `all`)."""
        return self._compound("union_all" if all else "union", others)

    def union_all(self, *others: Query[Any, R]) -> Self:
        """The rows of this query and others, with duplicates."""
        return self._compound("union_all", others)

    def intersect(self, *others: Query[Any, R]) -> Self:
        """The rows that this query and the others have in common."""
        return self._compound("intersect", others)

    def except_(self, *others: Query[Any, R]) -> Self:
        """The rows of this query that the others do not have."""
        return self._compound("except", others)

    def _compound(self, operator: _ir.SetOperator, others: tuple[Query[Any, Any], ...]) -> Self:
        if (self._order or self._limit is not None or self._offset is not None) and not (
            self._compounds
        ):
            raise OxydeError(
                "the first query of a union already has an order or a limit",
                hint="order and limit the whole: first.union(second).order_by(…).limit(…)",
            )
        made = self._chained()
        for other in others:
            check_compound(self, other)
            made._compounds = (*made._compounds, (operator, other))
        return made

    def join_cte(self, cte: Rows, *, left: bool = False, **pairs: str) -> Self:
        """Join a CTE; expressions can then use its columns (`cte.column`).

        Args:
            cte: a `CTE`, or in its recursive part the argument of that function.
            left: keep rows without a match.
            pairs: fields and the CTE columns that they must equal (``parent_id="id"``).

        Raises:
            FieldError: an unknown name, or no pairs.
        """
        if not pairs:
            raise FieldError(
                "join_cte() needs a field and a column of the CTE: join_cte(tree, id=…)"
            )
        self._check_single("join_cte")
        self._check_unsliced("join_cte()")
        if self._paged:
            self._refuse_paged("join_cte()")
        for field, name in pairs.items():
            self._names.field(field)
            cte.column(name)
        if cte.name == self._names.meta.table_name:
            raise FieldError(f"the CTE `{cte.name}` has the name of the query's own table")
        made = self._chained()
        made._cte_joins = (*self._cte_joins, CTEJoin(cte, pairs, left=left))
        if isinstance(cte, CTE) and cte not in self._ctes:
            made._ctes = (*self._ctes, cte)
        return made

    def using(self, name: str) -> Self:
        """Run on the database of this name."""
        made = self._chained()
        made._using = name
        return made

    def client(self, executor: Executor) -> Self:
        """Run on this database or transaction."""
        made = self._chained()
        made._client = executor
        return made

    def all_rows(self) -> Self:
        """The query itself, as a copy."""
        return self._chained()


def _lockable(names: Names, joins: tuple[str, ...], name: str) -> str | None:
    if name in names.meta.relations:
        return f'join("{name}") first'
    return hint_for(name, ("self", *joins))


def _natural(what: str, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise OxydeError(f"{what} is a whole number, not {value!r:.80}")
    if value < 0:
        raise OxydeError(f"{what} cannot be negative: {value}", hint="reverse the order instead")
    return int(value)
