import shlex

from graders.author import Answer, Container, Engine, Failed, check

IMAGE = "dd-shop:1.0"
PORT = 8000
OSLO, ROME = "dd-oslo", "dd-rome"
FOLDERS = {OSLO: "/srv/oslo", ROME: "/srv/rome"}
STOCK = {OSLO: "skis and sledges", ROME: "scooters and sunglasses"}
ROME_SETTINGS = {
    "GREETING": "Buona sera a tutti",
    "CURRENCY": "EUR",
    "OPENS": "09:30",
    "CLOSES": "19:45",
    "CLOSED_ON": "Sunday and Monday",
}
SHOP = '''\
"""A web shop that tells how it is configured."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SETTINGS = ("GREETING", "CURRENCY", "OPENS", "CLOSES", "CLOSED_ON")


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        stock = Path("stock.txt")
        told = {name: os.environ.get(name, "(not set)") for name in SETTINGS}
        told["stock"] = stock.read_text().strip() if stock.is_file() else f"there is no stock.txt in {os.getcwd()}"
        told["user"] = os.getuid()
        text = "".join(f"{name}: {value}\\n" for name, value in told.items()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


ThreadingHTTPServer(("0.0.0.0", 8000), Shop).serve_forever()
'''


def variables(answer: Answer) -> dict[str, str]:
    return {
        "GREETING": f"God morgen, kunde {answer.number('customer', 100, 999)}",
        "SHOP_UID": str(answer.number("uid", 2000, 59999)),
    }


def prepare(engine: Engine, answer: Answer) -> None:
    del answer
    folders = [
        f"mkdir -p {folder}; echo {shlex.quote(STOCK[name])} > {folder}/stock.txt" for name, folder in FOLDERS.items()
    ]
    script = "; ".join(["set -e", *folders, "mkdir /shop", f"printf %s {shlex.quote(SHOP)} > /shop/shop.py"])
    changes = ["WORKDIR /srv", "EXPOSE 8000", 'CMD ["python", "/shop/shop.py"]']
    engine.make_image("python:3.13-slim", script, name=IMAGE, changes=changes)


@check(points=1)
def oslo(engine: Engine) -> Container:
    """`dd-oslo` runs."""
    return started(engine, OSLO)


@check(points=1)
def rome(engine: Engine) -> Container:
    """`dd-rome` runs."""
    return started(engine, ROME)


@check(needs=[oslo, rome], points=1)
def one_image(engine: Engine, oslo: Container, rome: Container) -> None:
    """Both were made from the same image, `dd-shop:1.0`, which holds no settings."""
    image = engine.image(IMAGE)
    for container in (oslo, rome):
        if container.image.id != image.id:
            raise Failed(
                f"`{container.name}` was made from another image than `{IMAGE}`: `{container.config['Image']}`.",
                hint="Settings in an image need a new image for each change, and each place. `docker run` takes them.",
                evidence=engine.docker(
                    "inspect", "--format", "{{.Name}} {{.Config.Image}} {{.Image}}", OSLO, ROME
                ).evidence,
            )
    if inside := sorted(ROME_SETTINGS.keys() & image.env.keys()):
        raise Failed(
            f"The image `{IMAGE}` now holds {' and '.join(inside)}, so every shop has them, wanted or not.",
            hint="Reset the exercise to get the image back, and give the settings to `docker run`.",
            evidence=image.evidence("{{json .Config.Env}}"),
        )


@check(needs=oslo, points=1)
def oslo_settings(oslo: Container, answer: Answer) -> dict[str, str]:
    """`dd-oslo` has `GREETING` with the value of `$GREETING`, and `CURRENCY`, which is NOK."""
    settings = {"GREETING": variables(answer)["GREETING"], "CURRENCY": "NOK"}
    look_for(settings, oslo, "`--env` takes NAME=value, and comes once for each. It is set when the container is made.")
    return settings


@check(needs=rome, points=1)
def rome_settings(rome: Container) -> dict[str, str]:
    """`dd-rome` has all settings of `rome.env`, as they stand there."""
    look_for(ROME_SETTINGS, rome, "One option of `docker run` reads a whole file of variables.")
    return ROME_SETTINGS


@check(needs=[oslo, rome], points=1)
def working_directories(oslo: Container, rome: Container) -> None:
    """`dd-oslo` works in `/srv/oslo`, `dd-rome` in `/srv/rome`."""
    for container in (oslo, rome):
        seen = container.exec("pwd")
        if seen.stdout.strip() != FOLDERS[container.name]:
            raise Failed(
                f"The working directory of `{container.name}` is `{seen.stdout.strip()}`, "
                f"not `{FOLDERS[container.name]}`.",
                hint="An option of `docker run` sets it for all that runs in the container. "
                "Docker makes a directory that is not there, and says nothing.",
                evidence=[*seen.evidence, *container.exec("ls", "/srv").evidence],
            )


@check(needs=[oslo, rome], points=1)
def users(oslo: Container, rome: Container, answer: Answer) -> None:
    """Both run as the user `$SHOP_UID`."""
    wanted = variables(answer)["SHOP_UID"]
    for container in (oslo, rome):
        seen = container.exec("id", "-u")
        if (uid := seen.stdout.strip()) != wanted:
            raise Failed(
                f"`{container.name}` runs as {'root, user 0' if uid == '0' else f'user {uid}'}, not as user {wanted}.",
                hint="A container runs as the image says, which is root unless somebody chose another. "
                "A number needs no account in the image.",
                evidence=seen.evidence,
            )


@check(needs=[one_image, oslo_settings, rome_settings, working_directories, users], points=2)
def answer(
    oslo: Container,
    rome: Container,
    oslo_settings: dict[str, str],
    rome_settings: dict[str, str],
    answer: Answer,
) -> None:
    """Both shops answer through their published port, each with its own settings."""
    user = {"user": variables(answer)["SHOP_UID"]}
    for container, settings in ((oslo, oslo_settings), (rome, rome_settings)):
        response = container.request(port=PORT, wait=5)
        if not response.status:
            raise Failed(
                f"`{container.name}` runs and publishes port {PORT}, but nothing answers there: {response.error}",
                hint="Which command runs in it? Nothing behind the image's name means the image's own.",
                evidence=[*container.evidence("{{.Config.Entrypoint}} {{.Config.Cmd}}"), *container.log_evidence()],
            )
        told = dict(line.partition(": ")[::2] for line in response.body.splitlines())
        for name, value in (settings | {"stock": STOCK[container.name]} | user).items():
            if told.get(name) != value:
                raise Failed(
                    f"`{container.name}` answers `{name}: {told.get(name, '')}`, not `{name}: {value}`.",
                    hint="The container is configured; does its command change that again?",
                    evidence=[f'$ curl -s "$(docker port {container.name} {PORT})"', *response.body.splitlines()],
                )


def started(engine: Engine, name: str) -> Container:
    container = engine.container(name)
    if error := container.state["Error"]:
        first = [*(container.config["Entrypoint"] or []), *(container.config["Cmd"] or [])][:1]
        behind = first and first[0].startswith("-")
        raise Failed(
            f"Docker could not start `{name}`: {error}.",
            hint="What stands behind the image's name is the command, not an option." if behind else "",
            evidence=container.evidence("command: {{json .Config.Cmd}}, user: {{.Config.User}}"),
        )
    return container.running()


def look_for(settings: dict[str, str], container: Container, absent: str) -> None:
    for name, value in settings.items():
        seen = container.env.get(name)
        if seen == value:
            continue
        if seen is None:
            message, hint = f"`{container.name}` has no variable `{name}`.", absent
        elif seen.strip("'\"") == value:
            message = f"In `{container.name}`, quotation marks have become part of `{name}`: `{seen}`."
            hint = "A shell takes the marks away. Docker, which reads the file, does not."
        else:
            message = f"In `{container.name}`, `{name}` is `{seen}`, not `{value}`."
            hint = "What does your shell make of the quotes you wrote?" if "$" in seen else ""
        raise Failed(message, hint=hint, evidence=container.exec("env").evidence)
