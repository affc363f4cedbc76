"""Jobs through Slurm: arrays by sbatch, one squeue per look, sacct where there are books."""

from recast.executors.slurm.system import SlurmSystem

__all__ = ["SlurmSystem"]
