"""Stubs beside models, for checkers without plugins: `oxyde stubs shop.models` writes
`shop/models.pyi`, in which the keywords and names that queries take are spelled out.

The names here are for the stubs themselves.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from oxyde.queries.compile.state import QueryState
from oxyde.queries.expressions.order_by import OrderBy
from oxyde.queries.expressions.typed_conditions import Clause
from oxyde.queries.ir.expression import Conditional, Expression
from oxyde.queries.methods.building import Path

__all__ = ["Clause", "Computed", "Expression", "OrderBy", "Path"]

# What a keyword takes besides values: what the database computes.
Computed: TypeAlias = Expression | Conditional | QueryState[Any, Any]
