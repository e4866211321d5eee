"""How good a model is: by folds that keep near-duplicates together, and honest about chance."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score, recall_score

CALIBRATION_BINS = 10


def metrics(truth: Sequence[str], languages: Sequence[str], probabilities: NDArray[np.float64]) -> dict[str, Any]:
    """Accuracy, macro-F1, calibration error, majority baseline and recall by language.

    `truth` has length n; `probabilities` is [n, len(languages)].
    """
    guessed = np.array(languages)[probabilities.argmax(axis=1)]
    right = guessed == np.array(truth)
    present = sorted(set(truth))
    recalls = recall_score(truth, guessed, labels=present, average=None, zero_division=0)
    return {
        "texts": len(truth),
        "accuracy": round(float(right.mean()), 4),
        "macro_f1": round(float(f1_score(truth, guessed, labels=present, average="macro", zero_division=0)), 4),
        "expected_calibration_error": round(calibration_error(probabilities.max(axis=1), right), 4),
        "majority_baseline": round(max(Counter(truth).values()) / len(truth), 4),
        "recall": {language: round(float(recall), 4) for language, recall in zip(present, recalls, strict=True)},
        "support": {language: Counter(truth)[language] for language in present},
    }


def calibration_error(confidence: NDArray[np.floating[Any]], right: NDArray[np.bool_]) -> float:
    """Expected calibration error over ten bins of equal width (Naeini et al., 2015)."""
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = [abs(right[bins == k].mean() - confidence[bins == k].mean()) * (bins == k).mean() for k in sorted(set(bins))]
    return float(sum(gaps))


def reliability(confidence: NDArray[np.floating[Any]], right: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """What stands behind the calibration error: a row a bin that has texts, its mean confidence and share right."""
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return [
        {
            "texts": int((bins == k).sum()),
            "confidence": round(float(confidence[bins == k].mean()), 4),
            "accuracy": round(float(right[bins == k].mean()), 4),
        }
        for k in sorted(set(bins))
    ]


def confusion(
    truth: Sequence[str], languages: Sequence[str], probabilities: NDArray[np.float64]
) -> dict[str, dict[str, float]]:
    """For each true language, the mean probability that its texts were given of each: a soft confusion matrix."""
    of = np.array(truth)
    means = {language: probabilities[of == language].mean(axis=0) for language in sorted(set(truth))}
    return {t: {g: round(float(p), 4) for g, p in zip(languages, row, strict=True)} for t, row in means.items()}


def table(parts: dict[str, dict[str, Any]]) -> str:
    """Metrics side by side, a column a part, for people."""
    overall = ("texts", "accuracy", "majority_baseline", "macro_f1", "expected_calibration_error")
    rows = [("", *parts)]
    rows += [(key.replace("_", " "), *(str(part.get(key, "")) for part in parts.values())) for key in overall]
    for language in next(iter(parts.values()))["recall"]:
        cells = [
            f"{part['recall'][language]:.3f} of {part['support'][language]}" if language in part["recall"] else "-"
            for part in parts.values()
        ]
        rows.append((f"recall {language}", *cells))
    return "\n".join("  ".join(f"{cell:<28}" if i == 0 else f"{cell:>14}" for i, cell in enumerate(r)) for r in rows)
