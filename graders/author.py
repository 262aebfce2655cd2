"""What a grader is written with: the one import of graders/topics."""

from environment.engines import EXERCISE_LABEL, Response
from environment.engines.scratch import scratch_folder
from environment.engines.script import TIMED_OUT
from graders.answer import Answer
from graders.check import check
from graders.engine import (
    Address,
    AfterRestart,
    Attributes,
    Build,
    Container,
    Door,
    Engine,
    Finished,
    Folder,
    Happened,
    Image,
    Mount,
    Network,
    PackageIndex,
    Plan,
    PlatformImage,
    Program,
    Project,
    Reach,
    Registry,
    Seen,
    Step,
    Volume,
)
from graders.errors import DrydockError, Failed, NotSupportedError, hinted

__all__ = [
    "EXERCISE_LABEL",
    "TIMED_OUT",
    "Address",
    "AfterRestart",
    "Answer",
    "Attributes",
    "Build",
    "Container",
    "Door",
    "DrydockError",
    "Engine",
    "Failed",
    "Finished",
    "Folder",
    "Happened",
    "Image",
    "Mount",
    "Network",
    "NotSupportedError",
    "PackageIndex",
    "Plan",
    "PlatformImage",
    "Program",
    "Project",
    "Reach",
    "Registry",
    "Response",
    "Seen",
    "Step",
    "Volume",
    "check",
    "hinted",
    "scratch_folder",
]
