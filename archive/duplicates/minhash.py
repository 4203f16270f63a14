"""A text as the set of its character n-grams, and the short signature that stands for the set. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Signature = NDArray[np.uint16]

VERSION: Final = 1
"""Of everything below. Signatures are kept on disk: another hash or another n is another version."""

GRAM: Final = 3
"""Characters in a shingle."""
BINS: Final = 128
"""Values in a signature."""
BANDS: Final = 32
"""Groups of values that are looked up; one equal group makes two texts candidates."""

_BIN_BITS: Final = 7
_HASH_BITS: Final = 40
EMPTY: Final = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)


def shingles(text: str, gram: int = GRAM) -> Hashes:
    """The hashes of all n-grams of a text, sorted, each once. A text shorter than n is one shingle."""
    hashes = positioned(text, gram)
    # numpy's own `unique` goes by a hash table, and takes three times as long.
    hashes.sort()
    is_last = np.append(hashes[1:] != hashes[:-1], True)[: hashes.size]
    each_once: Hashes = hashes[is_last]
    return each_once


def positioned(text: str, gram: int = GRAM) -> Hashes:
    """The hash of the n-gram at each place of a text."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    size = max(min(gram, codes.size), 1)
    mixed = np.zeros(max(codes.size - size + 1, 0), dtype=np.uint64)
    for offset in range(size):
        mixed = _scattered(mixed + codes[offset : offset + mixed.size] + _STEP)
    return mixed


def among(some: Hashes, sorted_set: Hashes) -> NDArray[np.bool_]:
    """For each of ``some`` whether it is in the set."""
    places = np.searchsorted(sorted_set, some)
    places[places == sorted_set.size] = 0
    found: NDArray[np.bool_] = sorted_set[places] == some
    return found


def similarity(one: Hashes, other: Hashes) -> float:
    """Jaccard's: shared shingles among all shingles, from 0 to 1."""
    both = np.concatenate((one, other))
    both.sort()
    shared = int(np.count_nonzero(both[1:] == both[:-1]))
    return shared / max(both.size - shared, 1)


def minhash(hashes: Hashes) -> Hashes:
    """The smallest hash in each of the ``BINS`` equal parts of all 64-bit numbers; ``EMPTY`` where there is none.

    Those of two sets together are the smaller of each pair.
    """
    starts = np.searchsorted(hashes, _BIN_STARTS)
    filled = starts < np.append(starts[1:], hashes.size)
    smallest = np.full(BINS, EMPTY)
    smallest[filled] = hashes[starts[filled]]
    return smallest


def signature(smallest: Hashes) -> Signature:
    """One-permutation hashing: 16 bits of each bin's minimum; an empty bin borrows from one that is not."""
    filled = smallest != EMPTY
    if not filled.any():
        return np.zeros(BINS, dtype=np.uint16)
    values = _scattered(smallest)
    lenders = _LENDERS[~filled]
    first = np.argmax(filled[lenders], axis=1)
    values[~filled] = values[lenders[np.arange(first.size), first]]
    return (values & np.uint64(0xFFFF)).astype(np.uint16)


def resemblance(signed: Signature, others: NDArray[np.uint16]) -> NDArray[np.float64]:
    """The estimated similarity of one signature to each row of ``others``."""
    shares: NDArray[np.float64] = np.count_nonzero(others == signed, axis=1) / BINS
    return shares


def band_keys(signed: Signature) -> list[int]:
    """What is looked up: for each band the version, its number and 40 bits of its values, as one integer."""
    groups = np.ascontiguousarray(signed.astype("<u2")).view("<u8")
    numbers = np.arange(BANDS, dtype=np.uint64)
    hashes = _scattered(groups + numbers * _STEP) >> np.uint64(64 - _HASH_BITS)
    marked = numbers + np.uint64(VERSION * BANDS)
    keys: list[int] = (marked << np.uint64(_HASH_BITS) | hashes).tolist()
    return keys


def _scattered(values: Hashes) -> Hashes:
    """A bijection of 64 bits in which every bit depends on every other (the finish of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    scattered: Hashes = values ^ (values >> np.uint64(31))
    return scattered


_BIN_STARTS: Final = np.arange(BINS, dtype=np.uint64) << np.uint64(64 - _BIN_BITS)
_SEATS: Final = np.arange(BINS * BINS, dtype=np.uint64).reshape(BINS, BINS)
_LENDERS: Final = np.argsort(_scattered(_SEATS * _STEP), axis=1, kind="stable")
"""For each bin all bins in the order in which it borrows from them."""
