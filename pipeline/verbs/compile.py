"""Compiles an experiment's pipeline for Kubeflow Pipelines or Vertex Pipelines; needs the extra `kubeflow`."""

import argparse
import dataclasses
import os
from typing import TYPE_CHECKING

from pipeline import arguments as typed
from seg_models import errors

if TYPE_CHECKING:
    from pipeline import deployment

EXAMPLE = """segline compile camvid_unet --data_dir /mnt/camvid --for kubeflow --root gs://bucket/x \\
        --image registry/segline:1 --output job.yaml"""
FIELDS = """Any field of the experiment is an option too, by its dotted name, such as `--train.steps 100`.

The raw data must be on this machine too, under the path that the steps see: the job holds a fingerprint of its files,
by which the cluster knows whether the records in its cache are of these data. Compile again when they have changed.

What the steps hand on lies in the bucket. Training and evaluation do not read from there yet: they take its address
for a local path. So a job compiles, and ends with an error where training begins."""
ORCHESTRATORS = ("kubeflow", "vertex")


def add_arguments(parser: typed.Parser) -> None:
    """Adds the verb's options."""
    kinds = typed.one_of("the orchestrators", ORCHESTRATORS)
    parser.add_argument("experiment", metavar="EXPERIMENT", help="a name that `segline list experiments` gives")
    parser.add_argument("--for", dest="orchestrator", type=kinds, required=True, help=" or ".join(ORCHESTRATORS))
    parser.add_argument(
        "--root", metavar="URL", required=True, help="bucket folder for all results, such as gs://bucket/x"
    )
    parser.add_argument("--image", required=True, help="container image with this package installed")
    parser.add_argument(
        "--output", metavar="FILE", required=True, help="job to write: .yaml for Kubeflow, .json for Vertex"
    )
    parser.add_argument(
        "--data_dir", metavar="DIR", help="folder of the raw data set: the same path here and for the steps"
    )
    parser.add_argument(
        "--max_pixels", type=int, metavar="N", help="refuse larger images as harmful files (default 178956970)"
    )
    parser.add_argument("--project", default="", help="vertex: the cloud project, for Dataflow")
    parser.add_argument("--region", default="", help="vertex: the region, for Dataflow")
    parser.add_argument("--accelerator", default="", metavar="TYPE", help="for training, such as NVIDIA_TESLA_T4")
    parser.add_argument("--accelerators", type=int, default=1, metavar="N", help="how many of them; default 1")


def run(arguments: argparse.Namespace) -> None:
    """Writes the job; submitting it is the cluster's own tools' work."""
    typed.known_experiment(arguments.experiment)
    from pipeline import quiet

    quiet.down()
    fields = dict(arguments.fields)
    if arguments.data_dir is not None:
        if not os.path.isdir(arguments.data_dir):
            raise errors.UserError(
                f"`--data_dir {arguments.data_dir}`: there is no such folder on this machine. Compiling takes a "
                "fingerprint of the raw data: mount them here under the path that the steps see."
            )
        fields["dataset.data_dir"] = arguments.data_dir
    experiment = typed.experiment(arguments, fields)
    from pipeline import runners

    where = _where(arguments)
    if arguments.max_pixels is not None:
        where = dataclasses.replace(where, max_pixels=arguments.max_pixels)
    print(f"job in {runners.compile_to(arguments.output, experiment, where)}")


def _where(arguments: argparse.Namespace) -> "deployment.Deployment":
    from pipeline import deployment

    name, image = arguments.experiment, arguments.image
    if arguments.orchestrator == deployment.KUBEFLOW:
        where = deployment.kubeflow(arguments.root, name, image=image)
    elif arguments.project and arguments.region:
        project, region = arguments.project, arguments.region
        where = deployment.vertex(arguments.root, name, image=image, project=project, region=region)
    else:
        raise typed.UsageError("--for vertex needs --project and --region.")
    if not arguments.accelerator:
        return where
    machine = deployment.Machine(accelerator=arguments.accelerator, accelerators=arguments.accelerators)
    return dataclasses.replace(where, training_machine=machine)
