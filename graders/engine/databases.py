"""Asking the databases that answers run, with the clients of the course's own images: never with the answer's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from graders.engine import containers
from graders.errors import DrydockError, Failed

if TYPE_CHECKING:
    from graders.engine.containers import Container
    from graders.engine.run import Run

POSTGRES, REDIS = "postgres:17", "redis:8.0"
READY_SECONDS = 30
REFUSED = 1
"""The exit code of both clients where the server answers, and does not do what it was asked."""
ASK_SQL = """
end=$(($(date +%s) + WAIT))
until pg_isready --quiet --host 127.0.0.1; do
    [ $(date +%s) -lt $end ] || break
    sleep 0.1
done
exec psql --no-psqlrc --no-password --tuples-only --no-align --host 127.0.0.1 --set ON_ERROR_STOP=1 --command "$0"
"""
"""Asks once the server accepts connections; where it never does, psql says why."""
ASK_REDIS = """
end=$(($(date +%s) + WAIT))
until answer=$(redis-cli -h 127.0.0.1 --no-auth-warning ping 2>&1) && [ "$answer" = PONG ]; do
    case $answer in *NOAUTH*) break ;; esac
    [ $(date +%s) -lt $end ] || break
    sleep 0.1
done
exec redis-cli -h 127.0.0.1 --no-auth-warning -e "$@"
"""


def sql(run: Run, container: Container, statement: str) -> list[str]:
    """What a PostgreSQL server says to a statement, a line a row, with `|` between columns."""
    env = container.running().env
    user = env.get("POSTGRES_USER") or "postgres"
    variables = {
        "PGUSER": user,
        "PGDATABASE": env.get("POSTGRES_DB") or user,
        "PGPASSWORD": env.get("POSTGRES_PASSWORD") or "",
    }
    shown = ["docker", "exec", container.called, "psql", "-U", user, "-d", variables["PGDATABASE"], "-Atc", statement]
    return _asked(run, container, POSTGRES, [ASK_SQL, statement], shown, variables)


def redis(run: Run, container: Container, *command: str) -> list[str]:
    """What a Redis server says to a command, a line a value."""
    shown = ["docker", "exec", container.running().called, "redis-cli", *command]
    return _asked(run, container, REDIS, [ASK_REDIS, "ask", *command], shown, {})


def _asked(  # noqa: PLR0913, PLR0917 - who is asked what, with what, and how a learner would
    run: Run, container: Container, image: str, script: list[str], shown: list[str], variables: dict[str, str]
) -> list[str]:
    seconds = round(READY_SECONDS * run.patience)
    try:
        done = containers.once(
            run,
            image,
            "-c",
            *script,
            entrypoint="sh",
            network_mode=f"container:{container.id}",
            pid_mode=f"container:{container.id}",  # so that the kernel ends it with the server
            environment=variables | {"WAIT": str(seconds)},
            again=False,
            timeout=2 * READY_SECONDS,
        )
    except (Failed, DrydockError):
        container.running()  # nobody joins one that has ended meanwhile, or ends just now
        raise
    if done.exit_code:
        container.running()  # one that ended meanwhile says why itself
        unreached = [] if done.exit_code == REFUSED else container.log_evidence()
        raise Failed(
            f"The database in `{container.known}` does not answer as it should.",
            evidence=[*replace(done, command=container.typed(*shown)).evidence, *unreached],
        )
    return done.stdout.splitlines()
