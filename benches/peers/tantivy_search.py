"""Times tantivy on the texts of benches/lexical_search.rs: SciFact's abstracts and their sentences, 10 hits a claim, one thread.

    python3 -m venv VENV && VENV/bin/pip install tantivy==0.27.0
    cargo bench -p ess-benches --bench lexical_search
    VENV/bin/python tantivy_search.py

Prints CPU-seconds of the best of some repeats, of all threads of the process. Counted for the index: from texts to an index in
memory that can be searched, by one writing thread, with frequencies and without positions, without English stop words, stemmed; for
searching: parsing the claims, any of whose words may match, and sorted hits. Python only adds documents and asks queries.
"""

import argparse
import time

import tantivy
from figures import figure
from scifact_texts import abstracts, claims, sentences

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--repeats", type=int, default=5)
arguments = parser.parse_args()
queries = claims()
schema = tantivy.SchemaBuilder()
schema.add_text_field("text", tokenizer_name="english", index_option="freq")
schema = schema.build()
words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
for step in (tantivy.Filter.lowercase(), tantivy.Filter.stopword("english"), tantivy.Filter.stemmer("english")):
    words = words.filter(step)
english = words.build()


def best(work):
    seconds = []
    for _ in range(arguments.repeats):
        start = time.process_time()
        result = work()
        seconds.append(time.process_time() - start)
    return result, min(seconds)


def index(texts):
    built = tantivy.Index(schema)
    built.register_tokenizer("english", english)
    writer = built.writer(heap_size=200_000_000, num_threads=1)
    for text in texts:
        writer.add_document(tantivy.Document(text=[text]))
    writer.commit()
    writer.wait_merging_threads()
    built.reload()
    return built


def search(built):
    searcher = built.searcher()
    return [searcher.search(built.parse_query_lenient(query, ["text"])[0], 10).hits for query in queries]


for name, texts in {"abstracts": abstracts(), "sentences": sentences(abstracts())}.items():
    built, seconds = best(lambda: index(texts))
    assert built.searcher().num_docs == len(texts)
    print(f"{len(texts)} {name}: index {1000 * seconds:.0f} ms", flush=True)
    figure(f"{name}, index", "tantivy", seconds)
    hits, seconds = best(lambda: search(built))
    assert all(len(found) == 10 for found in hits), min(map(len, hits))
    print(f"{len(texts)} {name}: search {1e6 * seconds / len(queries):.1f} µs a query", flush=True)
    figure(f"{name}, query", "tantivy", seconds / len(queries))
