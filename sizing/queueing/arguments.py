"""What the solvers accept: arrays of finite numbers of the right shape, or an error that says which, where and how to mend it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]


def numbers(name: str, values: ArrayLike, *, least: float = 0.0, whole: bool = False, endless: bool = False) -> Floats:
    """Return ``values`` as floats, all of them at least ``least``, whole if asked; infinite only if ``endless``.

    Raises ValueError with the place of the first value that is not.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}; give an array of numbers, each row as long as the others") from error
    good = array >= least
    if not endless:
        good &= np.isfinite(array)
    if whole:
        good &= array == np.floor(array)
    if not good.all():
        place = tuple(int(at) for at in np.unravel_index(int(np.argmin(good)), good.shape))
        kind = "whole " if whole else "" if endless else "finite "
        raise ValueError(f"{name}{list(place) if place else ''}: {array[place]:g} is not allowed; give {kind}numbers of at least {least:g}")
    return array


def shaped(name: str, array: Floats, shape: tuple[int, ...], axes: str) -> Floats:
    """Return ``array`` broadcast to ``shape``; raises ValueError naming the ``axes`` if it cannot be."""
    try:
        return np.broadcast_to(array, shape)
    except ValueError as error:
        raise ValueError(f"{name}: shape {array.shape} does not fit {axes} = {shape}; give that shape, or one that broadcasts to it") from error


def scenarios(*arrays: tuple[Floats, int]) -> int:
    """Return how many scenarios the arrays stand for, each with its number of axes when it has a scenario axis.

    Raises ValueError if two of them disagree.
    """
    sizes = {array.shape[0] for array, axes in arrays if array.ndim == axes} - {1}
    if len(sizes) > 1:
        raise ValueError(f"scenario axes of lengths {sorted(sizes)} do not agree; give each array the same first axis, or 1")
    return sizes.pop() if sizes else 1


def chunks(total: int, elements: int, most: int) -> list[slice]:
    """Return slices of ``total`` scenarios with at most ``most`` elements each, ``elements`` of them per scenario."""
    step = max(1, most // max(1, elements))
    return [slice(start, min(start + step, total)) for start in range(0, total, step)]
