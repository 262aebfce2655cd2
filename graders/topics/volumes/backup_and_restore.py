from typing import NamedTuple

from graders.author import Answer, Container, Engine, Failed, check, hinted

IMAGE, NAME, VOLUME, SAFE = "postgres:17", "dd-ledger", "dd-ledger-data", "dd-safe"
RESTORED, NEW, DATA = "dd-restored", "dd-restored-data", "/var/lib/postgresql/data"
TODAY, YESTERDAY, FIRST = "today", "/yesterday/ledger.csv", 201
"""The folder of the backup, the file of the one before, and the number of today's first entry."""
MODES = {"keys": "1042:1042 750", "keys/clerk.key": "1042:1042 600", "keys/harbour.crt": "0:0 644"}
FILES, KNOWN = "/global/pg_control", "/backup_label"
"""What PostgreSQL's own files have among them, and those that were copied with its knowledge."""
NEAR = 150
"""As many entries before and after one show how fast entries come."""
BACK = "`%reset` brings everything back."
MORE = """
DO $$
DECLARE before int := entries FROM balance;
BEGIN
    FOR i IN 1..{} LOOP
        EXIT WHEN (SELECT entries FROM balance) > before + 2;
        PERFORM pg_sleep(0.1);
    END LOOP;
    PERFORM set_config('seen.more', ((SELECT entries FROM balance) > before + 2)::text, false);
END
$$;
SELECT current_setting('seen.more')
"""
"""Whether entries are written while one looks."""
STILL = """
WITH near AS (
    SELECT entry, greatest(lead(at, 2) OVER in_order - at, lead(at) OVER in_order - lag(at) OVER in_order) AS two
    FROM ledger WHERE entry BETWEEN '{0}' AND '{2}' WINDOW in_order AS (ORDER BY entry)
)
SELECT two > (
    SELECT greatest(
        3 * percentile_cont(0.5) WITHIN GROUP (ORDER BY two), 2 * percentile_cont(0.9) WITHIN GROUP (ORDER BY two)
    ) FROM near
) FROM near WHERE entry = '{1}'
"""
"""Whether at the youngest entry of a backup two entries took much longer than usual.

At the moment of the backup it can have been half written. One that was gets its time before a pause, and again after a
stop: so two are looked at, from it on and around it.
"""
CHAIN = """
SELECT last, broken, (entries, tons, seal) IN (SELECT entries, tons, seal FROM balance)
FROM (
    SELECT max(entry) AS last, count(*) AS entries, sum(tons) AS tons, (array_agg(seal ORDER BY entry DESC))[1] AS seal,
        count(*) FILTER (WHERE seal IS DISTINCT FROM md5(before || entry || tons)) AS broken
    FROM (SELECT *, lag(seal, 1, '{}') OVER (ORDER BY entry) AS before FROM ledger) AS each
) AS whole
"""
"""The last entry, how many have a seal that does not fit the one before, and whether the balance fits all."""


NEXT = "SELECT entry, at FROM ledger WHERE entry >= '{}' ORDER BY entry LIMIT 3"
NEWEST = "SELECT max(at) FROM ledger"
WHERE = "SELECT current_setting('data_directory'), to_regclass('ledger')"
BOTH = "SELECT count(*), sum(tons) FROM ledger; TABLE balance"


class Backup(NamedTuple):
    """What was found in the folder of today."""

    last: int
    """The number of the youngest entry."""
    of_files: bool
    """Whether files of the database were copied without its knowledge."""


def entry(answer: Answer, number: int) -> str:
    return f"entry-{answer.nonce('ledger', 4)}{number:08}"


def texts(answer: Answer) -> dict[str, str]:
    """What is in the files of the folder `keys`, by path."""
    return {path: f"{path} {answer.nonce(path, 32)}" for path in MODES if "/" in path}


def yesterday(answer: Answer) -> str:
    return f"entries,seal\n{FIRST - 1},{answer.nonce('yesterday', 32)}\n"


def prepare(engine: Engine, answer: Answer) -> None:
    serve, keys, ledger = ((answer.scene / name).read_text() for name in ("serve.sh", "keys.sh", "ledger.sql"))
    engine.make_volume(SAFE, {YESTERDAY: yesterday(answer).encode()})
    engine.make_volume(VOLUME)
    key, signed = texts(answer).values()
    variables = {"POSTGRES_PASSWORD": "harbour", "PGDATA": f"{DATA}/db"}
    mounted = {VOLUME: {"bind": DATA}}
    database = engine.run(IMAGE, "-c", serve, entrypoint="bash", name=NAME, volumes=mounted, environment=variables)
    engine.sql(database, ledger.replace("SEED", answer.nonce("ledger", 4)))
    database.exec("env", f"DATA={DATA}", f"KEY={key}", f"SIGNED={signed}", "sh", "-c", keys)


@check(points=1)
def goes_on(engine: Engine) -> Container:
    """`dd-ledger` is the container that it was, it runs, and the clerk goes on writing."""
    database = engine.scene(NAME)
    if (status := database.state["Status"]) != "running":
        seen = database.evidence("{{.State.Status}}")
        what = f"`{NAME}` does not run, its status is `{status}`: the clerk cannot write."
        raise Failed(what, hint="Which command ends that?", evidence=seen)
    if engine.sql(database, MORE.format(round(200 * engine.patience)))[-1] != "true":
        raise Failed(
            f"`{NAME}` runs, but no new entries are written.",
            hint=f"Does something hold the table, or is the clerk's shift over? {BACK}",
            evidence=[f"$ docker exec {NAME} psql -U postgres -c '{NEWEST}'"],
        )
    return database


@check(points=2)
def archived(engine: Engine, answer: Answer) -> Backup:
    """In `dd-safe`, the folder `today` has entries of today and the files of `keys`; `yesterday` is as it was."""
    safe = engine.scene_volume(SAFE)
    if safe.text(YESTERDAY) != yesterday(answer):
        raise Failed(f"Yesterday's backup in `{SAFE}` is not as it was.", hint=BACK, evidence=safe.listing_evidence())
    of_ledger = f"{entry(answer, 0)[:-8]}[0-9]{{8}}"
    last, files, known, *keys = safe.greatest(TODAY, of_ledger, FILES, KNOWN, *texts(answer).values())
    number = int(last[-8:] or 0)
    with hinted(evidence=lambda: safe.listing_evidence(TODAY)):
        if number < FIRST:
            what = "only entries of yesterday" if number else "no entry of the ledger"
            raise Failed(f"In the folder `{TODAY}` of `{SAFE}` there is {what}.", hint="What was there to be copied?")
        if not all(keys):
            hint = "Is the database all that lies in the volume?"
            raise Failed(f"In the folder `{TODAY}` of `{SAFE}` not all files of `keys` are found.", hint=hint)
    return Backup(number, bool(files) and not known)


@check(needs=[goes_on, archived], points=3)
def files_at_rest(goes_on: Container, archived: Backup, engine: Engine, answer: Answer) -> Backup:
    """The database did not write into its files while they were copied, or knew of it; or it wrote a dump."""
    lowest, last, highest = (entry(answer, archived.last + by) for by in (-NEAR, 0, NEAR))
    if archived.of_files and engine.sql(goes_on, STILL.format(lowest, last, highest)) != ["t"]:
        shown = NEXT.format(last)
        raise Failed(
            f"`{TODAY}` has files of the database that were copied while it wrote into them: after the last entry that "
            "they have, the next ones came as fast as ever. So some of the files are older than others.",
            hint="It can be restored with luck, on some days. Who can see to it that nothing is written meanwhile, or "
            "knows how to copy all the same?",
            evidence=[f'$ docker exec {NAME} psql -U postgres -Atc "{shown}"', *engine.sql(goes_on, shown)],
        )
    return archived


@check(needs=files_at_rest, points=1)
def restored(engine: Engine) -> Container:
    """`dd-restored` runs from `postgres:17`, and has its data, with the ledger, in the volume `dd-restored-data`."""
    database = engine.container(RESTORED).from_image(IMAGE)
    folder, ledger = engine.sql(database, WHERE)[0].split("|")
    mount = database.mount(folder)
    if not ledger or not mount or mount.source != NEW:
        raise Failed(
            f"The database in `{RESTORED}` has {f'its data not in `{NEW}`' if ledger else 'no table `ledger`'}.",
            hint="Where does the server look for its data, and where are they?",
            evidence=[f"$ docker exec {RESTORED} psql … -c 'SHOW data_directory'", folder, *database.mount_evidence()],
        )
    return database


@check(needs=[restored, files_at_rest], points=3)
def whole(restored: Container, files_at_rest: Backup, engine: Engine, answer: Answer) -> None:
    """The ledger in `dd-restored` is whole, up to the backup: each seal is right, and the balance fits."""
    last, broken, fits = engine.sql(restored, CHAIN.format(answer.nonce("ledger", 4)))[0].split("|")
    shown = [f"$ docker exec {RESTORED} psql -U postgres -Atc '{BOTH}'"]
    if broken != "0" or fits != "t":
        what = "the balance does not fit the entries" if broken == "0" else "seals do not fit the entries before"
        hint = "Are both tables as they were at the same moment, and in the backup just once?"
        raise Failed(f"In `{RESTORED}`, {what}.", hint=hint, evidence=shown)
    end = entry(answer, files_at_rest.last)
    if not entry(answer, files_at_rest.last - NEAR) <= last <= end:
        what = f"`{RESTORED}` ends with the entry `{last}`, and the backup with `{end}`."
        raise Failed(what, hint="Was it made of this backup?", evidence=shown)


@check(needs=restored, points=1)
def keys_kept(restored: Container, engine: Engine, answer: Answer) -> None:
    """The volume `dd-restored-data` has the folder `keys`, with contents, owners and modes."""
    root = next(mount.target for mount in restored.mounts if mount.source == NEW)
    hint, looked = "What keeps them in a copy, or in an archive?", engine.volume(NEW).listing_evidence
    with hinted(hint, evidence=lambda: looked("keys")):
        for path, text in texts(answer).items():
            if restored.text(f"{root}/{path}") != f"{text}\n":
                raise Failed(f"In `{NEW}`, `{path}` is not there, or has other contents.")
        for path, mode in MODES.items():
            found = restored.entry(f"{root}/{path}")
            if found and (seen := f"{found.uid}:{found.gid} {found.mode & 0o7777:o}") != mode:
                raise Failed(f"`{path}` had the owner and mode `{mode}`, and has `{seen}`.")
