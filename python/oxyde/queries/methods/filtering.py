"""The methods that choose rows: filter, exclude, having, and the handling of rows that the model
refuses. Each returns a new Query."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from oxyde.exceptions import FieldError, OxydeError, RowValidationError
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.state import M, QueryState, R
from oxyde.queries.expressions.conditions import Truth
from oxyde.queries.expressions.q import is_empty
from oxyde.queries.expressions.recorder import record, record_paths
from oxyde.queries.expressions.typed_conditions import Clause
from oxyde.queries.ir.depth import bounded
from oxyde.queries.ir.expression import Conditional, Expression
from oxyde.queries.ir.predicates import Junction, Negation, Node
from oxyde.queries.lookups.paths import split_path
from oxyde.queries.names import Hop, names_of, part_of_path
from oxyde.queries.subqueries.keys_query import KeysExpression
from oxyde.queries.subqueries.subquery import QueryExpression

if TYPE_CHECKING:
    from oxyde.queries.compile.recipe import Invalid

__all__ = ["Filtering"]


class Filtering(QueryState[M, R]):
    """filter, exclude and having; unvalidated and skip_invalid."""

    def filter(self, *conditions: Clause[M], **lookups: object) -> Self:
        """Keep rows for which all of these hold.

        Args:
            conditions: `Q`, comparisons, boolean expressions, or a function from the model to a
                condition (``lambda u: u.age >= 18``).
            lookups: ``field__lookup=value``. Several in one call on one to-many relation must match
                the same related row.

        Raises:
            FieldError: an unknown name.
            FieldLookupError: an unknown or unfit lookup, or a value that it cannot take.
        """
        if self._compounds:
            self._check_single("filter")
        self._check_unsliced("filter()")
        if lookups and not conditions and not self._annotations:
            plain = self._plain(lookups)
            if plain is not None:
                return self._with_where((_all(plain),))
        nodes = self._conditions(conditions, lookups)
        grouped = [node for node in nodes if node.grouped]
        made = self._chained()
        if grouped:
            self._check_grouped()
            made._having = (*self._having, _all(grouped))
            nodes = [node for node in nodes if not node.grouped]
        if nodes:
            made._where = (*self._where, _all(nodes))
        return made

    def exclude(self, *conditions: Clause[M], **lookups: object) -> Self:
        """Drop rows for which all of these hold; rows where the result is NULL stay.
        ``exclude(posts__title="x")`` drops those with any such post.

        Args and Raises: as for `filter`.
        """
        self._check_single("exclude")
        self._check_unsliced("exclude()")
        nodes = self._conditions(conditions, lookups)
        made = self._chained()
        if not nodes:
            return made
        node = Negation(_all(nodes))
        if node.grouped:
            self._check_grouped()
            made._having = (*self._having, node)
        else:
            made._where = (*self._where, node)
        return made

    def unscoped(self, *relations: str | Callable[[M], object]) -> Self:
        """Also read the rows that are outside of the scope of their model (``scope`` in its `class
        Meta`).

        Args:
            relations: relations whose rows are read then: ``unscoped("author").join("author")``,
                also in conditions, aggregates and prefetches of this query. Without any, it is the
                query's own rows.

        Raises:
            FieldError: the model has no scope, or an unknown name.
        """
        self._check_single("unscoped")
        self._check_unsliced("unscoped()")
        made = self._chained()
        if not relations:
            scope = self._names.scope
            if scope is None:
                raise FieldError(
                    f"`{self._names.label}` has no scope",
                    hint='leave unscoped() out, or name a relation: unscoped("author")',
                )
            made._where = tuple([node for node in self._where if node is not scope])
        for path in record_paths(self._names, relations):
            made._opened |= {self._scoped_hop(path)}
        return made

    def _scoped_hop(self, path: str) -> Hop:
        names = self._names
        hop: Hop | None = None
        for segment in split_path(names, path):
            hop = names.hop(segment, part_of_path(path, self._names.label))
            names = names_of(hop.target.model)
        assert hop is not None
        if not hop.scoped:
            raise FieldError(
                f"`{names.label}`, where `{path}` of `{self._names.label}` leads, has no scope",
                hint="leave it out",
            )
        return hop

    def _check_grouped(self) -> None:
        if self._group_by is None and self._row is RowKind.MODEL:
            raise FieldError(
                f"an aggregate over the rows of `{self._names.label}` has no value for each row",
                hint="group first: values(…) or group_by(…), then annotate() and having()",
            )

    def having(self, *conditions: Clause[M], **lookups: object) -> Self:
        """Keep groups for which all of these hold; aggregates are allowed here.

        Args and Raises: as for `filter`.
        """
        self._check_single("having")
        self._check_unsliced("having()")
        nodes = self._conditions(conditions, lookups)
        made = self._chained()
        if nodes:
            made._having = (*self._having, _all(nodes))
        return made

    def _as_expression(self, field: str | None = None) -> QueryExpression:
        """The query as the value of a lookup.

        Args:
            field: the column to select if the rows are models; the primary key by default.
        """
        return QueryExpression(self, field)

    def _as_keys(self, columns: int) -> KeysExpression:
        """The query as the value of a lookup of a composite key.

        Args:
            columns: the number of columns of the key.
        """
        return KeysExpression(self, columns)

    def _plain(self, lookups: dict[str, Any]) -> list[Node] | None:
        """The lookups as conditions, if all are cached and their values need no check; else
        None."""
        leaves: list[Node] = []
        seen = self._names.lookups
        for key, value in lookups.items():
            known = seen.get(key)
            if known is None or type(value) not in known.accepted:
                return None
            leaves.append(known.spec.leaf(known, key, (value,)))
        return leaves

    @bounded
    def _conditions(self, conditions: tuple[Any, ...], lookups: dict[str, Any]) -> list[Node]:
        context = self._context(grouping=True)
        nodes: list[Node] = []
        for condition in conditions:
            item = condition
            if not isinstance(item, Expression | Conditional) and callable(item):
                item = record(self._names, item)
            if isinstance(item, Conditional):
                if not is_empty(item):
                    nodes.append(item.resolve(context))
            elif isinstance(item, Expression):
                typed = context.check(item)
                if typed.type not in ("bool", None):
                    raise FieldError(
                        f"{item!r} is not a condition: its type is {typed.type}",
                        hint="compare it with something",
                    )
                nodes.append(Truth(item, context))
            else:
                raise FieldError(
                    f"a condition must be a Q, a comparison or lookup=value, not {item!r:.80}",
                    hint='write filter(name="…") or filter(Q(…) | Q(…))',
                )
        nodes.extend(context.lookup(key, value) for key, value in lookups.items())
        return nodes

    def unvalidated(self) -> Self:
        """Also load rows that their model refuses, to repair them: an invalid value is on the
        instance as it is stored. This includes rows that join() and prefetch() load. `save()` still
        validates what was assigned.

        ``async for account in Account.objects.unvalidated().filter(balance__lt=0).iterate(): …``

        Raises:
            FieldError: the rows are no models (after values() and the like).
        """
        return self._with_invalid("unvalidated", "keep")

    def skip_invalid(
        self, on_skipped: Callable[[RowValidationError], object] | None = None
    ) -> Self:
        """Skip rows that their model refuses. A row that join() loads is skipped with its owner; of
        the rows that prefetch() loads, only the refused ones are.

        `count()`, `exists()` and limits include them, since they are skipped after the database has
        answered. `first()`, `last()` and `get()` continue with the next valid row.

        Args:
            on_skipped: called with the error of each skipped row.

        Raises:
            FieldError: the rows are no models (after values() and the like).
        """
        if on_skipped is not None and not callable(on_skipped):
            raise OxydeError(f"skip_invalid() takes a function, not {on_skipped!r:.80}")
        made = self._with_invalid("skip_invalid", "skip")
        made._on_skipped = on_skipped
        return made

    def _with_invalid(self, verb: str, invalid: Invalid) -> Self:
        made = self._chained()
        made._invalid = invalid
        made._on_skipped = None
        made._check_validity(verb)
        return made

    def _check_validity(self, verb: str | None = None) -> None:
        """Check that the rows are models, if a handling of refused rows is set.

        Raises:
            FieldError: they are not.
        """
        if self._invalid != "raise" and self._row is not RowKind.MODEL:
            verb = verb or ("unvalidated" if self._invalid == "keep" else "skip_invalid")
            raise FieldError(
                f"{verb}() applies to models, and this query of `{self._names.label}` returns "
                "values, which are not validated",
                hint="leave one of them out",
            )


def _all(nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else Junction("and", nodes)
