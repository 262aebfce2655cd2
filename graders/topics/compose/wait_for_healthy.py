from graders.author import Answer, Engine, Failed, Happened, Project, check

DB, MIGRATE, WEB = "db", "migrate", "web"
PAGE = 8000
SLOW, ENDS = 4, 5
"""Seconds that the database takes longer, and in which a page ends that came too early."""
ARCHIVE, TABLE = "db/10-archive.sql", "migrations/1.sql"
TOLD = ("start", "healthy", "unhealthy", "die")
Up = tuple[Project, list[Happened]]


@check(points=2)
def up(engine: Engine, answer: Answer) -> Up:
    """`docker compose up` brings all up, with a database that is slower than today."""
    answer.unchanged(hint="What is missing is in `compose.yaml`. `%reset` brings it back.")
    with answer.copied() as folder:
        (folder / ARCHIVE).write_text(f"SELECT pg_sleep({SLOW});\n")
        (folder / TABLE).write_text(f"SELECT pg_sleep(1);\n{(folder / TABLE).read_text()}")
        project = engine.project(folder)
    if missing := sorted({DB, MIGRATE, WEB} - {*project.services}):
        raise Failed(
            f"There is no service `{missing[0]}`.", evidence=["$ docker compose config --services", *project.services]
        )
    with project.watched() as happened:
        done = project.compose("up", "--detach", "--build", may_fail=True)
        project.container(MIGRATE).ends_within(SLOW + 10)
        if _came_early(happened):  # then it ends soon, and how it does is worth telling
            project.container(WEB).ends_within(ENDS)
    if done.exit_code:
        raise Failed(
            "`docker compose up` failed, with a database that takes longer than today.",
            hint="Who was not ready when it was asked?",
            evidence=[*done.evidence, *_story(happened), *project.container(MIGRATE).log_evidence()],
        )
    return project, happened


@check(needs=up, points=2)
def ready(up: Up) -> None:
    """The migration starts once, when the database can be asked, and ends with 0."""
    project, happened = up
    runs = _of(happened, MIGRATE)
    healthy = [one.at for one in _of(happened, DB) if one.what == "healthy"]
    if [(one.what, one.exit_code) for one in runs] != [("start", None), ("die", 0)]:
        raise Failed(
            "The migration did not run once and end with 0.",
            hint="When the database said that it is healthy, could it be asked over the network?",
            evidence=[*_story(happened), *project.container(MIGRATE).log_evidence()],
        )
    if not healthy or runs[0].at < healthy[0]:
        raise Failed(
            "The migration started before the database said that it is ready.",
            hint="Who tells when it is ready? A time that somebody has guessed is too short one day.",
            evidence=_story(happened),
        )


@check(needs=[ready, up], points=2)
def after(up: Up) -> None:
    """The page starts once, when the migration has ended."""
    project, happened = up
    ended = next(one.at for one in _of(happened, MIGRATE) if one.what == "die")
    starts = [one.at for one in _of(happened, WEB) if one.what == "start"]
    if len(starts) != 1 or starts[0] < ended:
        early = starts and starts[0] < ended
        how = "before the migration had ended" if early else f"{len(starts)} times" if starts else "not at all"
        raise Failed(
            f"The page was started {how}.",
            hint="For what does `web` wait, and is it the end of the migration?",
            # How often an Engine that starts it again and again has come to do so is chance.
            evidence=[*dict.fromkeys([*_story(happened), *project.container(WEB).log_evidence()])],
        )
    project.container(WEB).page("/", port=PAGE, wait=10)


@check(needs=[after, up], points=2)
def stays_away(up: Up) -> None:
    """When the migration fails, `docker compose up` fails, and the page is not started."""
    project, _ = up
    project.compose("rm", "--force", "--stop", WEB, MIGRATE)
    (project.folder / TABLE).write_text("SELECT broken;\n")
    with project.watched() as happened:
        done = project.compose("up", "--detach", "--build", may_fail=True)
    if not done.exit_code or any(one.what == "start" for one in _of(happened, WEB)):
        raise Failed(
            "The check broke the migration, and the page was started all the same.",
            hint="An end is not enough: how did it end?",
            evidence=_story(happened),
        )


def _came_early(happened: list[Happened]) -> bool:
    """Whether the page was started before the migration had ended."""
    told = [(one.service, one.what) for one in happened]
    page, end = (WEB, "start"), (MIGRATE, "die")
    return page in told and (end not in told or told.index(page) < told.index(end))


def _of(happened: list[Happened], service: str) -> list[Happened]:
    return [one for one in happened if one.service == service and one.what in TOLD]


def _story(happened: list[Happened]) -> list[str]:
    """What happened, in order, with the seconds since the first of it."""
    told = [one for one in happened if one.what in TOLD]
    names = {"start": "started", "healthy": "became healthy", "unhealthy": "became unhealthy"}
    return [f"{one.service} {names.get(one.what) or f'ended with {one.exit_code}'}" for one in told]
