"""A linear model over features: trained on the editors' phrases, small, fast, the same on every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.knowledge.features import extract

Floats = npt.NDArray[np.float32]


class LinearClassifier:
    """Scores every label for a normal form. Immutable; safe to share between threads."""

    def __init__(self, labels: Sequence[str], vocabulary: Sequence[str], idf: Floats, weights: Floats, bias: Floats):
        """`weights` has one row a feature of `vocabulary` and one column a label."""
        self.labels = tuple(labels)
        self._positions: Mapping[str, int] = {feature: index for index, feature in enumerate(vocabulary)}
        self._vocabulary = tuple(vocabulary)
        self._idf = idf
        self._weights = weights
        self._bias = bias

    def scores(self, normal_form: str) -> Floats:
        """One score a label, in the order of `labels`; higher is likelier."""
        positions: list[int] = []
        counts: list[int] = []
        for feature, count in extract(normal_form).items():
            position = self._positions.get(feature)
            if position is not None:
                positions.append(position)
                counts.append(count)
        if not positions:
            return self._bias
        index = np.asarray(positions)
        values = (1.0 + np.log(np.asarray(counts, dtype=np.float32))) * self._idf[index]
        values /= np.linalg.norm(values)
        return np.asarray(values @ self._weights[index] + self._bias, dtype=np.float32)

    def coverage(self, normal_form: str) -> float:
        """The share of the message's features that the model has ever seen, 0 to 1."""
        features = extract(normal_form)
        total = sum(features.values())
        return sum(count for feature, count in features.items() if feature in self._positions) / total if total else 0.0

    def save(self, path: Path) -> None:
        """Write the model to `path` (NumPy's npz, no pickled objects)."""
        np.savez(
            path,
            labels=np.frombuffer("\n".join(self.labels).encode(), dtype=np.uint8),
            vocabulary=np.frombuffer("\n".join(self._vocabulary).encode(), dtype=np.uint8),
            idf=self._idf,
            weights=self._weights,
            bias=self._bias,
        )

    @classmethod
    def load(cls, path: Path) -> LinearClassifier:
        """Read what `save` wrote. Raises OSError, ValueError or KeyError where that is not possible."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(
                stored["labels"].tobytes().decode().split("\n"),
                stored["vocabulary"].tobytes().decode().split("\n"),
                stored["idf"],
                stored["weights"],
                stored["bias"],
            )


def train(examples: Sequence[tuple[str, str]], *, strength: float = 10.0, minimum: int = 2) -> LinearClassifier:
    """Fit a one-against-the-rest linear support-vector model on (normal form, label) pairs.

    `strength` is its inverse regularisation, `minimum` how many examples a feature must stand in. The
    solver is seeded: the same examples give the same model.
    """
    # scikit-learn takes over a second to import and is needed only when the phrases have changed.
    from scipy.sparse import csr_matrix  # noqa: PLC0415
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    extracted = [extract(text) for text, _ in examples]
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
    weights = model.coef_.astype(np.float32)
    bias = model.intercept_.astype(np.float32)
    if len(labels) == 2:
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return LinearClassifier(labels, vocabulary, idf, np.ascontiguousarray(weights.T), bias)
