"""Errors of Oxyde as responses. No response has SQL, or what a server said."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from oxyde.exceptions import (
    CheckViolationError,
    CursorError,
    DatabaseConnectionError,
    DatabaseError,
    FieldLookupError,
    FieldValueError,
    ForeignKeyViolationError,
    IntegrityError,
    NotFoundError,
    NotNullViolationError,
    OxydeError,
    PoolTimeoutError,
    StaleObjectError,
    TenantNotFoundError,
    UniqueViolationError,
)
from oxyde.models.registry import iter_tables

if TYPE_CHECKING:
    from oxyde._meta import ModelMeta

__all__ = ["add_exception_handlers", "response_to"]

_Detail: TypeAlias = "dict[str, object]"

_logger = logging.getLogger("oxyde.contrib.fastapi")

# What clients are told, by class: status, type and message, in the format of FastAPI's own 422.
# A row that breaks a check, or lacks a value, is 422: it is wrong by itself, whatever is stored.
# One that conflicts with other rows is 409.
_REFUSED_ROWS: dict[type[IntegrityError], tuple[int, str, str]] = {
    UniqueViolationError: (409, "unique", "A row with this value already exists"),
    ForeignKeyViolationError: (
        409,
        "foreign_key",
        "The row referred to does not exist, or other rows refer to this one",
    ),
    NotNullViolationError: (422, "missing", "Field required"),
    CheckViolationError: (422, "check", "The value breaks a rule of the database"),
}
_LABEL = re.compile(r"`\w+((?:\.\w+)+)`[^:]*?(?: \(\w+\))?:? ?(.*)", re.DOTALL)
# In seconds: for a client that may send the same request again.
_RETRY_AFTER = 1


def add_exception_handlers(app: FastAPI) -> None:
    """Answer requests that fail by an error of Oxyde:

    - 404: `NotFoundError`, `TenantNotFoundError`
    - 409: `UniqueViolationError`, `ForeignKeyViolationError`, `StaleObjectError`
    - 422, in FastAPI's own format: `FieldValueError`, `FieldLookupError`, `FieldLookupValueError`,
      `CursorError`, `NotNullViolationError`, `CheckViolationError`, and a
      `pydantic.ValidationError` of a model with a table
    - 503: `PoolTimeoutError`, `DatabaseConnectionError` (also `TooManyConnectionsError` and
      `OutcomeUnknownError`), and other errors that are `retryable` (deadlocks, serialization);
      with ``Retry-After`` where the request may be sent again

    All other errors stay what they are: status 500. FastAPI's own handler of
    `RequestValidationError`, unless the application has another one, is replaced by one that also
    answers bodies with values that JSON does not have (``NaN``, ``Infinity``).
    """
    for kind in (OxydeError, ValidationError):
        app.add_exception_handler(kind, _handle)
    known = app.exception_handlers.get(RequestValidationError)
    if known in (None, request_validation_exception_handler):
        app.add_exception_handler(RequestValidationError, _refuse_request)


def _refuse_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _details(422, [_sendable(each) for each in jsonable_encoder(error.errors())])


def _sendable(value: Any) -> Any:
    """The value, with what JSON does not have as text."""
    if isinstance(value, dict):
        return {_sendable(key): _sendable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_sendable(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    return value


def _handle(request: Request, error: Exception) -> Response:
    response = response_to(error)
    if response is None:
        raise error
    return response


def response_to(error: Exception) -> Response | None:
    """The response to a request that failed by this error; None for an error that is none of the
    client's, nor of the moment."""
    if isinstance(error, NotFoundError):
        name = "Row" if error.model is None else error.model.__name__
        return JSONResponse({"detail": f"{name} not found"}, 404)
    if isinstance(error, TenantNotFoundError):
        return JSONResponse({"detail": "Tenant not found"}, 404)
    if isinstance(error, StaleObjectError):
        message = "The row has been changed or deleted by others since it was read"
        return _details(409, [_detail("stale", ("body",), message)])
    if isinstance(error, IntegrityError):
        for kind, (status, type_, message) in _REFUSED_ROWS.items():
            if isinstance(error, kind):
                return _details(status, _of_fields(error, type_, message))
    if isinstance(error, CursorError):
        return _details(422, [_detail("cursor", ("query", "cursor"), "The cursor is not valid")])
    if isinstance(error, FieldLookupError | FieldValueError):
        return _details(422, [_of_value(error)])
    if isinstance(error, ValidationError):
        return _of_model(error)
    if isinstance(error, PoolTimeoutError | DatabaseError) and (
        error.retryable or isinstance(error, DatabaseConnectionError)
    ):
        _logger.warning("the request was answered with status 503", exc_info=error)
        headers = {"Retry-After": str(_RETRY_AFTER)} if error.retryable else None
        return JSONResponse({"detail": "The database is not available"}, 503, headers)
    return None


def _details(status: int, details: Iterable[_Detail]) -> Response:
    return JSONResponse({"detail": list(details)}, status)


def _detail(type_: str, loc: tuple[object, ...], message: str) -> _Detail:
    return {"type": type_, "loc": loc, "msg": message}


def _of_fields(error: IntegrityError, type_: str, message: str) -> list[_Detail]:
    """A detail per field of the constraint; one for the whole body where these are not known."""
    names = list(error.columns)
    if error.model is not None:
        meta: ModelMeta = error.model._db_meta
        names = [meta.columns.get(column, column) for column in names]
    return [_detail(type_, ("body", name), message) for name in names] or [
        _detail(type_, ("body",), message)
    ]


def _of_value(error: FieldLookupError | FieldValueError) -> _Detail:
    """`` `Post.stars` takes integers …`` is about the field `stars`."""
    message = str(error.args[0]) if error.args else ""
    where = "query" if isinstance(error, FieldLookupError) else "body"
    found = _LABEL.match(message)
    if found is None:
        return _detail("value_error", (where,), "The value does not fit")
    name = found[1].removeprefix(".").replace(".", "__")
    return _detail("value_error", (where, name), _about_value(found[2]))


def _about_value(text: str) -> str:
    """What is said about a value, as a sentence, without the value."""
    if text.startswith(("takes ", "got ")):
        return f"The field {text.partition(';')[0]}"
    return "The value does not fit"


def _of_model(error: ValidationError) -> Response | None:
    """The errors of a row that was to be written. Those of other models are not the client's."""
    if error.title not in {model.__name__ for model in iter_tables()}:
        return None
    details: list[Any] = error.errors(include_url=False, include_context=False, include_input=False)
    return _details(422, [{**each, "loc": ("body", *each["loc"])} for each in details])
