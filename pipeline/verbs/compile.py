"""Compiles an experiment's pipeline for Kubeflow Pipelines or Vertex Pipelines; needs the extra `kubeflow`."""

import argparse
import dataclasses

from pipeline import arguments as typed

EXAMPLE = "segline compile camvid_unet --for kubeflow --root gs://bucket/x --image registry/segline:1 --output job.yaml"
FIELDS = "Any field of the experiment is an option too, by its dotted name, such as `--train.steps 100`."
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
    parser.add_argument("--data_dir", metavar="DIR", help="folder of the raw data set, as the steps see it")
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
        fields["dataset.data_dir"] = arguments.data_dir
    experiment = typed.experiment(arguments, fields)
    from pipeline import runners

    print(f"job in {runners.compile_to(arguments.output, experiment, _where(arguments))}")


def _where(arguments: argparse.Namespace) -> object:
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
