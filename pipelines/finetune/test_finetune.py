"""The whole chain on a network of a few thousand weights.

python -m unittest
"""

import contextlib
import hashlib
import io
import json
import shutil
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch

import ablation
import benchmark
import out_of_scope
import rejection
from augmentation import KINDS, Augmenter
from batches import pairs, shuffled
from chain import Chain, train_chain
from data_set import Split, read_data_set
from encoder_file import (
    NORMS,
    PRODUCTS,
    EncoderConfig,
    EncoderWeights,
    WordEmbeddings,
    build_classifier,
    read_encoder,
)
from export import quantize, run_onnx
from finetune import BASE, choose_arithmetic, parse_arguments, run
from losses import supervised_contrastive
from recipe import Recipe, Stage, merge
from tokens import Tokenizer

HIDDEN, LAYERS, PIECES = 32, 4, 76_157
LABELS = {
    "garden": ("Rasen", "Hecke", "Beet", "Dünger"),
    "tools": ("Bohrer", "Säge", "Akku", "Schraube"),
    "out_of_scope": ("Fußball", "Wetter", "Miete", "Witz"),
}
OPENINGS = (
    "Frage zu {}",
    "Wie geht das mit {}?",
    "Ich habe {} und {}",
    "{}, was nun?",
    "Help with {} please",
)
RECIPE = {
    "teacher": {"epochs": 12, "learning_rate": 5e-3, "batch_size": 16},
    "student": {"epochs": 10, "learning_rate": 5e-3, "batch_size": 16},
    "student_layers": [2, 4],
    "bfloat16": False,
}


def write_base(directory: Path) -> None:
    """A random encoder of four small layers, with the real tokenizer."""
    random = np.random.default_rng(1)
    tensors = {"pos": random.normal(0, 0.02, (512, HIDDEN))}
    sizes = {
        "qkv": (3 * HIDDEN, HIDDEN),
        "ao": (HIDDEN, HIDDEN),
        "fi": (2 * HIDDEN, HIDDEN),
        "fo": (HIDDEN, 2 * HIDDEN),
    }
    for scope in ["emb_ln", *(f"l{layer}.{norm}" for layer in range(LAYERS) for norm in NORMS)]:
        tensors |= {f"{scope}.w": np.ones(HIDDEN), f"{scope}.b": np.zeros(HIDDEN)}
    for layer in range(LAYERS):
        for part in PRODUCTS:
            tensors[f"l{layer}.{part}.w"] = random.normal(0, 0.15, sizes[part])
            tensors[f"l{layer}.{part}.b"] = np.zeros(sizes[part][0])
    words = WordEmbeddings(
        random.integers(-8, 8, (PIECES, HIDDEN)).astype(np.int8),
        np.full((PIECES, 1), 0.05, np.float16),
    )
    config = EncoderConfig(HIDDEN, LAYERS, 4, 2 * HIDDEN, PIECES, 512, 1, 1e-12)
    arrays = {name: values.astype(np.float32) for name, values in tensors.items()}
    weights = EncoderWeights(config, words, arrays)
    directory.mkdir()
    quantize(
        build_classifier(weights, np.zeros((3, HIDDEN), np.float32), np.zeros(3, np.float32)),
        directory / "model.onnx",
    )
    for name in ("tokenizer.json", "tokenizer_config.json", "LICENSE"):
        shutil.copyfile(BASE / name, directory / name)
    (directory / "config.json").write_text('{"upstream": "random"}')


def write_data(directory: Path) -> None:
    """A data-set version whose texts a few words give away."""
    directory.mkdir()
    texts = [
        {"text": opening.format(word, word), "label": label}
        for label, words in LABELS.items()
        for word in words
        for opening in OPENINGS
    ]
    splits = {
        "train": [row for place, row in enumerate(texts) if place % 4],
        "validation": texts[::4],
    }
    files = {}
    for split, rows in splits.items():
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        (directory / f"{split}.jsonl").write_bytes(data)
        files[split] = {"sha256": hashlib.sha256(data).hexdigest()}
    description = {"name": "tiny", "version": "1.0.0", "digest": "0" * 64, "files": files}
    (directory / "dataset.json").write_text(json.dumps(description))
    labels = [{"id": label} for label in LABELS if label != "out_of_scope"]
    (directory / "taxonomy.json").write_text(json.dumps({"labels": labels}))
    (directory / "recipe.json").write_text(json.dumps(RECIPE))


class FineTuning(unittest.TestCase):
    """From a data set to the folder that is imported."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.temporary = tempfile.TemporaryDirectory()
        cls.home = Path(cls.temporary.name)
        write_base(cls.home / "base")
        write_data(cls.home / "data")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.temporary.cleanup()

    def fine_tune(self, output: str, *more: str) -> dict:
        """Run the command; returns the record that it wrote."""
        home = self.home
        arguments = [
            "finetune.py",
            *("--data", str(home / "data"), "--taxonomy", str(home / "data" / "taxonomy.json")),
            *("--base", str(home / "base"), "--recipe", str(home / "data" / "recipe.json")),
            *("--output", str(home / output), "--work", str(home / f"{output}-work")),
            *("--device", "cpu", "--threads", "1", *more),
        ]
        with patch("sys.argv", arguments):
            options = parse_arguments()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            run(options)
        return json.loads((home / output / "training.json").read_text())

    def test_learns_distils_and_exports(self) -> None:
        record = self.fine_tune("first")
        history = record["history"]
        self.assertEqual([len(history[name]) for name in ("teacher 1", "student")], [12, 10])
        self.assertGreater(history["student"][-1]["accuracy"], 0.8)
        self.assertLess(record["parity"]["float32_difference"], 1e-3)
        directory = self.home / "first"
        self.assertEqual(read_encoder(directory / "model.onnx").config.layers, 2)
        config = json.loads((directory / "config.json").read_text())
        self.assertEqual(list(config["id2label"].values()), list(LABELS))
        self.assertEqual(
            config["upstream"], "random; fine-tuned on tiny 1.0.0 by pipelines/finetune"
        )
        reference = json.loads((directory / "logits_parity.json").read_text())["texts"][0]
        tokenizer = Tokenizer(directory / "tokenizer.json", 512)
        logits = run_onnx(directory / "model.onnx", tokenizer.encode([reference["text"]]))[0]
        np.testing.assert_allclose(logits, reference["logits"], atol=1e-4)

    def test_the_same_seed_gives_the_same_bytes(self) -> None:
        self.fine_tune("again-1")
        self.fine_tune("again-2")
        self.fine_tune("other", "--seed", "1")
        first, second, other = (
            (self.home / name / "model.onnx").read_bytes()
            for name in ("again-1", "again-2", "other")
        )
        self.assertEqual(first, second)
        self.assertNotEqual(first, other)

    def test_goes_on_where_it_broke_off(self) -> None:
        def break_off(name: str, epoch: int, _found: dict) -> None:
            if (name, epoch) == self.last:
                raise KeyboardInterrupt

        recipe = merge(Recipe(), RECIPE, "test")
        data = read_data_set(self.home / "data", self.home / "data" / "taxonomy.json")
        tokenizer = Tokenizer(self.home / "base" / "tokenizer.json", recipe.max_tokens)
        weights = read_encoder(self.home / "base" / "model.onnx")
        chain = Chain(
            weights, tokenizer, recipe, 3, data.train, data.validation, torch.device("cpu")
        )
        whole = train_chain(chain, seed=3).model.state_dict()
        work = self.home / "broken-work"
        work.mkdir()
        for self.last in (("teacher 1", 2), ("student", 1)):
            with self.assertRaises(KeyboardInterrupt):
                train_chain(chain, seed=3, work=work, on_epoch=break_off)
        gone_on = train_chain(chain, seed=3, work=work).model.state_dict()
        for name, values in whole.items():
            self.assertTrue(torch.equal(values, gone_on[name]), name)

    def test_an_ablation_tells_what_noise_is_worth(self) -> None:
        taxonomy = str(self.home / "data" / "taxonomy.json")
        found = self.lines_of(
            ablation.main,
            *("--data", str(self.home / "data"), "--taxonomy", taxonomy),
            *("--epochs", "8", "--noise", "none", "typos"),
        )
        self.assertEqual([line["noise"] for line in found], ["none", "typos"])
        for line in found:
            self.assertGreater(line["inScope"], 0.6)
            self.assertTrue(0.3 < line["allNoisy"] <= 1, line)

    def test_a_benchmark_measures_each_network_alone_and_beside_ngrams(self) -> None:
        found = self.lines_of(benchmark.main, *self.public_set(), "--seeds", "3")
        self.assertEqual(
            [(line["network"], line["ngrams"]) for line in found],
            [("teacher", False), ("teacher", True), ("student", False), ("student", True)],
        )
        for line in found:
            self.assertGreater(line["accuracy"], 0.6)
            self.assertEqual(line["share"] > 0, line["ngrams"])
            self.assertAlmostEqual(sum(line["mixture"].values()), 1)
            scores = [name for name in line if name.startswith("auroc.")]
            self.assertEqual(
                scores, [f"auroc.{name}" for name in (*out_of_scope.SCORES, "mixture")]
            )
            self.assertIn(f"auroc.{line['chosenScore']}", scores)

    def test_a_benchmark_trains_texts_of_no_class_as_a_class_of_their_own(self) -> None:
        recipe = self.home / "two-teachers.json"
        recipe.write_text(json.dumps({**RECIPE, "teachers": 2}))
        found = self.lines_of(
            benchmark.main, *self.public_set(), "--own-class", "--recipe", str(recipe)
        )
        self.assertEqual(found[-1]["network"], "mean of 2 teachers")
        for line in found:
            self.assertGreater(line["auroc.class"], 0.6, line)
            self.assertIn("class", line["mixture"])

    def public_set(self) -> tuple[str, ...]:
        """A small set in the form of CLINC150, as arguments."""
        content = {}
        for label, words in LABELS.items():
            rows = [[opening.format(word, word), label] for word in words for opening in OPENINGS]
            prefix = "oos_" if label == "out_of_scope" else ""
            for name, part in (("train", rows[::2]), ("val", rows[1::4]), ("test", rows[3::4])):
                content.setdefault(prefix + name, []).extend(part)
        folder = self.home / "public" / "clinc150"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "data_full.json").write_text(json.dumps(content))
        return (
            *("--set", "clinc150", "--data", str(self.home / "public")),
            *("--work", str(self.home / "benchmark-work")),
        )

    def test_scores_that_tell_texts_of_no_desk_are_compared(self) -> None:
        self.fine_tune("for-rejection")
        data = self.home / "data"
        (found,) = self.printed_by(
            rejection.main,
            *("--network", str(self.home / "for-rejection"), "--data", str(data)),
            *("--taxonomy", str(data / "taxonomy.json")),
        )
        self.assertEqual((found["inside"], found["outside"]), (10, 5))
        names = {*out_of_scope.SCORES, *out_of_scope.OWN_CLASS, "mixture"}
        self.assertEqual({name for name in found if "." in name}, {f"auroc.{n}" for n in names})
        self.assertGreater(found["auroc.class"], 0.8)
        self.assertGreater(found["auroc.distance"], 0.7)

    def lines_of(self, command, *more: str) -> list[dict]:
        """What a command prints that trains the tiny network."""
        return self.printed_by(
            command,
            *("--base", str(self.home / "base"), "--device", "cpu", "--threads", "1"),
            *("--recipe", str(self.home / "data" / "recipe.json"), *more),
        )

    def printed_by(self, command, *arguments: str) -> list[dict]:
        """The lines of JSON that a command prints."""
        printed = io.StringIO()
        with (
            patch("sys.argv", ["command", *arguments]),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            command()
        return [json.loads(line) for line in printed.getvalue().splitlines()]

    def test_refuses_what_does_not_fit(self) -> None:
        copy = self.home / "changed"
        shutil.copytree(self.home / "data", copy)
        taxonomy = copy / "taxonomy.json"
        taxonomy.write_text('{"labels": [{"id": "garden"}]}')
        with self.assertRaisesRegex(ValueError, "tools"):
            read_data_set(copy, taxonomy)
        (copy / "train.jsonl").write_text("")
        with self.assertRaisesRegex(ValueError, r"train\.jsonl is not the file"):
            read_data_set(copy, taxonomy)
        with self.assertRaisesRegex(ValueError, "teacher: unknown epoch"):
            merge(Recipe(), {"teacher": {"epoch": 3}}, "recipe.json")
        for changes in ({"student_layers": [2, 14]}, {"teachers": 0}, {"max_tokens": 1_000}):
            with self.assertRaisesRegex(ValueError, next(iter(changes))):
                merge(Recipe(), changes, "r").check(layers=12, positions=512)
        for stage, complaint in (
            ({"noise_kinds": ["typo"]}, "unknown noise typo"),
            ({"noise": 3}, "noise is between 0 and 1, not 3"),
            ({"epochs": 0}, "epochs is above 0, not 0"),
            ({"weight_decay": -1}, "weight_decay is 0 or more, not -1"),
        ):
            with self.assertRaisesRegex(ValueError, complaint):
                merge(Recipe(), {"student": stage}, "r").check(layers=12, positions=512)
        file = self.home / "wrong.json"
        for content, complaint in (
            ("nonsense", "wrong.json: Expecting value"),
            ("[]", "wrong.json: an object is needed"),
            ('{"teacher": 3}', "wrong.json, teacher: an object is needed"),
            ('{"teacher": {"epochs": "3"}}', "wrong.json, teacher: epochs is like 4"),
            ('{"student_layers": ["2"]}', r"wrong.json: student_layers is like \[2, 4"),
            ('{"bfloat16": 1}', "wrong.json: bfloat16 is like null"),
        ):
            file.write_text(content)
            with self.assertRaisesRegex(ValueError, complaint):
                Recipe().changed_by(file)
        with self.assertRaisesRegex(ValueError, "holds something else"):
            self.fine_tune("data")
        with self.assertRaisesRegex(ValueError, "classes without a training example: \\[2\\]"):
            self.train_without_a_class()

    def train_without_a_class(self) -> None:
        """A class of the taxonomy that no text has."""
        tokenizer = Tokenizer(self.home / "base" / "tokenizer.json", 64)
        weights = read_encoder(self.home / "base" / "model.onnx")
        split = Split(["Rasen", "Bohrer"], [0, 1])
        chain = Chain(weights, tokenizer, Recipe(), 3, split, split, torch.device("cpu"))
        train_chain(chain, seed=0)


class Parts(unittest.TestCase):
    """What the chain is made of."""

    def test_noise_leaves_something_and_changes_something(self) -> None:
        text = "Könnte ich bitte die Rechnung für meine Bestellung bekommen? Der Bohrer ist kaputt."
        for kind in KINDS:
            random = np.random.default_rng(0)
            found = {Augmenter((kind,)).disturb(text, random) for _ in range(20)}
            self.assertGreater(len(found - {text}), 0, kind)
            self.assertTrue(all(other.strip() for other in found), kind)
        with self.assertRaisesRegex(ValueError, "unknown noise yodel"):
            Augmenter(("yodel",))

    def test_umlauts_are_spelled_out_and_nothing_else(self) -> None:
        noisy = Augmenter(("umlauts",)).disturb(
            "Größe der SSD-WASSERPUMPE", np.random.default_rng(0)
        )
        self.assertTrue(noisy.endswith("e der SSD-WASSERPUMPE"), noisy)

    def test_noise_is_for_a_share_of_the_texts(self) -> None:
        texts = [f"Die Lieferung {number} ist noch nicht angekommen" for number in range(400)]
        noisy = Augmenter().write_otherwise(texts, 0.5, np.random.default_rng(0))
        changed = sum(a != b for a, b in zip(texts, noisy, strict=True))
        self.assertTrue(100 < changed <= 240, changed)
        self.assertEqual(Augmenter().write_otherwise(texts, 0.0, np.random.default_rng(0)), texts)

    def test_an_epoch_has_each_text_once(self) -> None:
        token_ids = [[1] * (1 + number % 17) for number in range(103)]
        labels = [number % 5 for number in range(103)]
        random = np.random.default_rng(0)
        for batches in (shuffled(token_ids, 8, random), pairs(labels, 8, random)):
            self.assertEqual(
                sorted(index for batch in batches for index in batch), list(range(103))
            )
        for batch in pairs(labels, 8, random)[:-3]:
            self.assertTrue(all(sum(labels[i] == labels[j] for j in batch) > 1 for i in batch[:2]))

    def test_the_contrastive_loss_draws_labels_together(self) -> None:
        labels = torch.tensor([0, 0, 1, 1])
        apart = torch.tensor([[1.0, 0], [0, 1.0], [1.0, 0], [0, 1.0]])
        together = torch.tensor([[1.0, 0], [1.0, 0], [0, 1.0], [0, 1.0]])
        far, near = (supervised_contrastive(each, labels, 0.1) for each in (apart, together))
        self.assertLess(float(near), 0.01)
        self.assertGreater(float(far), 5)
        alone = supervised_contrastive(together, torch.arange(4), 0.1)
        self.assertEqual(float(alone), 0)

    def test_a_recipe_keeps_what_is_not_changed(self) -> None:
        changed = merge(Recipe(), {"student": {"noise_kinds": ["typos"]}, "teachers": 2}, "r")
        self.assertEqual(changed.student.noise_kinds, ("typos",))
        self.assertEqual(changed.teacher, Recipe().teacher)
        self.assertIsInstance(changed.student, Stage)

    def test_what_the_recipe_leaves_open_is_decided_once(self) -> None:
        cpu = torch.device("cpu")
        with patch("finetune.bfloat16_pays", lambda _: True):
            self.assertTrue(choose_arithmetic(Recipe(), cpu).bfloat16)
            self.assertFalse(
                choose_arithmetic(merge(Recipe(), {"bfloat16": False}, "r"), cpu).bfloat16
            )
        self.assertIn(choose_arithmetic(Recipe(), cpu).bfloat16, (True, False))


if __name__ == "__main__":
    unittest.main()
