//! Qrels, runs, ranking measures with trec_eval's definitions, and significance tests.
