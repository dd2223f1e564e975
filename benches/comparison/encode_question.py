"""Encoding: `ess encode` beside each peer, in tokens per CPU-second."""

import contextlib
import json
import shutil

from . import ess_program
from .beir_sample import item_text, read_records, shown_folder, spread, write_texts
from .model_folder import shown_model, why_no_model
from .peer_worker import PeerWorker
from .vectors import least_cosine, read_raw, read_store

# ESS's precision, the peer's, whose setting is the fastest of these workers, and the precision of the peer.
COMPARISONS = [
    ("f32", "OpenVINO", ["openvino"], "f32"),
    ("f32", "onnxruntime", ["onnxruntime"], "f32"),
    ("f32", "sentence-transformers", ["sentence-transformers"], "f32"),
    ("f32", "candle", ["candle"], "f32"),
    ("int8", "onnxruntime int8", ["onnxruntime-int8", "onnxruntime-int8-7-bits"], "int8"),
    ("bf16", "onnxruntime int8", ["onnxruntime-int8", "onnxruntime-int8-7-bits"], "int8"),
]
# What vectors at each precision have at least in common with those of ESS in f32; others are not compared.
MIN_COSINES = {"f32": 0.999, "bf16": 0.999, "int8": 0.9}


class Ess:
    """`ess encode` over the texts, and over the first of them alone: what that takes, loading counted, is taken off."""

    def __init__(self, options, folder, texts):
        self.options, self.folder, self.program = options, folder, ess_program.program(options)
        write_texts(folder / "all", texts)
        write_texts(folder / "first", texts[:1])

    def encode(self, which, precision):
        out = self.folder / "encoded"
        shutil.rmtree(out, ignore_errors=True)
        limit = ["--max-tokens", self.options.max_tokens, "--precision", precision]
        return ess_program.encode(self.program, self.options.model, self.folder / which, out, *limit)

    def vectors(self, precision):
        self.encode("all", precision)
        return read_store(self.folder / "encoded" / "corpus.safetensors")

    def seconds_of_a_token(self, precision, tokens):
        first = self.encode("first", precision)
        return ess_program.seconds_of_a_token(self.encode("all", precision) - first, sum(tokens[1:]))


class EncodeQuestion:
    title = "Encoding texts"
    counts, recalls = "tokens", ()
    about = (
        "ESS runs before each peer in every round. Tokenizing is counted, loading is not: of ESS, which is a program a pass, that "
        "is what a pass over the first text alone takes. Each peer has the batch that was the fastest of those that were tried."
    )

    def why_not(self, options):
        return why_no_model(options)

    def asked(self, options):
        texts = f"{options.texts} items of {shown_folder(options.beir)}, spread over it, at most {options.max_tokens} tokens each"
        return f"{texts}; {shown_model(options.model)}"

    @contextlib.contextmanager
    def opened(self, options, folder):
        texts = [item_text(item) for item in spread(read_records(options.beir, "corpus.jsonl"), options.texts)]
        (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        with contextlib.ExitStack() as open_workers:
            measured = Encoding(options, folder, texts, open_workers)
            measured.check_ess()
            measured.start_peers()
            yield lambda: (measured.one_round(), measured.notes)


class Encoding:
    """ESS and the peers that are there, have the same texts and agree."""

    def __init__(self, options, folder, texts, open_workers):
        self.options, self.folder, self.count, self.open_workers = options, folder, len(texts), open_workers
        self.ess = Ess(options, folder, texts)
        self.exact = self.ess.vectors("f32")
        self.notes, self.peers, self.precisions, self.tokens = [], {}, {"f32"}, None

    def agrees(self, who, vectors, precision):
        """Whether the vectors do the same work; a note says how far they agree."""
        cosine, least = least_cosine(self.exact, vectors, self.count), MIN_COSINES[precision]
        said = f"{who}: the least cosine of a text's vector to that of ESS in f32 is {cosine:.6f}"
        agrees = cosine >= least
        self.notes.append(said if agrees else f"{said}, and at least {least} was asked, so that it is not compared")
        return agrees

    def check_ess(self):
        for precision in sorted({ours for ours, *_ in COMPARISONS} - {"f32"}):
            if self.agrees(f"ESS, {precision}", self.ess.vectors(precision), precision):
                self.precisions.add(precision)

    def start_peers(self):
        for name, precision in {name: precision for *_, names, precision in COMPARISONS for name in names}.items():
            worker = self.started(name)
            if worker is None:
                continue
            raw = self.folder / "vectors.f32"
            worker.seconds(self.options.batches[0], raw)
            if self.agrees(worker.name, read_raw(raw), precision):
                self.peers[name] = (worker, *self.swept(worker))

    def started(self, name):
        """The peer's program, where it is there and sees the tokens that the others see."""
        shared = ["--model", self.options.model, "--texts", self.folder / "texts.json", "--max-tokens", self.options.max_tokens]
        if name == "candle":
            if not self.options.candle.exists():
                self.notes.append("candle is left out: its program, benches/peers/candle, is not built")
                return None
            command = [self.options.candle, *shared]
        else:
            command = [self.options.python, "benches/peers/encode.py", name, *shared, "--folder", self.folder]
        worker = PeerWorker(command)
        self.open_workers.callback(worker.close)
        if worker.missing:
            self.notes.append(f"{name} is left out: {worker.missing}")
            return None
        self.tokens = self.tokens or worker.tokens
        if worker.tokens != self.tokens:
            found, expected = sum(worker.tokens), sum(self.tokens)
            self.notes.append(f"{worker.name}: expected {expected} tokens, found {found}, so that it is not compared")
            return None
        return worker

    def swept(self, worker):
        """The fastest batch and its time; each is warmed up by a pass."""
        tried = {}
        for batch in self.options.batches:
            worker.seconds(batch)
            tried[batch] = worker.seconds(batch)
        rates = ", ".join(f"{batch}: {sum(self.tokens) / seconds:.0f}" for batch, seconds in tried.items())
        self.notes.append(f"{worker.name}: tokens per CPU-second by batch, once each: {rates}")
        batch = min(tried, key=tried.get)
        return batch, tried[batch]

    def one_round(self):
        figures = []
        for ours, peer, names, _ in COMPARISONS:
            there = [self.peers[name] for name in names if name in self.peers]
            if ours not in self.precisions or not there:
                continue
            worker, batch, _ = min(there, key=lambda chosen: chosen[2])
            case = f"{ours}, beside {peer}"
            seconds = self.ess.seconds_of_a_token(ours, self.tokens)
            figures.append({"case": case, "who": "ESS", "seconds": seconds, "recall": None})
            seconds = worker.seconds(batch) / sum(self.tokens)
            figures.append({"case": case, "who": f"{worker.name}, batch {batch}", "seconds": seconds, "recall": None})
        return figures
