//! Losses, trainer and selection for searching modules on frozen embeddings.
