"""Runs independent tasks: in this process, on all cores, or on a Dask cluster, with the same results."""

from scaleproof.workers.each import Each, cores, counted, workers

__all__ = ["Each", "cores", "counted", "workers"]
