"""Jobs through Slurm: arrays by sbatch, one squeue per poll, sacct where there is accounting."""

from recast.executors.slurm.system import SlurmSystem

__all__ = ["SlurmSystem"]
