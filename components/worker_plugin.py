"""Imported by Beam, as a plugin, in every process that its direct runner starts, and nowhere else."""

from components import worker_process

worker_process.obey()
