//! From named tensors to layers.

use super::{
    definition::{Block, Linear, Norm, Tables, Transformer},
    operations::Compute,
};
use crate::{
    error::Error,
    model::transformer_config::{Family, TransformerConfig},
    weights::Weights,
};

type TransformerOf<C> = Transformer<<C as Compute>::Matrix, <C as Compute>::Weight, <C as Compute>::Vector>;

/// Reads a transformer of any family into the form that `compute` works on.
pub(crate) fn load_transformer<C: Compute>(
    compute: &C,
    weights: &Weights,
    config: &TransformerConfig,
) -> Result<TransformerOf<C>, Error> {
    let names = Names::new(config.family, weights);
    let reader = Reader { compute, weights, epsilon: config.norm_epsilon };
    let blocks = (0..config.layers).map(|layer| block(&reader, &names, config, layer));
    let relative_positions = match config.relative_buckets {
        0 => None,
        buckets => Some(reader.matrix(
            &format!("{}encoder.relative_attention_bias.weight", names.prefix),
            buckets,
            config.heads,
        )?),
    };
    Ok(Transformer {
        tables: tables(&reader, &names, config)?,
        blocks: blocks.collect::<Result<_, _>>()?,
        relative_positions,
    })
}

fn tables<C: Compute>(
    reader: &Reader<'_, C>,
    names: &Names,
    config: &TransformerConfig,
) -> Result<Tables<C::Matrix, C::Vector>, Error> {
    let table = |name: &str, rows| {
        reader.matrix(&format!("{}embeddings.{name}_embeddings.weight", names.prefix), rows, config.dim)
    };
    Ok(Tables {
        words: table("word", config.vocabulary)?,
        positions: table("position", config.positions)?,
        padding: config.padding,
        types: match config.token_types {
            0 => None,
            rows => Some(table("token_type", rows)?),
        },
        norm: reader.norm(&format!("{}embeddings.LayerNorm", names.prefix), config.dim)?,
    })
}

fn block<C: Compute>(
    reader: &Reader<'_, C>,
    names: &Names,
    config: &TransformerConfig,
    layer: usize,
) -> Result<Block<C::Weight, C::Vector>, Error> {
    let name = |part: &str| format!("{}{}.{layer}.{part}", names.prefix, names.layers);
    let (dim, inner) = (config.dim, config.feed_forward_dim);
    let [query, key, value, attention_out, attention_norm, up, down, norm] = names.parts.map(name);
    Ok(Block {
        qkv: reader.linear(&[query, key, value], dim, dim)?,
        attention_out: reader.linear(&[attention_out], dim, dim)?,
        attention_norm: reader.norm(&attention_norm, dim)?,
        up: reader.linear(&[up], inner, dim)?,
        down: reader.linear(&[down], dim, inner)?,
        norm: reader.norm(&norm, dim)?,
        heads: config.heads,
        activation: config.activation,
    })
}

struct Reader<'w, C> {
    compute: &'w C,
    weights: &'w Weights,
    epsilon: f32,
}

impl<C: Compute> Reader<'_, C> {
    fn matrix(&self, name: &str, rows: usize, columns: usize) -> Result<C::Matrix, Error> {
        let values = self.weights.read(name, &[rows, columns])?;
        Ok(self.compute.matrix(values, [rows, columns]))
    }

    /// Linear layers that read the same input, stacked into one.
    fn linear(
        &self,
        names: &[String],
        d_out: usize,
        d_in: usize,
    ) -> Result<Linear<C::Weight, C::Vector>, Error> {
        let (mut weight, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            weight.extend(self.weights.read(&format!("{name}.weight"), &[d_out, d_in])?);
            bias.extend(self.weights.read(&format!("{name}.bias"), &[d_out])?);
        }
        Ok(Linear {
            weight: self.compute.weight(weight, [names.len() * d_out, d_in]),
            bias: self.compute.vector(bias),
        })
    }

    fn norm(&self, name: &str, dim: usize) -> Result<Norm<C::Vector>, Error> {
        // Checkpoints converted from TensorFlow say gamma and beta.
        let read = |new: &str, old: &str| {
            let old_name = format!("{name}.{old}");
            let name = if self.weights.has(&old_name) { old_name } else { format!("{name}.{new}") };
            Ok::<_, Error>(self.compute.vector(self.weights.read(&name, &[dim])?))
        };
        Ok(Norm { weight: read("weight", "gamma")?, bias: read("bias", "beta")?, epsilon: self.epsilon })
    }
}

/// What a family calls the parts of its model.
struct Names {
    /// Before every name: empty, or the family's name when the folder has a head too.
    prefix: &'static str,
    layers: &'static str,
    /// Query, key, value, attention output, attention norm, feed-forward up, down, output norm.
    parts: [&'static str; 8],
}

const BERT: [&str; 8] = [
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
];

const DISTILBERT: [&str; 8] = [
    "attention.q_lin",
    "attention.k_lin",
    "attention.v_lin",
    "attention.out_lin",
    "sa_layer_norm",
    "ffn.lin1",
    "ffn.lin2",
    "output_layer_norm",
];

const MPNET: [&str; 8] = [
    "attention.attn.q",
    "attention.attn.k",
    "attention.attn.v",
    "attention.attn.o",
    "attention.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
];

impl Names {
    fn new(family: Family, weights: &Weights) -> Self {
        let (prefix, layers, parts) = match family {
            Family::Bert => ("bert.", "encoder.layer", BERT),
            Family::Roberta => ("roberta.", "encoder.layer", BERT),
            Family::DistilBert => ("distilbert.", "transformer.layer", DISTILBERT),
            Family::MpNet => ("mpnet.", "encoder.layer", MPNET),
        };
        let has_prefix = weights.has(&format!("{prefix}embeddings.word_embeddings.weight"));
        Self { prefix: if has_prefix { prefix } else { "" }, layers, parts }
    }
}
