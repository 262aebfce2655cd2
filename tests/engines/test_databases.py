"""Databases are asked with the course's own clients, once they are ready."""

from __future__ import annotations

import pytest

from environment.engines.session import current_session
from graders.engine import Engine
from graders.errors import Failed

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def engine(found):
    with Engine(found, "notebooks", session=current_session()) as engine:
        yield engine


@pytest.fixture(scope="module")
def postgres(engine):
    settings = {"POSTGRES_PASSWORD": "secret", "POSTGRES_USER": "harbour", "POSTGRES_DB": "tides"}
    return engine.run("postgres:17", environment=settings)


def test_rows_come_back_as_soon_as_the_server_is_ready(engine, postgres):
    assert engine.sql(postgres, "SELECT current_user, current_database()") == ["harbour|tides"]
    assert engine.sql(postgres, "SELECT 1 WHERE false") == []


def test_a_statement_that_the_server_refuses_fails_with_its_words(engine, postgres):
    with pytest.raises(Failed, match="does not answer as it should") as failed:
        engine.sql(postgres, "SELECT * FROM nothing")
    shown = "\n".join(failed.value.evidence)
    assert 'relation "nothing" does not exist' in shown
    assert "LOG:" not in shown
    assert "$ docker exec my-container psql -U harbour -d tides -Atc 'SELECT * FROM nothing'" in shown


def test_a_server_that_ended_says_why(engine):
    ended = engine.run("postgres:17", "postgres", "--nonsense", environment={"POSTGRES_PASSWORD": "secret"})
    ended.wait_exit()
    with pytest.raises(Failed, match="is not running: it exited"):
        engine.sql(ended, "SELECT 1")


def test_values_come_back_from_redis(engine):
    redis = engine.run("redis:8.0")
    assert engine.redis(redis, "SET", "tide", "high water") == ["OK"]
    assert engine.redis(redis, "GET", "tide") == ["high water"]
    with pytest.raises(Failed, match="does not answer as it should"):
        engine.redis(redis, "LPOP", "tide")


def test_a_client_that_the_answer_brought_is_not_asked(engine):
    fake = engine.make_image("redis:8.0", "printf '#!/bin/sh\necho lied\n' >/usr/bin/redis-cli")
    assert engine.redis(engine.run(fake, "redis-server"), "ECHO", "told") == ["told"]


def test_a_server_that_ends_while_it_is_asked_is_not_waited_for(engine):
    settings = {"POSTGRES_PASSWORD": "secret"}
    ended = engine.run("postgres:17", "sh", "-c", "sleep 1; exit 7", environment=settings)
    with pytest.raises(Failed, match="is not running: it exited with code 7"):
        engine.sql(ended, "SELECT 1")
