"""The application: ``uvicorn conduit.app:app``."""

from __future__ import annotations

import os

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from conduit.routes import articles, comments, profiles, tags, users
from oxyde import UniqueViolationError, db

DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite:///conduit.db")

app = FastAPI(title="Conduit", lifespan=db.lifespan(DATABASE_URL))
for part in (users, profiles, articles, comments, tags):
    app.include_router(part.router, prefix="/api")


def errors(status: int, about: str, *messages: str) -> JSONResponse:
    """A response with errors in the API's form."""
    return JSONResponse({"errors": {about: list(messages)}}, status)


@app.exception_handler(HTTPException)
async def refused(request: Request, error: HTTPException) -> JSONResponse:
    """What a route refuses."""
    return errors(error.status_code, "request", str(error.detail))


@app.exception_handler(RequestValidationError)
async def not_valid(request: Request, error: RequestValidationError) -> JSONResponse:
    """What is wrong in a request, by field."""
    found: dict[str, list[str]] = {}
    for each in error.errors():
        found.setdefault(str(each["loc"][-1]), []).append(each["msg"])
    return JSONResponse({"errors": found}, 422)


@app.exception_handler(UniqueViolationError)
async def taken(request: Request, error: UniqueViolationError) -> JSONResponse:
    """A name or an address that another user has, also if both came at the same time."""
    about = error.columns[0] if error.columns else "request"
    return errors(409, about, "has already been taken")
