"""A linear model over features: trained on the editors' phrases, small, fast, the same on every run."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bot.knowledge.concepts import ConceptLexicon
from bot.knowledge.features import extract, hash_feature, hash_features

Floats = npt.NDArray[np.float32]

# Weights this small change no order of labels; leaving them out keeps the model a tenth of its size.
NEGLIGIBLE_WEIGHT: Final = 0.03
# How near to the best weights the solver stops: half a per cent off takes half the time and orders no two labels anew.
TOLERANCE: Final = 0.05


class LinearClassifier:
    """Scores every label for a normal form. Immutable; safe to share between threads.

    Features are known by their hashes, in ascending order. The weights are kept sparse: for feature number i, the
    labels and weights from starts[i] to starts[i + 1].
    """

    def __init__(self, labels: Sequence[str], arrays: Mapping[str, npt.NDArray[Any]], lexicon: ConceptLexicon) -> None:
        """`arrays` holds hashes and idf (one figure a feature), bias (one a label), starts, columns and weights."""
        self.labels = tuple(labels)
        self._arrays = dict(arrays)
        self._lexicon = lexicon

    @property
    def size_mb(self) -> float:
        """Megabytes of all arrays."""
        return sum(array.nbytes for array in self._arrays.values()) / 1e6

    def scores(self, normal_form: str) -> Floats:
        """One score a label, in the order of `labels`; higher is likelier."""
        arrays = self._arrays
        hashes, counts = hash_features(normal_form, self._lexicon)
        places = np.minimum(np.searchsorted(arrays["hashes"], hashes), len(arrays["hashes"]) - 1)
        known = arrays["hashes"][places] == hashes
        index = places[known]
        if not len(index):
            return np.asarray(arrays["bias"], dtype=np.float32)
        values = (1.0 + np.log(counts[known].astype(np.float32))) * arrays["idf"][index]
        values /= np.linalg.norm(values)
        starts = arrays["starts"][index]
        lengths = arrays["starts"][index + 1] - starts
        places = np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
        sums = np.bincount(
            arrays["columns"][places],
            weights=arrays["weights"][places] * np.repeat(values, lengths),
            minlength=len(self.labels),
        )
        return np.asarray(sums + arrays["bias"], dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write the model to `path` (NumPy's npz, no pickled objects)."""
        arrays: dict[str, Any] = {
            "labels": np.frombuffer("\n".join(self.labels).encode(), dtype=np.uint8),
            **self._arrays,
        }
        np.savez(path, **arrays)

    @classmethod
    def load(cls, path: Path, lexicon: ConceptLexicon) -> LinearClassifier:
        """Read what `save` wrote. Raises OSError, ValueError or KeyError where that is not possible."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(
                stored["labels"].tobytes().decode().split("\n"),
                {name: stored[name] for name in ("hashes", "idf", "bias", "starts", "columns", "weights")},
                lexicon,
            )


def train(
    examples: Sequence[tuple[str, str]], lexicon: ConceptLexicon, *, strength: float = 10.0, minimum: int = 2
) -> LinearClassifier:
    """Fit a one-against-the-rest linear support-vector model on (normal form, label) pairs.

    `strength` is its inverse regularisation, `minimum` how many examples a feature must stand in. The
    solver is seeded: the same examples give the same model.
    """
    # scikit-learn takes over a second to import and is needed only when the phrases have changed.
    from scipy.sparse import csr_matrix  # noqa: PLC0415
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    vocabulary, idf, matrix = _weigh(_count([text for text, _ in examples], lexicon), minimum)
    labels = sorted({label for _, label in examples})
    model = LinearSVC(C=strength, class_weight="balanced", random_state=0, max_iter=2000, tol=TOLERANCE)
    model.fit(matrix, [labels.index(label) for _, label in examples])
    weights = model.coef_.T.astype(np.float32)
    bias = model.intercept_.astype(np.float32)
    if len(labels) == 2:
        weights, bias = np.hstack([-weights, weights]), np.concatenate([-bias, bias])
    weights[np.abs(weights) < NEGLIGIBLE_WEIGHT] = 0
    telling = np.flatnonzero(weights.any(axis=1))
    hashes = np.fromiter((hash_feature(vocabulary[place]) for place in telling), np.uint64, len(telling))
    order = np.argsort(hashes)
    sparse: Any = csr_matrix(weights[telling[order]])
    return LinearClassifier(
        labels,
        {
            "hashes": hashes[order],
            "idf": idf[telling[order]],
            "bias": bias,
            "starts": sparse.indptr.astype(np.int64),
            "columns": sparse.indices.astype(np.int16),
            "weights": sparse.data.astype(np.float32),
        },
        lexicon,
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    """How often which feature stands in which text, as plain numbers: a Counter for each text takes fifty times the
    memory. Text number i has the columns and counts from starts[i] to starts[i + 1]."""

    features: list[str]
    starts: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int32]


def _count(texts: Sequence[str], lexicon: ConceptLexicon) -> _Counts:
    places: dict[str, int] = {}
    starts, columns, counts = array("q", [0]), array("i"), array("i")
    for text in texts:
        for feature, count in extract(text, lexicon).items():
            columns.append(places.setdefault(feature, len(places)))
            counts.append(count)
        starts.append(len(columns))
    return _Counts(
        list(places), np.frombuffer(starts, np.int64), np.frombuffer(columns, np.int32), np.frombuffer(counts, np.int32)
    )


def _weigh(counted: _Counts, minimum: int) -> tuple[list[str], Floats, Any]:
    """The features that stand in `minimum` texts or more, in order; their inverse document frequencies; and the
    texts as rows of unit length, each feature weighted by both (TF-IDF with logarithmic counts)."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415

    size = len(counted.starts) - 1
    frequency = np.bincount(counted.columns, minlength=len(counted.features))
    kept = sorted(np.flatnonzero(frequency >= minimum), key=lambda place: counted.features[place])
    idf = np.asarray(np.log((1 + size) / (1 + frequency[kept])) + 1, dtype=np.float32)
    new_place = np.full(len(counted.features), -1, dtype=np.int32)
    new_place[kept] = np.arange(len(kept), dtype=np.int32)
    columns = new_place[counted.columns]
    known = columns >= 0
    rows = np.repeat(np.arange(size, dtype=np.int32), np.diff(counted.starts))[known]
    columns = columns[known]
    values = (1.0 + np.log(counted.counts[known])) * idf[columns]
    lengths = np.sqrt(np.bincount(rows, weights=values**2, minlength=size))
    values /= np.maximum(lengths, 1e-12)[rows]
    matrix = csr_matrix((values, (rows, columns)), shape=(size, len(kept)), dtype=np.float64)
    return [counted.features[place] for place in kept], idf, matrix
