//! Architectures beyond BERT's six against sentence-transformers: see golden/make_architectures.py.

mod added_tokens;
mod agreement;
mod cases;
mod lengths;
mod published;
mod refused;
mod weights;
