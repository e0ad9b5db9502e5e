"""SQLAlchemy's synchronous ORM."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import URL, CursorResult, Executable, create_engine, event, text
from sqlalchemy.orm import Session

from bench.plans import answers
from bench.plans.case import POSTGRES, SQLITE, Case, Prepared
from bench.plans.contenders.contender import (
    Run,
    SqliteLimit,
    Threaded,
    set_up_sqlite,
    timed,
)
from bench.plans.servers import Server, limit_statement


class SqlAlchemy(Threaded):
    name = "SQLAlchemy"

    def __init__(self, server: Server, limit: float) -> None:
        super().__init__(server, limit)
        self._engine = create_engine(_address(server), pool_size=1)
        event.listen(self._engine, "connect", self._set_up)

    def _set_up(self, connection: Any, _record: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            set_up_sqlite(connection)
        elif limit := limit_statement(self.kind, self.limit):
            cursor = connection.cursor()
            cursor.execute(limit)
            cursor.close()
            connection.commit()

    def _close(self) -> None:
        self._engine.dispose()

    def _run(self, case: Case, check: bool) -> Run | None:
        call = case.sqlalchemy
        if call is None:
            return None
        with Session(self._engine) as session:
            if isinstance(call, Prepared):
                loaded, use = _evaluated(session, call.load()), call.use
                seconds, answer = self._timed(
                    session, lambda: _evaluated(session, use((session, loaded)))
                )
            else:
                seconds, answer = self._timed(session, lambda: _evaluated(session, call(session)))
            return Run(seconds, self._plain(session, case, answer) if check else None)

    def _timed(self, session: Session, call: Any) -> tuple[float, Any]:
        driver = session.connection().connection.dbapi_connection
        if not isinstance(driver, sqlite3.Connection):
            return timed(call)
        with SqliteLimit(driver, self.limit):
            return timed(call)

    def _plain(self, session: Session, case: Case, answer: Any) -> Any:
        if case.probe:
            session.flush()
            answer = session.scalar(text(case.probe))
        elif case.digest:
            answer = case.digest(answer)
        return answers.plain(answer, ordered=case.ordered)


def _evaluated(session: Session, answer: Any) -> Any:
    if not isinstance(answer, Executable):
        return answer
    result: Any = session.execute(answer)
    if isinstance(result, CursorResult) and not result.returns_rows:
        return result.rowcount
    rows = result.all()
    return [row[0] if len(row) == 1 else tuple(row) for row in rows]


def _address(server: Server) -> URL:
    if server.kind == SQLITE:
        return URL.create("sqlite", database=str(server.copy))
    address = server.address
    return URL.create(
        "postgresql+psycopg" if server.kind == POSTGRES else "mysql+pymysql",
        username=address.username,
        password=address.password,
        host=address.hostname,
        port=address.port,
        database=server.name,
    )
