"""Collecting from nbgrader's exchange what learners put there, who may put anything there."""

from __future__ import annotations

from pathlib import Path

from nbgrader.exchange.default import ExchangeCollect

from graders.classroom import submission


class Collect(ExchangeCollect):
    """As nbgrader's own, but no link is followed, what is no file stays behind, and none that is refused stops others.

    nbgrader copies with `shutil.copytree`, which follows links with the rights of who collects, and waits at a pipe.
    """

    def do_copy(self, src: str, dest: str, log: object = None) -> None:
        """Copy one submission."""
        del log
        for problem in submission.copy(Path(src), Path(dest)):
            self.log.warning("%s: %s", Path(src).name, problem)
