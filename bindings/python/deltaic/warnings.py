"""Warnings of this package."""

__all__ = ["ExperimentalWarning"]


class ExperimentalWarning(Warning):
    """What is used may change or go."""
