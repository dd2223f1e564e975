"""The exact answer to a batch of queries, and how much of it a search found."""

import faiss
import numpy


class ExactAnswer:
    """The k most similar items of each query. An item that ties with the last of them counts as found: equal items may come in
    any order."""

    def __init__(self, items, queries, k):
        flat = faiss.IndexFlatIP(items.shape[1])
        flat.add(items)
        self.items, self.queries = items, queries
        self.least = flat.search(queries, k)[0][:, k - 1]

    def recall(self, found):
        """Of rows of items, a row a query; libraries fill up a row with numbers that are no item's."""
        found = found.astype(numpy.int64)
        there = (found >= 0) & (found < len(self.items))
        similarities = numpy.einsum("qd,qkd->qk", self.queries, self.items[numpy.where(there, found, 0)])
        reached = similarities >= (self.least - 1e-6 * abs(self.least))[:, None]
        return float((reached & there).mean())
