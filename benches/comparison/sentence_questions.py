"""Approximate search over real embeddings: SciFact's sentences, encoded by `ess`, with its claims as queries."""

import contextlib

from peers.scifact_texts import FOLDER, abstracts, claims, sentences

from . import ess_program
from .beir_sample import shown_folder, write_texts
from .bench_questions import CLAIMS, SENTENCES, TUNED_FOR, BenchQuestion
from .model_folder import shown_model, why_no_model

# What an index of ESS has by default.
LISTS = int(1.5 * SENTENCES**0.5)
# Those of faiss that were the fastest at one of the recalls on one machine or another, and others like them.
INDEXES = ["PQ96x4fs", "PQ128x4fs", "PQ192x4fs", "PCAR128,PQ64x4fs", "PCAR192,PQ96x4fs"]
INDEXES += [f"IVF{lists},PQ96x4fs" for lists in (64, 128, 256, 512)]
INDEXES += [f"IVF128,PQ{codes}x4fs" for codes in (128, 192)]
INDEXES += [f"PCAR{dim},IVF{lists},PQ{dim // 2}x4fs" for dim in (128, 192) for lists in (128, 256)]


def spaced(number):
    return f"{number:,}".replace(",", " ")


def encoded_sentences(options):
    """The folder of their embeddings in f32, which the first question that asks for it makes."""
    folder = options.shared / "sentences"
    if not (folder / "encoded" / "corpus.safetensors").exists():
        write_texts(folder / "beir", sentences(abstracts()), claims())
        ess_program.encode(ess_program.program(options), options.model, folder / "beir", folder / "encoded")
    return folder / "encoded"


class SentenceQuestion(BenchQuestion):
    """A bench that takes its vectors from stores, and its peers, which read what it exports."""

    recalls = (0.95, 0.99)
    about = (
        "Recall is by the exact answer in f32, of the second half of the claims, asked all at once. ESS and its peers are tuned on "
        "the first half, for the recall and for a little more, since the halves are not quite alike; only the peers of the graph "
        "are tried at all efforts on the second."
    )

    def __init__(self, title, bench, peer, bench_arguments=()):
        title += f" over SciFact's {spaced(SENTENCES)} sentences, its {CLAIMS} claims as queries, k = 10, query"
        arguments = ["--embeddings", "{embeddings}", "--export", "{folder}", "--recall", ",".join(TUNED_FOR), *bench_arguments]
        super().__init__(title, bench, [peer], recalls=self.recalls, bench_arguments=arguments)

    def why_not(self, options):
        return why_no_model(options)

    def asked(self, options):
        texts = f"{spaced(SENTENCES)} sentences of {shown_folder(FOLDER)} as items and its {CLAIMS} claims as queries"
        return f"{texts}; {shown_model(options.model)}"

    @contextlib.contextmanager
    def opened(self, options, folder):
        embeddings = encoded_sentences(options)
        yield lambda: (self.one_round(options, folder, embeddings=str(embeddings)), [])


SENTENCE_QUESTIONS = {
    "graph-real": SentenceQuestion("A graph", "graph_search", ["graph_search.py", "--folder", "{folder}"]),
    "ivf-pq-real": SentenceQuestion(
        "IVF-PQ",
        "quantised_search",
        ["quantised_search.py", "{folder}", "--lists", str(LISTS), "--recall", *TUNED_FOR]
        + ["--indexes", *(f"{index},Refine(Flat)" for index in INDEXES), "hnswlib"],
        ["--lists", f"1,{LISTS}"],
    ),
}
