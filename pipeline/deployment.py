"""WHERE an experiment runs: roots, image, Beam flags, machines. Data only; the pipeline is the same everywhere."""

import dataclasses
import os
import re

from google.protobuf import message

from pipeline import beam_flags
from seg_models import errors, image_files

LOCAL, KUBEFLOW, VERTEX = "local", "kubeflow", "vertex"

# Where the workers' packages are. Without it TFX packs itself up anew for every Beam step, which takes seconds and is
# left in the temporary folder; the direct runner has no use for either.
PACKED = "--sdk_container_image={}"


@dataclasses.dataclass(frozen=True)
class Machine:
    """What the training step asks of a cluster.

    Attributes:
      cpus, memory_gb: limits of the container.
      accelerator: type as the cluster names it, such as "NVIDIA_TESLA_T4"; "" for none.
      accelerators: how many of them.
    """

    cpus: float = 8.0
    memory_gb: float = 32.0
    accelerator: str = ""
    accelerators: int = 0


@dataclasses.dataclass(frozen=True)
class Deployment:
    """Where and by what an experiment is run.

    Attributes:
      name: of the pipeline; runs of one name and root share their cached results.
      root: folder of all that a run leaves: an absolute path, or a bucket such as "gs://bucket/runs/x".
      orchestrator: LOCAL, KUBEFLOW or VERTEX.
      image: container image with this package installed; "" where none is needed.
      beam_flags: runner and options of the Beam pipelines inside conversion and evaluation.
      workers: processes of these on this machine, 0 for one per core; elsewhere the flags say it.
      training_machine: what training asks for; None: whatever there is.
      on_error: "fail" at the first broken item of the data set, or "skip" it and list it in the manifest.
      max_pixels: an image of the data set with more is broken.
    """

    name: str
    root: str
    orchestrator: str = LOCAL
    image: str = ""
    beam_flags: tuple[str, ...] = ()
    training_machine: Machine | None = None
    workers: int = 1
    on_error: str = "fail"
    max_pixels: int = image_files.MAX_PIXELS

    def __post_init__(self) -> None:
        if self.on_error not in ("fail", "skip"):
            raise errors.UserError(f"`on_error` is `{self.on_error}`; expected `fail` or `skip`.")
        if self.max_pixels < 1:
            raise errors.UserError(f"`max_pixels` is {self.max_pixels}; expected 1 or more.")
        if self.workers < 0:
            raise errors.UserError(f"`workers` is {self.workers}; expected 1 or more, or 0 for all cores.")

    @property
    def direct_options(self) -> dict[str, str]:
        """Options of Beam's direct runner here; they change no result, so the steps read them only when they run."""
        return beam_flags.direct(self.workers) if self.orchestrator == LOCAL else {}

    @property
    def pipeline_root(self) -> str:
        """TFX's folder of artifacts."""
        return f"{self.root}/tfx"

    @property
    def metadata_path(self) -> str:
        """The SQLite file of ML Metadata; "" where the orchestrator keeps its own."""
        return f"{self.pipeline_root}/metadata.sqlite" if self.orchestrator == LOCAL else ""

    @property
    def checkpoint_dir(self) -> str:
        """Where an interrupted training finds itself again."""
        return f"{self.pipeline_root}/checkpoints"

    @property
    def tensorboard_dir(self) -> str:
        """The curves and pictures of training."""
        return f"{self.root}/tensorboard"

    @property
    def records_dir(self) -> str:
        """The records of the last run."""
        return f"{self.root}/records"

    @property
    def serving_dir(self) -> str:
        """The folder that TensorFlow Serving watches: one numeric folder a version."""
        return f"{self.root}/serving"


def local(root: str, name: str, *, workers: int = 1, on_error: str = "fail") -> Deployment:
    """This machine; `workers` processes for conversion and evaluation, 0 for one per core."""
    flags = (f"--runner={beam_flags.DIRECT}", PACKED.format("none"))
    root = os.path.abspath(root)
    return Deployment(_pipeline_name(name), root, beam_flags=flags, workers=workers, on_error=on_error)


def kubeflow(root: str, name: str, *, image: str) -> Deployment:
    """Kubeflow Pipelines 2; Beam runs inside the steps' containers, on all their cores."""
    flags = (
        f"--runner={beam_flags.DIRECT}",
        *(f"--{option}={value}" for option, value in beam_flags.direct(0).items()),
        PACKED.format(image),
    )
    return Deployment(_pipeline_name(name), _bucket(root), KUBEFLOW, image, flags)


def vertex(root: str, name: str, *, image: str, project: str, region: str) -> Deployment:
    """Vertex Pipelines; Beam runs on Dataflow with the same image on its workers."""
    root = _bucket(root)
    flags = (
        "--runner=DataflowRunner",
        f"--project={project}",
        f"--region={region}",
        f"--temp_location={root}/dataflow",
        PACKED.format(image),
        "--experiments=use_runner_v2",
    )
    return Deployment(_pipeline_name(name), root, VERTEX, image, flags)


def variable(option: str) -> str:
    """The environment variable that holds one of the `direct_options` while the pipeline runs."""
    return f"SEGLINE_{option.upper()}"


def shown(path: str) -> str:
    """A path as people like to read it: relative where it lies below the current folder."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def resources(machine: Machine) -> message.Message:
    """A Machine as Kubeflow's ResourceSpec."""
    # Only compiling for a cluster needs Kubeflow's SDK.
    from kfp.pipeline_spec import pipeline_spec_pb2

    spec = pipeline_spec_pb2.PipelineDeploymentConfig.PipelineContainerSpec.ResourceSpec
    asked = spec(cpu_limit=machine.cpus, memory_limit=machine.memory_gb)
    if machine.accelerator:
        asked.accelerator.CopyFrom(spec.AcceleratorConfig(type=machine.accelerator, count=machine.accelerators))
    return asked


def _bucket(root: str) -> str:
    if "://" not in root:
        raise errors.UserError(
            f"`root` is `{root}`; the steps run on other machines: name a bucket, such as gs://bucket/x."
        )
    return root.rstrip("/")


def _pipeline_name(name: str) -> str:
    """Vertex allows small letters, digits and hyphens alone; the same name everywhere."""
    return re.sub("[^a-z0-9]+", "-", f"segline-{name}".lower()).strip("-")
