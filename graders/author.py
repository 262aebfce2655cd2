"""What a grader is written with: the one import of graders/topics."""

from environment.engines import EXERCISE_LABEL, Response
from environment.engines.scratch import scratch_folder
from environment.engines.script import TIMED_OUT
from graders.answer import Answer
from graders.check import check
from graders.engine import (
    Attributes,
    Build,
    Container,
    Engine,
    Finished,
    Folder,
    Image,
    Mount,
    PackageIndex,
    PlatformImage,
    Program,
    Registry,
    Step,
    Volume,
)
from graders.errors import DrydockError, Failed, NotSupportedError, hinted

__all__ = [
    "EXERCISE_LABEL",
    "TIMED_OUT",
    "Answer",
    "Attributes",
    "Build",
    "Container",
    "DrydockError",
    "Engine",
    "Failed",
    "Finished",
    "Folder",
    "Image",
    "Mount",
    "NotSupportedError",
    "PackageIndex",
    "PlatformImage",
    "Program",
    "Registry",
    "Response",
    "Step",
    "Volume",
    "check",
    "hinted",
    "scratch_folder",
]
