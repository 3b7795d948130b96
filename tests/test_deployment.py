"""Where things run: roots, names and flags."""

from pathlib import Path

import pytest

from pipeline import deployment
from seg_models import errors


def test_a_local_root_is_absolute_and_holds_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = deployment.local("runs/x", "toy_streets_unet")
    assert here.root == f"{tmp_path}/runs/x"
    places = [
        here.pipeline_root,
        here.metadata_path,
        here.checkpoint_dir,
        here.tensorboard_dir,
        here.records_dir,
        here.serving_dir,
    ]
    assert all(place.startswith(f"{here.root}/") for place in places) and len(set(places)) == len(places)


def test_names_are_what_vertex_allows() -> None:
    assert deployment.local("r", "Toy_Streets unet").name == "segline-toy-streets-unet"


def test_one_worker_runs_in_this_process_and_several_do_not() -> None:
    one, three = deployment.local("r", "x"), deployment.local("r", "x", workers=3)
    assert one.direct_options == {"direct_running_mode": "in_memory", "direct_num_workers": "1"}
    assert three.direct_options == {"direct_running_mode": "multi_processing", "direct_num_workers": "3"}
    assert one.beam_flags == three.beam_flags


def test_workers_are_counted_or_all_cores() -> None:
    assert deployment.local("r", "x", workers=0).direct_options["direct_num_workers"] == "0"
    with pytest.raises(errors.UserError, match="`workers` is -1; expected 1 or more, or 0 for all cores"):
        deployment.local("r", "x", workers=-1)


def test_remote_roots_are_buckets() -> None:
    with pytest.raises(errors.UserError, match="`root` is `runs/x`"):
        deployment.kubeflow("runs/x", "x", image="i")
    where = deployment.vertex("gs://bucket/x/", "x", image="i", project="p", region="r")
    assert where.root == "gs://bucket/x" and where.metadata_path == ""
    assert {"--project=p", "--region=r", "--sdk_container_image=i", "--temp_location=gs://bucket/x/dataflow"} <= set(
        where.beam_flags
    )


def test_on_error_is_fail_or_skip() -> None:
    with pytest.raises(errors.UserError, match="`on_error` is `ignore`"):
        deployment.local("r", "x", on_error="ignore")


def test_paths_below_the_current_folder_are_shown_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert deployment.shown(f"{tmp_path}/runs/x") == "runs/x"
    assert deployment.shown("/elsewhere/x") == "/elsewhere/x"


def test_a_machine_becomes_a_resource_spec() -> None:
    spec = deployment.resources(deployment.Machine(4, 16, "NVIDIA_TESLA_T4", 2))
    assert (spec.cpu_limit, spec.memory_limit, spec.accelerator.type, spec.accelerator.count) == (
        4,
        16,
        "NVIDIA_TESLA_T4",
        2,
    )
    assert not deployment.resources(deployment.Machine()).HasField("accelerator")
