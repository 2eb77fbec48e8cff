"""Errors as ``application/problem+json`` (RFC 9457), in the house's form: what was wrong, the value, what is allowed,
what to do.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from store import BeforehandError, InputError, ModelError, NotAllowed, NotFound

from ..access import NotSignedIn, TokenExpired

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse

_log = logging.getLogger("beforehand.http")
_MEDIA_TYPE = "application/problem+json"
_LONGEST_VALUE = 200


class FieldProblem(BaseModel):
    """One field of a request that is not as it must be."""

    where: str
    """``body.events.3.at``."""
    problem: str


class Problem(BaseModel):
    """What went wrong."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    value: str | None = None
    allowed: str | None = None
    advice: str | None = None
    fields: list[FieldProblem] = Field(default_factory=list)


class Refused(BeforehandError):
    """A request that is refused for a reason of the door: too large, too many, not ready."""

    def __init__(self, status: int, problem: str, *, retry_after_s: int | None = None, **told: Any) -> None:
        super().__init__(problem, **told)
        self.status, self.retry_after_s = status, retry_after_s


_STATUS: tuple[tuple[type[BeforehandError], int], ...] = (
    (NotSignedIn, 401),
    (TokenExpired, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (InputError, 422),
    (ModelError, 503),
    (BeforehandError, 500),
)


def problem_of(error: BeforehandError) -> Problem:
    """The problem that tells of ``error``."""
    status = error.status if isinstance(error, Refused) else next(s for kind, s in _STATUS if isinstance(error, kind))
    return Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=error.problem,
        value=None if error.value is None else str(error.value)[:_LONGEST_VALUE],
        allowed=error.allowed,
        advice=error.advice,
    )


def problem_response(problem: Problem, path: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer to a request for ``path``: below ``/v1/`` in the form that OpenAI's clients read."""
    from fastapi.responses import JSONResponse

    more = {**({"www-authenticate": "Bearer"} if problem.status == 401 else {}), **(headers or {})}
    if path.startswith("/v1/"):
        told = problem.model_dump(exclude_none=True)
        parts = [problem.detail, *(str(told[name]) for name in ("value", "allowed", "advice") if name in told)]
        parts += [f"{one.where}: {one.problem}" for one in problem.fields]
        error = OpenAIProblem(message=". ".join(parts), type=problem.title, param=None, code=str(problem.status))
        return JSONResponse(OpenAIError(error=error).model_dump(), problem.status, more)
    return JSONResponse(problem.model_dump(exclude_none=True), problem.status, more, media_type=_MEDIA_TYPE)


def error_response(error: BeforehandError, path: str) -> JSONResponse:
    after = error.retry_after_s if isinstance(error, Refused) else None
    return problem_response(problem_of(error), path, None if after is None else {"retry-after": str(after)})


class OpenAIProblem(BaseModel):
    message: str
    type: str
    param: str | None
    code: str


class OpenAIError(BaseModel):
    """The same, in the form that OpenAI's clients read."""

    error: OpenAIProblem


def documented(*statuses: int, openai: bool = False) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route: these statuses come as a problem. What every route can answer is always there."""
    name, media_type = ("OpenAIError", "application/json") if openai else ("Problem", _MEDIA_TYPE)
    content = {media_type: {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    every = {400, 401, 403, 408, 413, 422, 429, *statuses}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in sorted(every)}


def add_problem_handlers(app: FastAPI) -> None:
    """Every error of a route leaves as a problem; one that nobody expected is logged and tells nothing."""
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException

    @app.exception_handler(BeforehandError)
    def ours(request: Request, error: BeforehandError) -> JSONResponse:
        if problem_of(error).status >= 500:
            _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return error_response(error, request.url.path)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        fields = [
            FieldProblem(where=".".join(str(part) for part in one["loc"]), problem=str(one["msg"])[:_LONGEST_VALUE])
            for one in error.errors()[:20]
        ]
        told = Problem(
            title=HTTPStatus(422).phrase, status=422, detail="the request is not as it must be", fields=fields
        )
        return problem_response(told, request.url.path)

    @app.exception_handler(HTTPException)
    def plain(request: Request, error: HTTPException) -> JSONResponse:
        told = Problem(title=HTTPStatus(error.status_code).phrase, status=error.status_code, detail=str(error.detail))
        return problem_response(told, request.url.path, error.headers)

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> JSONResponse:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        told = Problem(title=HTTPStatus(500).phrase, status=500, detail="something went wrong here; it is in the log")
        return problem_response(told, request.url.path)
