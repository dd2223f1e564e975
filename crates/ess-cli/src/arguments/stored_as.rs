//! `--dtype`.

use clap::Args;
use ess_data::Dtype;

/// How a store that a command writes keeps its components. One default for all of them, so that embeddings are the same whichever
/// way they come: every bit is kept unless half the file is asked for.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct StoredAs {
    /// How components are stored: f32 keeps every bit, f16 halves the file and rounds to 11 bits.
    #[arg(long, default_value = "f32", value_name = "DTYPE")]
    pub(crate) dtype: Dtype,
}
