from graders.author import Answer, Container, Engine, Failed, check

IMAGE = "nginx:1.26"
PAGE = "/usr/share/nginx/html/index.html"


def variables(answer: Answer) -> dict[str, str]:
    return {"NOTICE": f"Closed until {answer.number('hour', 10, 19)}:00, ask for {answer.nonce('notice', 6)}"}


def prepare(engine: Engine, answer: Answer) -> None:
    del answer
    engine.run(IMAGE, name="dd-live", publish=[80]).request("/")


@check(points=2)
def fixed(engine: Engine, answer: Answer) -> Container:
    """The page of `dd-live` shows your notice."""
    live = engine.container("dd-live").running()
    notice = variables(answer)["NOTICE"]
    response = live.request("/")
    if notice not in response.body:
        first = next((line.strip() for line in response.body.splitlines() if "<title>" in line), "")
        if not response.status:
            seen, hint = response.seen, "`docker logs dd-live` says what happened."
        elif not response.body.strip() or "$NOTICE" in response.body:
            seen = "was changed, but the notice is not in it: the shell that wrote it knew no variable NOTICE"
            hint = "Inside single quotes your own shell leaves `$NOTICE` alone, and the container has no such variable."
        else:
            seen = "still shows the old page" + (f", `{first}`" if first else "")
            hint = "Which container did your command run in, and which shell wrote the file?"
        evidence = [f"$ curl -s {live.url()}", *response.body.strip().splitlines()[:6]]
        raise Failed(f"`dd-live` {seen}. It should show “{notice}”.", hint=hint, evidence=evidence)
    return live


@check(needs=fixed, points=1)
def same_container(fixed: Container, engine: Engine) -> Container:
    """`dd-live` is still the container that was there before you came."""
    if fixed.id != engine.made("dd-live"):
        raise Failed(
            "`dd-live` is a new container. The one that people were using is gone, with all that was in it.",
            hint="Reset the exercise. Which command works inside a container that already runs?",
            evidence=fixed.evidence("{{.Name}} was created at {{.Created}} from {{.Config.Image}}"),
        )
    return fixed


@check(needs=same_container, points=1)
def never_stopped(same_container: Container) -> None:
    """`dd-live` was not stopped or restarted."""
    if same_container.finished:
        raise Failed(
            "`dd-live` was stopped and started again; meanwhile nobody got an answer.",
            hint="Reset the exercise. nginx reads the page anew for each request, so it needs no restart.",
            evidence=same_container.evidence("stopped {{.State.FinishedAt}}, started {{.State.StartedAt}}"),
        )


@check(needs=[same_container, fixed], points=1)
def fresh(engine: Engine, fixed: Container) -> Container:
    """A second container, `dd-fresh`, runs from the same image as `dd-live`."""
    second = engine.container("dd-fresh").running()
    if second.attributes["Image"] != fixed.attributes["Image"]:
        raise Failed(
            f"`dd-fresh` was made from `{second.config['Image']}`, not from the image of `dd-live`.",
            hint="The fix is in a container. Leave the images alone.",
            evidence=engine.evidence("{{.Name}} {{.Image}}", "dd-live", "dd-fresh"),
        )
    return second


@check(needs=[fresh, fixed], points=1)
def lacks_the_fix(fresh: Container, answer: Answer) -> None:
    """`dd-fresh` shows the page of the image, as it is there, without the fix."""
    shown = fresh.request_inside("/")
    if shown.exit_code:
        evidence = [*shown.evidence, *fresh.log_evidence()]
        raise Failed("`dd-fresh` runs, but does not answer on port 80.", evidence=evidence)
    if variables(answer)["NOTICE"] in shown.stdout:
        raise Failed(
            "`dd-fresh` shows the notice too, so it does not show what a new container begins with.",
            hint="Make it anew, and leave its page alone.",
            evidence=["$ docker diff dd-fresh", *fresh.diff()],
        )
    if shown.stdout.split() != (fresh.image.text(PAGE) or "").split():
        raise Failed(
            "`dd-fresh` shows neither the notice nor the page of its image.",
            hint="Make it anew, and leave its page alone.",
            evidence=["$ docker diff dd-fresh", *fresh.diff(), *shown.evidence],
        )


@check(needs=[fresh, fixed], points=1)
def image_as_it_was(engine: Engine, fixed: Container, answer: Answer) -> None:
    """The image `nginx:1.26` does not have the fix."""
    page = engine.image(IMAGE).text(PAGE) or ""
    if page != fixed.image.text(PAGE):
        seen = "the notice in it" if variables(answer)["NOTICE"] in page else "another page in it"
        named = ("images", "--filter", f"reference={IMAGE}", "--format", "{{.ID}} {{.CreatedSince}}")
        again = f"docker tag {fixed.attributes['Image'][7:19]} {IMAGE}"
        raise Failed(
            f"`{IMAGE}` now names an image with {seen}. The old image has lost its name.",
            hint=f"What you did in the container was enough. Give the name back: {again}",
            evidence=engine.docker(*named).evidence,
        )
