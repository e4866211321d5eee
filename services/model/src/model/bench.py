"""How fast inference is, without a server: `python -m model.bench`, on one core, against others with the same weights.

The rows of ONNX Runtime are there when it is: `uv run --with onnx --with onnxruntime python -m model.bench`. It has no
operator for n-grams within words of letters, so scikit-learn counts them and ONNX Runtime does the rest.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import corpus, train
from .artefact import DEFAULT_DIRECTORY
from .classifier import Classifier

BATCH = 32
SECONDS = 1.0
"""How long each row is repeated; the best pass over all texts counts, which is the one that nothing disturbed."""

Predict = Callable[[Sequence[str]], Any]


def main() -> None:
    """Print the table."""
    jokes = corpus.read()
    texts = jokes.texts[: len(jokes.texts) // BATCH * BATCH]
    words = sum(len(text.split()) for text in texts) / len(texts)
    print(f"{len(texts)} texts of {sum(map(len, texts)) / len(texts):.0f} characters in {words:.0f} words\n")  # noqa: T201
    classifier = Classifier.load(DEFAULT_DIRECTORY)
    kept = [i for i, joke in enumerate(jokes.ids) if joke not in set(classifier.card["held_out"])]
    pipeline = train.pipeline(classifier.card["temperature"])
    pipeline.fit([jokes.texts[i] for i in kept], jokes.languages[kept])

    def forgetful(texts: Sequence[str]) -> Any:
        classifier.forget()
        return classifier.predict(texts)

    rows: dict[str, Predict] = {
        "bound: split, look up, add": _bound(texts),
        "this runtime, words known": classifier.predict,
        "this runtime, words new": forgetful,
        "scikit-learn": pipeline.predict_proba,
    }
    if onnx := _onnx(pipeline, classifier):
        rows["scikit-learn's counts, ONNX Runtime"] = onnx
    print(f"{'':36} {'us a text':>10} {'in batches':>11} {'rows/s a core':>14}")  # noqa: T201
    for name, predict in rows.items():
        one, many = _time(predict, texts, 1), _time(predict, texts, BATCH)
        print(f"{name:36} {one * 1e6:10.1f} {many * 1e6:11.1f} {1 / many:14,.0f}")  # noqa: T201


def _time(predict: Predict, texts: Sequence[str], size: int) -> float:
    """Seconds a text, asked in batches of `size`."""
    batches = [texts[i : i + size] for i in range(0, len(texts), size)]
    best, end = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        begin = time.process_time()
        for batch in batches:
            predict(batch)
        best = min(best, time.process_time() - begin)
    return best / len(texts)


def _bound(texts: Sequence[str]) -> Predict:
    """The least that Python can do and still have looked at each word: a sum of small numbers, and no softmax."""
    known = dict.fromkeys((word for text in texts for word in text.split()), 1)
    return lambda asked: [sum(map(known.__getitem__, text.split())) for text in asked]


def _onnx(pipeline: Any, classifier: Classifier) -> Predict | None:
    try:
        import onnx
        import onnxruntime
    except ImportError:
        return None
    from onnx import TensorProto, helper, numpy_helper

    counts, bayes = pipeline[0], pipeline[1]
    constants = {
        "weights": bayes.feature_log_prob_.T.astype(np.float32),
        "prior": bayes.class_log_prior_.astype(np.float32),
        "temperature": np.array(classifier.card["temperature"], np.float32),
        "one": np.array(1, np.float32),
        "columns": np.array([1], np.int64),
    }
    nodes = [
        helper.make_node("MatMul", ["counts", "weights"], ["scores"]),
        helper.make_node("Add", ["scores", "prior"], ["logits"]),
        helper.make_node("ReduceSum", ["counts", "columns"], ["sums"], keepdims=1),
        helper.make_node("Max", ["sums", "one"], ["lengths"]),
        helper.make_node("Sqrt", ["lengths"], ["roots"]),
        helper.make_node("Mul", ["roots", "temperature"], ["divisor"]),
        helper.make_node("Div", ["logits", "divisor"], ["tempered"]),
        helper.make_node("Softmax", ["tempered"], ["probabilities"], axis=1),
    ]
    size = (constants["weights"].shape[0], constants["weights"].shape[1])
    graph = helper.make_graph(
        nodes,
        "joke-language",
        [helper.make_tensor_value_info("counts", TensorProto.FLOAT, [None, size[0]])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, size[1]])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    def predict(texts: Sequence[str]) -> Any:
        (probabilities,) = session.run(None, {"counts": counts.transform(texts).toarray().astype(np.float32)})
        return probabilities

    asked = ["Warum ist das so?", "Why is that so?"]
    np.testing.assert_allclose(predict(asked), pipeline.predict_proba(asked), atol=1e-5)
    return predict


if __name__ == "__main__":
    main()
