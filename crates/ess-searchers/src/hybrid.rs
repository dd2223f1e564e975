//! Dense and lexical vectors, searched as one concatenated vector by one index.

mod encoding;
mod index;

pub use encoding::HybridEncoding;
pub use index::HybridIndex;
