"""Package, extras and console script of Segline; also what images and Dataflow workers install."""

from setuptools import find_packages, setup

# One consistent set: tensorflow-addons 0.23 needs TensorFlow < 2.16, so TFX 1.15 and Python 3.10.
REQUIREMENTS = [
    "tensorflow==2.15.1",
    "keras==2.15.0",
    "tensorflow-addons==0.23.0",
    "keras-tuner==1.4.8",  # TFX's Tuner runs it
    "tfx==1.15.1",
    "apache-beam==2.64.0",  # from 2.69 on Beam no longer brings dill, which TFX imports
    "tensorflow-datasets==4.9.10",
    "tensorflow-serving-api==2.15.1",  # PredictRequest and PredictionLog: warm-up requests and the serving test
    "numpy==1.26.4",
    "pillow>=10",  # decodes and encodes PNG maps without TensorFlow
    "pycocotools==2.0.8",  # COCO's polygons and run-length masks
    "scipy>=1.10",  # .mat files; the boxes of a whole instance map in one pass
    "h5py>=3.10",  # .mat files of version 7.3
    "pyyaml>=6",  # the class names of a `folder` data set
    "google-crc32c>=1.5",  # the checksums inside TFRecord files, without TensorFlow
    "dill==0.3.1.1",  # imported by TFX, declared by nobody
    "protobuf==3.20.3",
]

setup(
    name="segline",
    version="0.1.0",
    description="Image segmentation from raw data set to blessed, served model, as a TFX pipeline",
    python_requires=">=3.10,<3.11",
    packages=find_packages(include=["pipeline*", "seg_models*", "components*"]),
    package_data={"seg_models.raw": ["category_tables/*.csv"]},
    py_modules=["beam_runner"],
    install_requires=REQUIREMENTS,
    extras_require={
        "gpu": ["tensorflow[and-cuda]==2.15.1"],
        "kubeflow": ["kfp==1.8.22", "tfx[kfp]==1.15.1"],
        "dask": ["dask[distributed]==2024.8.0"],  # Beam's DaskRunner
        "tune": ["scikit-learn>=1.3"],  # the Gaussian process of `tune.algorithm` bayesian
        "test": ["pytest>=8", "pytest-xdist>=3"],  # the tests on all cores at once
    },
    entry_points={"console_scripts": ["segline=pipeline.cli:main"]},
)
