"""Arguments that `deltalake` took by position once."""

from __future__ import annotations

import warnings
from typing import Any

_COMMIT_THEN_HOOK = ("commit_properties", "post_commithook_properties")
HOOK_THEN_COMMIT = ("post_commithook_properties", "commit_properties")


def by_position(
    function: str, args: tuple[Any, ...], given: dict[str, Any], order: tuple[str, ...] = _COMMIT_THEN_HOOK
) -> dict[str, Any]:
    """`given` with the arguments that came by position instead, after a warning.

    Args:
        function: the name of the function, for messages.
        given: the keyword arguments by name; None, or the default in `given`, where one was left out.
        order: the names that `args` stand for.

    Raises:
        TypeError: more arguments than names, or one given twice.
    """
    if not args:
        return given
    if len(args) > len(order):
        raise TypeError(f"{function}() takes at most {len(order)} of its last arguments by position, got {len(args)}")
    warnings.warn(
        f"{function}(): {', '.join(order[: len(args)])} given positionally; that is deprecated, name them",
        DeprecationWarning,
        stacklevel=3,
    )
    for name in order[: len(args)]:
        if given[name]:
            raise TypeError(f"{function}() got multiple values for {name!r}")
    return given | dict(zip(order, args, strict=False))
