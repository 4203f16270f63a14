"""Recall and precision on seeded changes, against brute force and peers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from archive.duplicates.comparable_text import ComparableText
from archive.duplicates.decision import ALIKE, are_near_duplicates
from archive.duplicates.lsh_index import _MARGIN
from archive.duplicates.minhash import GRAM, Hashes, band_keys, minhash, resemblance, shingles, signature, similarity
from tests.tools.bench_duplicates.texts import CHANGES, corpus, has_facts, refilled

Pairs = set[tuple[int, int]]


def compare_with_truth(path: Path) -> None:
    chance = Random(20260101)
    bodies = corpus(path)
    sources = [ComparableText.of(body) for body in bodies]
    print(f"{len(bodies)} distinct texts of the corpus")
    choose_gram(sources, chance)
    natural = own_pairs(sources)
    print(f"in the corpus itself {len(natural)} pairs are one story")
    print(f"\n{'change':<24}{'recall':>8}{'precision':>11}{'brute force':>13}{'of its pairs':>14}")
    for name, change in CHANGES.items():
        texts = [*sources, *(ComparableText.of(change(body, chance)) for body in bodies)]
        print(f"{name:<24}{judged(texts, len(bodies), natural)}", flush=True)
        if name == "5 % of characters":
            peers(texts, len(bodies), natural)
    filled = [
        (number, ComparableText.of(refilled(body, chance))) for number, body in enumerate(bodies) if has_facts(body)
    ]
    wrong = sum(1 for number, text in filled if are_near_duplicates(sources[number], text))
    print(f"{'same form, other facts':<24}{wrong} of {len(filled)} taken for one story ({wrong / len(filled):.4f})")
    flashes(bodies, chance)


def choose_gram(sources: list[ComparableText], chance: Random) -> None:
    """What each n tells of copies with 10 % of their characters changed, and of texts that have nothing in common."""
    heads = ("similarity of copies: 1st percentile", "median", "share a band", "of strangers: 99th", "share a band")
    print(f"\n{'n':<4}{''.join(f'{head:>{len(head) + 2}}' for head in heads)}")
    sample = chance.sample(sources, 1000)
    changed = [ComparableText.of(CHANGES["10 % of characters"](each.folded, chance)) for each in sample]
    strangers = chance.sample(sources, 1000)
    for gram in (3, 4, 5):
        sets, copies, others = ([shingles(each.bare, gram) for each in texts] for texts in (sample, changed, strangers))
        found, apart = ([similarity(*pair) for pair in zip(sets, them, strict=True)] for them in (copies, others))
        met, mixed = (
            np.mean([share_a_band(*pair) for pair in zip(sets, them, strict=True)]) for them in (copies, others)
        )
        cells = (np.percentile(found, 1), np.median(found), met, np.percentile(apart, 99), mixed)
        line = "".join(f"{cell:>{len(head) + 2}.3f}" for cell, head in zip(cells, heads, strict=True))
        print(f"{gram:<4}{line}{' (chosen)' if gram == GRAM else ''}")


def share_a_band(one: Hashes, other: Hashes) -> bool:
    return not {*band_keys(signature(minhash(one)))}.isdisjoint(band_keys(signature(minhash(other))))


def found_pairs(texts: list[ComparableText]) -> Pairs:
    """As the archive finds them: by bands, by estimate, by comparison."""
    signed = np.array([text.signature for text in texts])
    buckets: dict[int, list[int]] = {}
    met: Pairs = set()
    for number, row in enumerate(signed):
        for key in band_keys(row):
            bucket = buckets.setdefault(key, [])
            met.update((other, number) for other in bucket)
            bucket.append(number)
    near = [pair for pair in met if resemblance(signed[pair[0]], signed[pair[1]][None])[0] >= ALIKE - _MARGIN]
    return {pair for pair in near if are_near_duplicates(texts[pair[0]], texts[pair[1]])}


def brute_force(texts: list[ComparableText], numbers: Iterable[int]) -> Pairs:
    """All pairs of the chosen texts with any other that are alike: every shared shingle of every pair is counted."""
    sizes = np.array([text.shingles.size for text in texts])
    hashes = np.concatenate([text.shingles for text in texts])
    owners = np.repeat(np.arange(len(texts), dtype=np.int32), sizes)
    order = np.argsort(hashes, kind="stable")
    hashes, owners = hashes[order], owners[order]
    found: Pairs = set()
    for number in numbers:
        own = texts[number].shingles
        starts, ends = np.searchsorted(hashes, own), np.searchsorted(hashes, own, side="right")
        holders = np.concatenate([owners[start:end] for start, end in zip(starts, ends, strict=True)])
        shared = np.bincount(holders, minlength=len(texts))
        near = np.flatnonzero(shared / (sizes + own.size - shared) >= ALIKE)
        pairs = ((min(number, int(other)), max(number, int(other))) for other in near if other != number)
        found |= {pair for pair in pairs if are_near_duplicates(texts[pair[0]], texts[pair[1]])}
    return found


def own_pairs(sources: list[ComparableText]) -> Pairs:
    return found_pairs(sources)


def judged(texts: list[ComparableText], count: int, natural: Pairs) -> str:
    found = found_pairs(texts)
    hits = sum((number, number + count) in found for number in range(count))
    right = sum(is_true(pair, count, natural) for pair in found)
    sample = range(0, len(texts), 10)
    truth = brute_force(texts, sample)
    among = {pair for pair in found if pair[0] % 10 == 0 or pair[1] % 10 == 0}
    return f"{hits / count:>8.4f}{right / len(found):>11.4f}{len(truth):>13}{len(truth & among) / len(truth):>14.4f}"


def is_true(pair: tuple[int, int], count: int, natural: Pairs) -> bool:
    """Whether the two tell one source, or two sources that are one story."""
    one, other = sorted((pair[0] % count, pair[1] % count))
    return one == other or (one, other) in natural


def peers(texts: list[ComparableText], count: int, natural: Pairs) -> None:
    """Peers get the same shingles and the same threshold for their estimates, and no comparison of texts."""
    for name, pairs_of in (("ours, signatures only", ours), ("datasketch", datasketch), ("rensa", rensa)):
        try:
            start = time.perf_counter()
            found = set(pairs_of(texts))
        except ModuleNotFoundError:
            print(f"  {name}: not installed (extra 'bench')")
            continue
        rate = len(texts) / (time.perf_counter() - start)
        hits = sum((number, number + count) in found for number in range(count))
        right = sum(is_true(pair, count, natural) for pair in found) / max(len(found), 1)
        print(f"  {name:<22}{hits / count:>8.4f}{right:>11.4f}{rate:>10.0f} texts/s", flush=True)


def grams(text: ComparableText) -> list[str]:
    return sorted({text.bare[at : at + GRAM] for at in range(max(len(text.bare) - GRAM + 1, 1))})


def ours(texts: list[ComparableText]) -> Iterator[tuple[int, int]]:
    buckets: dict[int, list[int]] = {}
    signed = [signature(minhash(shingles(text.bare))) for text in texts]
    for number, row in enumerate(signed):
        others = sorted({other for key in band_keys(row) for other in buckets.get(key, ())})
        if others:
            near = resemblance(row, np.array([signed[other] for other in others])) >= ALIKE
            yield from ((other, number) for other, is_near in zip(others, near, strict=True) if is_near)
        for key in band_keys(row):
            buckets.setdefault(key, []).append(number)


def datasketch(texts: list[ComparableText]) -> Iterator[tuple[int, int]]:
    made: Any = import_module("datasketch")
    index = made.MinHashLSH(params=(32, 4), num_perm=128)
    known: list[Any] = []
    for number, text in enumerate(texts):
        hashed = made.MinHash(num_perm=128)
        hashed.update_batch([gram.encode() for gram in grams(text)])
        yield from ((other, number) for other in index.query(hashed) if known[other].jaccard(hashed) >= ALIKE)
        index.insert(number, hashed)
        known.append(hashed)


def rensa(texts: list[ComparableText]) -> Iterator[tuple[int, int]]:
    made: Any = import_module("rensa")
    index = made.RMinHashLSH(threshold=ALIKE, num_perm=128, num_bands=32)
    known: list[Any] = []
    for number, text in enumerate(texts):
        hashed = made.RMinHash(num_perm=128, seed=42)
        hashed.update(grams(text))
        yield from ((other, number) for other in index.query(hashed) if known[other].jaccard(hashed) >= ALIKE)
        index.insert(number, hashed)
        known.append(hashed)


def flashes(bodies: list[str], chance: Random) -> None:
    """The first sentence of each text, where it is a flash; told again, and filled in anew."""
    texts = {ComparableText.of(body.split("。")[0]).bare: body.split("。")[0] for body in bodies}
    short = [text for bare, text in texts.items() if 30 <= len(bare) < 100]
    print(f"\n{len(short)} flashes of 30 to 99 characters")
    for name, change in CHANGES.items():
        pairs = [(ComparableText.of(text), ComparableText.of(change(text, chance))) for text in short]
        print(f"{name:<24}{np.mean([are_near_duplicates(*pair) > 0 for pair in pairs]):>8.4f} found")
    with_facts = [text for text in short if has_facts(text)]
    wrong = sum(
        are_near_duplicates(ComparableText.of(text), ComparableText.of(refilled(text, chance))) > 0
        for text in with_facts
    )
    print(f"{'same form, other facts':<24}{wrong} of {len(with_facts)} taken for one story")
