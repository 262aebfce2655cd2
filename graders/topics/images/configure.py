from ipaddress import ip_address

from graders.author import Answer, Container, Engine, Failed, check

IMAGE = "dd-shop:1.0"
PORT = 8000
OSLO, ROME = "dd-oslo", "dd-rome"
Settings = dict[str, str]
FOLDERS = {OSLO: "/srv/oslo", ROME: "/srv/rome"}


def variables(answer: Answer) -> dict[str, str]:
    return {
        "GREETING": f"God morgen, kunde {answer.number('customer', 100, 999)}",
        "SHOP_UID": str(answer.number("uid", 2000, 59999)),
    }


def prepare(engine: Engine, answer: Answer) -> None:
    changes = ["WORKDIR /srv", "EXPOSE 8000", 'CMD ["python", "/shop/shop.py"]']
    engine.make_image("python:3.13-slim", content=answer.scene / "image", name=IMAGE, changes=changes)


def settings_of(answer: Answer) -> Settings:
    """The settings of the shop in Rome, as the learner received them."""
    lines = (answer.given / "rome.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


@check(points=1)
def oslo(engine: Engine) -> Container:
    """`dd-oslo` runs."""
    return started(engine, OSLO)


@check(points=1)
def rome(engine: Engine) -> Container:
    """`dd-rome` runs."""
    return started(engine, ROME)


def started(engine: Engine, name: str) -> Container:
    container = engine.container(name)
    if error := container.state["Error"]:
        first = [*(container.config["Entrypoint"] or []), *(container.config["Cmd"] or []), ""][0]
        hint = "What stands behind the image's name is the command, not an option." if first.startswith("-") else ""
        command = container.evidence("command: {{json .Config.Cmd}}, user: {{.Config.User}}")
        raise Failed(f"Docker could not start `{name}`: {error}.", hint=hint, evidence=command)
    return container.running()


@check(needs=[oslo, rome], points=1)
def one_image(engine: Engine, oslo: Container, rome: Container, answer: Answer) -> None:
    """Both were made from the same image, `dd-shop:1.0`, which holds no settings."""
    image = engine.image(IMAGE)
    for container in (oslo, rome):
        if container.attributes["Image"] != image.id:
            raise Failed(
                f"`{container.name}` was made from another image than `{IMAGE}`: `{container.config['Image']}`.",
                hint="Settings in an image need a new image for each change, and each place. `docker run` takes them.",
                evidence=engine.evidence("{{.Name}} {{.Config.Image}} {{.Image}}", OSLO, ROME),
            )
    if inside := sorted(settings_of(answer).keys() & image.env.keys()):
        raise Failed(
            f"The image `{IMAGE}` now holds {' and '.join(inside)}, so every shop has them, wanted or not.",
            hint="Reset the exercise to get the image back, and give the settings to `docker run`.",
            evidence=image.evidence("{{json .Config.Env}}"),
        )
    if image.id != engine.made(IMAGE):
        raise Failed(
            f"`{IMAGE}` now names another image than the one that you received.",
            hint="Reset the exercise to get the image back. `docker run` takes all that differs.",
            evidence=image.evidence("{{.Created}} {{json .Config.Cmd}} {{.Config.WorkingDir}} {{.Config.User}}"),
        )


@check(needs=oslo, points=1)
def oslo_settings(oslo: Container, answer: Answer) -> Settings:
    """`dd-oslo` has `GREETING` with the value of `$GREETING`, and `CURRENCY`, which is NOK."""
    hint = "`--env` takes NAME=value, and comes once for each. It is set when the container is made."
    return has_all({"GREETING": variables(answer)["GREETING"], "CURRENCY": "NOK"}, oslo, hint)


@check(needs=rome, points=1)
def rome_settings(rome: Container, answer: Answer) -> Settings:
    """`dd-rome` has all settings of `rome.env`, as they stand there."""
    return has_all(settings_of(answer), rome, "One option of `docker run` reads a whole file of variables.")


def has_all(settings: Settings, container: Container, absent: str) -> Settings:
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
    return settings


@check(needs=[oslo, rome], points=1)
def working_directories(oslo: Container, rome: Container) -> None:
    """`dd-oslo` works in `/srv/oslo`, `dd-rome` in `/srv/rome`."""
    for container in (oslo, rome):
        seen, wanted = container.exec("pwd"), FOLDERS[container.name]
        if (folder := seen.stdout.strip()) != wanted:
            raise Failed(
                f"The working directory of `{container.name}` is `{folder}`, not `{wanted}`.",
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


@check(needs=[oslo, rome], points=1)
def published(oslo: Container, rome: Container) -> None:
    """Both publish port 8000 on 127.0.0.1, and on no other address."""
    for container in (oslo, rome):
        bound = container.published(PORT)
        addresses = [address for address, _ in bound if not ip_address(address).is_loopback]
        if not bound:
            others = ", ".join(container.published_ports)
            raise Failed(
                f"`{container.name}` does not publish port {PORT}" + (f", but {others}." if others else "."),
                hint="In `--publish ADDRESS:HOST:CONTAINER` the last number is the port inside.",
                evidence=container.port_evidence(),
            )
        if addresses:
            raise Failed(
                f"`{container.name}` is published on {' and '.join(addresses)}, not on 127.0.0.1 alone.",
                hint="`--publish` takes an address before the ports.",
                evidence=container.port_evidence(),
            )


@check(needs=[one_image, oslo_settings, rome_settings, working_directories, users, published], points=1)
def answer(oslo: Container, rome: Container, oslo_settings: Settings, rome_settings: Settings, answer: Answer) -> None:
    """Both shops answer through their published port, each with its own settings."""
    for container, settings in ((oslo, oslo_settings), (rome, rome_settings)):
        response = container.request(port=PORT, wait=5)
        if not response.status:
            raise Failed(
                f"`{container.name}` runs and publishes port {PORT}, but nothing answers there: {response.error}",
                hint="Which command runs in it? Nothing behind the image's name means the image's own.",
                evidence=[*container.evidence("{{.Config.Entrypoint}} {{.Config.Cmd}}"), *container.log_evidence()],
            )
        stock = (answer.scene / f"image{FOLDERS[container.name]}/stock.txt").read_text().strip()
        told = dict(line.partition(": ")[::2] for line in response.body.splitlines())
        for name, value in (settings | {"stock": stock, "user": variables(answer)["SHOP_UID"]}).items():
            if told.get(name) != value:
                raise Failed(
                    f"`{container.name}` answers `{name}: {told.get(name, '')}`, not `{name}: {value}`.",
                    hint="The container is configured; does its command change that again?",
                    evidence=[f'$ curl -s "$(docker port {container.name} {PORT})"', *response.body.splitlines()],
                )
