//! BEIR and TREC files and a memory-mapped embedding store.
