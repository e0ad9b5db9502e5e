"""Django's synchronous ORM."""

from __future__ import annotations

from typing import Any

from django.db import connection, connections, transaction
from django.db.models import QuerySet

from bench.plans import answers
from bench.plans.case import POSTGRES, SQLITE, Case, Prepared
from bench.plans.contenders.contender import (
    Run,
    SqliteLimit,
    Threaded,
    set_up_sqlite,
    timed,
)
from bench.plans.servers import Server, limit_statement, mysql_login


class Django(Threaded):
    name = "Django"

    def __init__(self, server: Server, limit: float) -> None:
        super().__init__(server, limit)
        self._connected = False

    def _connect(self) -> None:
        settings = _settings(self.server)
        connections.settings["default"] = connections.configure_settings({"default": settings})[
            "default"
        ]
        connection.ensure_connection()
        if self.kind == SQLITE:
            set_up_sqlite(connection.connection)
        elif limit := limit_statement(self.kind, self.limit):
            with connection.cursor() as cursor:
                cursor.execute(limit)
        self._connected = True

    def _close(self) -> None:
        if self._connected:
            connection.close()
            del connections["default"]

    def _run(self, case: Case, check: bool) -> Run | None:
        if case.django is None:
            return None
        if not self._connected:
            self._connect()
        call = case.django
        if isinstance(call, Prepared):
            loaded, use = _evaluated(call.load()), call.use
        with transaction.atomic():
            if isinstance(call, Prepared):
                seconds, answer = self._timed(lambda: _evaluated(use(loaded)))
            else:
                seconds, answer = self._timed(lambda: _evaluated(call()))
            plain = self._plain(case, answer) if check else None
            transaction.set_rollback(True)
            return Run(seconds, plain)

    def _timed(self, call: Any) -> tuple[float, Any]:
        if self.kind != SQLITE:
            return timed(call)
        with SqliteLimit(connection.connection, self.limit):
            return timed(call)

    def _plain(self, case: Case, answer: Any) -> Any:
        if case.probe:
            with connection.cursor() as cursor:
                cursor.execute(case.probe)
                answer = answers.only_value(cursor.fetchall())
        elif case.digest:
            answer = case.digest(answer)
        return answers.plain(answer, ordered=case.ordered)


def _evaluated(answer: Any) -> Any:
    return list(answer) if isinstance(answer, QuerySet) else answer


def _settings(server: Server) -> dict[str, Any]:
    if server.kind == SQLITE:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(server.copy)}
    login = mysql_login(server.address)
    postgres = server.kind == POSTGRES
    return {
        "ENGINE": f"django.db.backends.{'postgresql' if postgres else 'mysql'}",
        "NAME": server.name,
        "HOST": login["host"],
        "PORT": server.address.port or (5432 if postgres else 3306),
        "USER": login["user"],
        "PASSWORD": login["password"],
    }
