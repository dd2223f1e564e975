//! Representations: what one frozen encoder gives of a text beside its own vector, each by a name.

mod block;
mod chunks;
mod encoder;
mod inputs;
mod kind;
mod kinds;
mod late_chunker;
mod pass;
mod settings;
mod table;

pub use block::RepresentedBlock;
pub use encoder::RepresentationEncoder;
pub use kind::{Reading, RepresentationKind, TextStates};
pub use late_chunker::LateChunker;
pub use settings::Representation;
pub use table::{register_representation, representations};
