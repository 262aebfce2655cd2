"""A restart of the Engine, performed on a second one beside a throwaway Engine; a learner's own is never restarted."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from graders.errors import DrydockError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from graders.engine.run import Run

SAID = "restarted"
SECONDS = 60
SCRIPT = """\
place=$(mktemp -d /var/lib/docker/second-XXXXXX) || exit 1
begin() {{
  setsid unshare --net dockerd --host="unix://$place/socket" --data-root="$place/data" --exec-root="$place/run" \\
    --pidfile="$place/pid" --containerd=/run/containerd/containerd.sock --containerd-namespace="${{place##*/}}" \\
    --containerd-plugins-namespace="${{place##*/}}-plugins" --bridge=none --iptables=false --ip6tables=false \\
    --storage-driver=overlay2 >>"$place/log" 2>&1 &
  second=$!
  # From then on it can be asked, and answers as soon as it is ready.
  until [ -S "$place/socket" ]; do kill -0 "$second" 2>/dev/null || fail; sleep 0.05; done
}}
end() {{ kill -TERM "$second" 2>/dev/null; wait "$second"; }}
fail() {{ tail -n 1 "$place/log"; exit 1; }}
clean() {{
  docker --host="unix://$place/socket" ps --all --quiet | xargs -r docker --host="unix://$place/socket" rm --force
  end
  rm -rf "$place"
}} >/dev/null 2>&1
compose() {{ cd {here} && docker compose --project-name={name} --file={file} "$@"; }}
trap clean EXIT
begin
docker save {images} | docker --host="unix://$place/socket" load >/dev/null || fail
export DOCKER_HOST="unix://$place/socket" DOCKER_TLS_VERIFY= DOCKER_CERT_PATH=
(compose up --detach --no-build --pull never {wanted}) >"$place/up" 2>&1 || {{ tail -n 1 "$place/up"; exit 1; }}
docker stop {by_hand} >"$place/up" 2>&1 || {{ tail -n 1 "$place/up"; exit 1; }}
end
rm -f "$place/socket"
begin
docker ps --all --format '{{{{.Names}}}} {{{{.State}}}}' >{said} || fail
"""
"""What the second Engine has is its own: folders, containers, and a network, for two would quarrel over `docker0`."""


class AfterRestart(NamedTuple):
    """What became of services when an Engine was restarted: the states of their containers, such as `running`."""

    left: dict[str, str]
    """Of those that ran until the restart."""
    stopped: dict[str, str]
    """Of those that were stopped by hand before it."""


def perform(  # noqa: PLR0913, PLR0917 - what names a project
    run: Run,
    place: Path,
    here: str,
    name: str,
    file: str,
    images: Iterable[str],
    left: Sequence[str],
    by_hand: Sequence[str],
) -> AfterRestart | None:
    """Bring services up on a second Engine, stop some by hand, restart it, and look; never on the learner's own."""
    if run.connection.kind == "found":
        return None
    counted = Counter([*left, *by_hand])
    script = SCRIPT.format(
        here=here,
        name=name,
        file=file,
        images=shlex.join(sorted(set(images))),
        wanted=shlex.join([*(f"--scale={one}={count}" for one, count in counted.items()), *counted]),
        by_hand=shlex.join(f"{name}-{one}-1" for one in by_hand),
        said=SAID,
    )
    (place / "restart.sh").write_text(script)
    done = run.connection.run_script(place, "restart.sh", timeout=run.pace.limit(SECONDS).given)
    if done.exit_code:
        said = done.output.strip().splitlines()[-1:] or [f"exit code {done.exit_code}"]
        raise DrydockError(f"A second Engine could not be restarted: {said[0]}", "Check again.")
    state = dict(line.split() for line in (place / SAID).read_text().splitlines())
    # The first container of a service is the one that was stopped, where one was.
    return AfterRestart(
        {one: state[f"{name}-{one}-{counted[one]}"] for one in left}, {one: state[f"{name}-{one}-1"] for one in by_hand}
    )
