"""Press releases for human-rights offices: one letter per journalist, on time, nothing lost, nothing doubled."""

__all__ = ["__version__"]

__version__ = "0.1.0"
