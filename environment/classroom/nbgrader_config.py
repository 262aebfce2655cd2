"""How nbgrader works for a class that learns with Drydock. This file lies in the class's folder; change it there."""

# ruff: noqa: INP001 - a configuration file, in no package

c = get_config()  # type: ignore[name-defined] # noqa: F821 - given by nbgrader

# The name of the class in nbgrader's exchange.
c.CourseDirectory.course_id = "drydock"

# Drydock cleans a submission before anything is copied, then grades its answers on throwaway Engines.
c.Autograde.pre_convert_hook = "graders.classroom.preprocessors.clean"
c.Autograde.autograde_preprocessors = [
    "graders.classroom.preprocessors.GradeOnEngine",
    "graders.classroom.preprocessors.SaveGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Learners get the cells as they are: what stands in an answer's cell is where they begin, and no solution.
c.ClearSolutions.enabled = False

# Links and what is no file stay behind when submissions are collected from the exchange.
c.ExchangeFactory.collect = "graders.classroom.exchange.Collect"

# Which hints the feedback shows: "none", "checks" (what a failed check suggests), or "all" of the exercise.
c.GradeOnEngine.hints = "checks"

# Where answers are graded when you press Autograde in formgrader; `drydock class grade --isolation` says it otherwise.
# "namespace" holds hostile answers; "container" does not, and is for a class that you trust.
c.GradeOnEngine.isolation = "namespace"
