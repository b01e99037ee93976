"""A linear model over features: trained on the editors' phrases, small, fast, the same on every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bot.knowledge.concepts import ConceptLexicon
from bot.knowledge.features import extract

Floats = npt.NDArray[np.float32]

# Weights this small change no order of labels; leaving them out keeps the model a tenth of its size.
NEGLIGIBLE_WEIGHT: Final = 0.02


class LinearClassifier:
    """Scores every label for a normal form. Immutable; safe to share between threads.

    The weights are kept sparse: for feature number i, the labels and weights from starts[i] to starts[i + 1].
    """

    def __init__(
        self,
        labels: Sequence[str],
        vocabulary: Sequence[str],
        arrays: Mapping[str, npt.NDArray[Any]],
        lexicon: ConceptLexicon,
    ) -> None:
        """`arrays` holds idf and bias (one figure a feature, a label), starts, columns and weights."""
        self.labels = tuple(labels)
        self._positions: Mapping[str, int] = {feature: index for index, feature in enumerate(vocabulary)}
        self._arrays = dict(arrays)
        self._lexicon = lexicon

    @property
    def size_mb(self) -> float:
        """Megabytes of all arrays."""
        return sum(array.nbytes for array in self._arrays.values()) / 1e6

    def scores(self, normal_form: str) -> Floats:
        """One score a label, in the order of `labels`; higher is likelier."""
        positions: list[int] = []
        counts: list[int] = []
        for feature, count in extract(normal_form, self._lexicon).items():
            position = self._positions.get(feature)
            if position is not None:
                positions.append(position)
                counts.append(count)
        arrays = self._arrays
        if not positions:
            return np.asarray(arrays["bias"], dtype=np.float32)
        index = np.asarray(positions)
        values = (1.0 + np.log(np.asarray(counts, dtype=np.float32))) * arrays["idf"][index]
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
            "vocabulary": np.frombuffer("\n".join(self._positions).encode(), dtype=np.uint8),
            **self._arrays,
        }
        np.savez(path, **arrays)

    @classmethod
    def load(cls, path: Path, lexicon: ConceptLexicon) -> LinearClassifier:
        """Read what `save` wrote. Raises OSError, ValueError or KeyError where that is not possible."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(
                stored["labels"].tobytes().decode().split("\n"),
                stored["vocabulary"].tobytes().decode().split("\n"),
                {name: stored[name] for name in ("idf", "bias", "starts", "columns", "weights")},
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

    extracted = [extract(text, lexicon) for text, _ in examples]
    frequency: dict[str, int] = {}
    for features in extracted:
        for feature in features:
            frequency[feature] = frequency.get(feature, 0) + 1
    vocabulary = sorted(feature for feature, count in frequency.items() if count >= minimum)
    positions = {feature: index for index, feature in enumerate(vocabulary)}
    idf = np.array(
        [np.log((1 + len(examples)) / (1 + frequency[feature])) + 1 for feature in vocabulary],
        dtype=np.float32,
    )
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, features in enumerate(extracted):
        known = [(positions[feature], count) for feature, count in features.items() if feature in positions]
        vector = np.array([(1.0 + np.log(count)) * idf[column] for column, count in known], dtype=np.float32)
        norm = float(np.linalg.norm(vector)) or 1.0
        rows.extend([row] * len(known))
        columns.extend(column for column, _ in known)
        values.extend(vector / norm)
    matrix: Any = csr_matrix((values, (rows, columns)), shape=(len(examples), len(vocabulary)), dtype=np.float64)
    labels = sorted({label for _, label in examples})
    model = LinearSVC(C=strength, class_weight="balanced", random_state=0, max_iter=2000)
    model.fit(matrix, [labels.index(label) for _, label in examples])
    weights = model.coef_.T.astype(np.float32)
    bias = model.intercept_.astype(np.float32)
    if len(labels) == 2:
        weights, bias = np.hstack([-weights, weights]), np.concatenate([-bias, bias])
    weights[np.abs(weights) < NEGLIGIBLE_WEIGHT] = 0
    sparse: Any = csr_matrix(weights)
    return LinearClassifier(
        labels,
        vocabulary,
        {
            "idf": idf,
            "bias": bias,
            "starts": sparse.indptr.astype(np.int64),
            "columns": sparse.indices.astype(np.int32),
            "weights": sparse.data.astype(np.float32),
        },
        lexicon,
    )
