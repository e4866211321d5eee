"""An artefact that is not what it should be is refused, with a reason."""

import hashlib
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from model import artefact
from model.artefact import ArtefactError
from model.classifier import Classifier


@pytest.fixture
def copy(artefact_dir, tmp_path):
    shutil.copytree(artefact_dir, tmp_path / "copy")
    return tmp_path / "copy"


def rewrite(directory, arrays=None, **card):
    """Write the artefact again with these changes, its hashes right: a wrong one that is whole."""
    old_arrays, old_card = artefact.read(directory)
    for key in ("format", "version", "weights_sha256"):
        old_card.pop(key)
    artefact.write(directory, {**old_arrays, **(arrays or {})}, {**old_card, **card})


def test_what_was_written_is_read(copy, classifier):
    assert Classifier.load(copy).version == classifier.version


def test_a_missing_one_says_how_to_make_it(tmp_path):
    with pytest.raises(ArtefactError, match="make train"):
        Classifier.load(tmp_path)


@pytest.mark.parametrize("name", ["weights.npz", "card.json"])
def test_a_file_is_missing(copy, name):
    (copy / name).unlink()
    with pytest.raises(ArtefactError, match="make train"):
        Classifier.load(copy)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"format": 99}', "\x00", "[" * 100_000])
def test_the_card_is_none(copy, content):
    (copy / "card.json").write_text(content)
    with pytest.raises(ArtefactError, match=r"card\.json"):
        Classifier.load(copy)


def test_a_flipped_bit(copy):
    weights = bytearray((copy / "weights.npz").read_bytes())
    weights[len(weights) // 2] ^= 1
    (copy / "weights.npz").write_bytes(weights)
    with pytest.raises(ArtefactError, match=r"weights\.npz"):
        Classifier.load(copy)


@pytest.mark.parametrize(
    "arrays",
    [
        {"prior": np.zeros(12)},
        {"weights": np.zeros((3, 13))},
        {"weights": np.zeros(13)},
        {"vocabulary": np.zeros(5)},
        {"prior": np.full(13, np.nan)},
        {"prior": np.array(["x"] * 13)},
        {"vocabulary": np.array("a")},
    ],
)
def test_arrays_that_do_not_fit(copy, arrays):
    rewrite(copy, arrays)
    with pytest.raises(ArtefactError, match="fit"):
        Classifier.load(copy)


@pytest.mark.parametrize(
    "card",
    [
        {"thresholds": {}},
        {"thresholds": {"letters": 3, "known": 0.5, "confidence": float("nan")}},
        {"temperature": "warm"},
        {"temperature": 0},
        {"temperature": -1},
        {"temperature": float("nan")},
        {"languages": None},
    ],
)
def test_a_card_that_lacks_something(copy, card):
    rewrite(copy, **card)
    with pytest.raises(ArtefactError):
        Classifier.load(copy)


def test_nothing_is_unpickled(copy):
    np.savez(copy / "evil.npz", weights=np.array([print], dtype=object), allow_pickle=True)
    card = json.loads((copy / "card.json").read_text())
    evil = (copy / "evil.npz").read_bytes()
    (copy / "weights.npz").write_bytes(evil)
    (copy / "card.json").write_text(json.dumps({**card, "weights_sha256": hashlib.sha256(evil).hexdigest()}))
    with pytest.raises(ArtefactError, match="cannot be read"):
        Classifier.load(copy)


def put_in_place_of_weights(directory, content):
    """Other bytes as the weights, under a card that vouches for them."""
    card = json.loads((directory / "card.json").read_text())
    card["weights_sha256"] = hashlib.sha256(content).hexdigest()
    (directory / "weights.npz").write_bytes(content)
    (directory / "card.json").write_text(json.dumps(card))


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"\x80\x04N.", b"\x93NUMPY\1\0", b"text"])
def test_weights_that_are_no_archive(copy, content):
    put_in_place_of_weights(copy, content)
    with pytest.raises(ArtefactError, match="cannot be read"):
        Classifier.load(copy)


def test_one_array_is_no_archive(copy):
    np.save(copy / "one.npy", np.zeros(3))
    put_in_place_of_weights(copy, (copy / "one.npy").read_bytes())
    with pytest.raises(ArtefactError, match="cannot be read"):
        Classifier.load(copy)


def test_the_service_says_so_in_one_line_and_does_not_start(tmp_path):
    env = {"ARTEFACT_DIR": str(tmp_path), "PORT": "0"}
    ended = subprocess.run([sys.executable, "-m", "model"], env=env, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1
    assert "make train" in ended.stderr
