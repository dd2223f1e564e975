//! From named tensors to layers.

mod disentangled;
mod reader;

use super::{definition::Transformer, operations::Compute};
use crate::{error::Error, model::transformer_config::TransformerConfig, weights::Weights};
use reader::Reader;

type TransformerOf<C> = Transformer<<C as Compute>::Matrix, <C as Compute>::Weight, <C as Compute>::Vector>;

/// Reads a transformer of any architecture into the form that `compute` works on.
pub(crate) fn load_transformer<C: Compute>(
    compute: &C,
    weights: &Weights,
    config: &TransformerConfig,
) -> Result<TransformerOf<C>, Error> {
    let names = &config.architecture.names;
    let has_prefix = weights.has(&format!("{}{}.weight", names.prefix, names.words));
    let prefix = if has_prefix { names.prefix } else { "" };
    let reader = Reader { compute, weights, config, prefix };
    let blocks = (0..config.layers).map(|layer| reader.block(layer));
    let relative_positions = match config.relative_buckets {
        0 => None,
        buckets => Some(reader.matrix(names.relative, buckets, config.heads, 1.0)?),
    };
    Ok(Transformer {
        tables: reader.tables()?,
        blocks: blocks.collect::<Result<_, _>>()?,
        relative_positions,
        norm: reader.optional_norm(names.final_norm, "", config.dim)?,
        disentangled: config.disentangled.as_ref().map_or(Ok(Vec::new()), |of| reader.disentangled(of))?,
        convolution: config.convolution.as_ref().map(|of| reader.convolution(of)).transpose()?,
    })
}
