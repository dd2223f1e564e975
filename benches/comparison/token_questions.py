"""MaxSim over the vectors of tokens: SciFact's abstracts and claims, as a ColBERT of an encoder has them."""

import contextlib

from peers.scifact_texts import FOLDER, abstracts, claims

from . import ess_program
from .beir_sample import shown_folder, spread, write_texts
from .bench_questions import BenchQuestion
from .colbert_folder import DIM, write_colbert
from .installed import missing
from .model_folder import shown_model, why_no_model

QUERIES = 200
BITS = "4"
RECALLS = ["0.9", "0.91", "0.95", "0.96"]


def encoded_tokens(options):
    """The folder of their vectors in f32, which the first question that asks for it makes."""
    folder = options.shared / "tokens"
    if not (folder / "encoded" / "corpus.safetensors").exists():
        write_texts(folder / "beir", spread(abstracts(), options.token_items), claims())
        write_colbert(options.model, folder / "colbert")
        ess_program.encode(ess_program.program(options), folder / "colbert", folder / "beir", folder / "encoded")
    return folder / "encoded"


class TokenQuestion(BenchQuestion):
    """A bench that reads token vectors, and a peer that reads the same."""

    needed = ("pylate",)

    def python(self, options):
        return options.pylate_python or options.python

    def why_not(self, options):
        if why := why_no_model(options):
            return why
        lacks = missing(self.python(options), self.needed)
        return f"{self.python(options)} lacks {lacks}" if lacks else None

    def asked(self, options):
        texts = f"{options.token_items} abstracts of {shown_folder(FOLDER)} as items and {QUERIES} of its claims as queries"
        vectors = f"{DIM} numbers a token by a random projection, 32 tokens a query, at most 180 an item"
        return f"{texts}, {vectors}; {shown_model(options.model)}"

    @contextlib.contextmanager
    def opened(self, options, folder):
        places = {"embeddings": str(encoded_tokens(options)), "indexes": str(options.shared / "plaid")}
        yield lambda: (self.one_round(options, folder, **places), [])


max_sim = TokenQuestion(
    "MaxSim of a query with 100 items",
    "max_sim",
    [["max_sim.py", "{embeddings}", "--queries", str(QUERIES)]],
    bench_arguments=["--embeddings", "{embeddings}", "--queries", str(QUERIES)],
)
max_sim.about = (
    "The vectors are those of an encoder with a projection that nobody trained, as PyLate makes a ColBERT of one: what is found is "
    "worth nothing, and takes as long. ESS keeps them in f16, the peer in f32."
)
token_search = TokenQuestion(
    "A ColBERT first stage, k = 10, query",
    "token_search",
    [["token_search.py", "{embeddings}", "{folder}/exact.npy", "--indexes", "{indexes}", "--bits", BITS, "--recall", *RECALLS]],
    recalls=(0.9, 0.95),
    bench_arguments=["--embeddings", "{embeddings}", "--queries", str(QUERIES)]
    + ["--export", "{folder}", "--bits", BITS, "--recall", ",".join(RECALLS)],
)
token_search.needed = ("fast_plaid",)
token_search.about = (
    "Recall is by MaxSim with every item, of the second half of the claims, asked all at once. ESS and fast-plaid, which PyLate's "
    "index is made of, are tuned on the first half, for the recall and for a little more. The bits are those of a component of a "
    "residual, on both sides."
)
TOKEN_QUESTIONS = {"max-sim": max_sim, "token-search": token_search}
