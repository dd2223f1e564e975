//! The flags of `ess device`, and the sizes that they choose.

use clap::Args;
use ess_kit::DeviceChoice;

const EXAMPLES: &str = "\
Examples:
  ess device --device auto
  ess device --device wgpu:0 --small --json figures.json";

/// Measure a device: matrix products, copies, training steps, exact search and encoding, beside the CPU in the same run.
///
/// Every figure is the median of several runs by the clock, after one that is not counted. A size of 0 leaves its row out;
/// --small has sizes that a software device does in a minute.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The device beside the CPU: wgpu (a GPU), wgpu:N (the one of this number) or auto (a GPU where there is one).
    #[arg(long, default_value = "auto", value_name = "cpu|wgpu|wgpu:N|auto")]
    pub(super) device: DeviceChoice,
    /// Small sizes, for a software device.
    #[arg(long)]
    pub(super) small: bool,
    /// Dimension of queries and items.
    #[arg(long, default_value_t = 384)]
    pub(super) dim: usize,
    /// Queries of a training step against each other's items [default: 8192,65536].
    #[arg(long, value_delimiter = ',', value_name = "QUERIES")]
    pub(super) in_batch: Option<Vec<usize>>,
    /// Items of a training step against all items, and of the exact search [default: 1000000].
    #[arg(long, alias = "items", value_name = "N")]
    pub(super) item_count: Option<usize>,
    /// Queries of a training step against all items [default: 1024].
    #[arg(long)]
    pub(super) batch: Option<usize>,
    /// Queries of an exact search [default: 8192].
    #[arg(long, alias = "queries", value_name = "N")]
    pub(super) query_count: Option<usize>,
    /// Hits of an exact search.
    #[arg(short, long, default_value_t = 10)]
    pub(super) k: usize,
    /// The model to encode with: a sentence-transformers folder, or the name of one on the Hugging Face hub (build with
    /// --features hub); without it, that row is left out.
    #[arg(long, value_name = "DIR|NAME")]
    pub(super) model: Option<String>,
    /// Texts to encode, of 64 words each [default: 1024].
    #[arg(long, alias = "texts", value_name = "N")]
    pub(super) text_count: Option<usize>,
    /// Runs of which the median is taken.
    #[arg(long, default_value_t = 3)]
    pub(super) runs: usize,
}

/// How much work is measured.
pub(super) struct Sizes {
    pub(super) matmul: usize,
    pub(super) copied: usize,
    pub(super) in_batch: Vec<usize>,
    pub(super) items: usize,
    pub(super) batch: usize,
    pub(super) queries: usize,
    pub(super) texts: usize,
}

impl Sizes {
    pub(super) fn new(arguments: &Arguments) -> Self {
        let small = arguments.small;
        let pick = |large, reduced| if small { reduced } else { large };
        let in_batch = if small { vec![256] } else { vec![8192, 65_536] };
        Self {
            matmul: pick(4096, 512),
            copied: pick(1 << 25, 1 << 22),
            in_batch: arguments.in_batch.clone().unwrap_or(in_batch),
            items: arguments.item_count.unwrap_or(pick(1_000_000, 4096)),
            batch: arguments.batch.unwrap_or(pick(1024, 64)),
            queries: arguments.query_count.unwrap_or(pick(8192, 256)),
            texts: arguments.text_count.unwrap_or(pick(1024, 16)),
        }
    }
}
