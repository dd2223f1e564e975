//! Maximum-inner-product search over frozen item embeddings.
