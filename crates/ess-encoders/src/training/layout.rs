//! Where each tensor of an encoder lies among all its parameters.

use std::ops::Range;

use crate::{error::Error, model::transformer_config::TransformerConfig, weights::Weights};

/// A tensor of the model's file and its place.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) range: Range<usize>,
}

impl Named {
    /// Whether weight decay shrinks it: matrices and tables, not biases and norms.
    pub(crate) fn decays(&self) -> bool {
        self.shape.len() > 1
    }
}

/// A linear layer: `d_out × d_in` and `d_out`.
#[derive(Clone, Debug)]
pub(crate) struct LinearAt {
    pub(crate) weight: Range<usize>,
    pub(crate) bias: Range<usize>,
}

/// A normalisation of `d` components.
#[derive(Clone, Debug)]
pub(crate) struct NormAt {
    pub(crate) weight: Range<usize>,
    pub(crate) bias: Range<usize>,
}

/// One block of the BERT family.
#[derive(Clone, Debug)]
pub(crate) struct BlockAt {
    pub(crate) qkv: LinearAt,
    pub(crate) attention_out: LinearAt,
    pub(crate) attention_norm: NormAt,
    pub(crate) up: LinearAt,
    pub(crate) down: LinearAt,
    pub(crate) norm: NormAt,
}

/// The order of all parameters: tables first, then what every token goes through.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) tensors: Vec<Named>,
    pub(crate) words: Range<usize>,
    pub(crate) positions: Range<usize>,
    /// Empty where the model has no types.
    pub(crate) types: Range<usize>,
    pub(crate) norm: NormAt,
    pub(crate) blocks: Vec<BlockAt>,
}

impl Layout {
    /// Reads all parameters; the second result are their values.
    pub(crate) fn read(weights: &Weights, config: &TransformerConfig) -> Result<(Self, Vec<f32>), Error> {
        let names = &config.architecture.names;
        let prefixed = weights.has(&format!("{}{}.weight", names.prefix, names.words));
        let prefix = if prefixed { names.prefix } else { "" };
        let mut reader = Reader { weights, prefix, tensors: Vec::new(), values: Vec::new() };
        let mut table = |name: &str, rows| reader.tensor(&format!("{name}.weight"), vec![rows, config.dim]);
        let words = table(names.words, config.vocabulary)?;
        let positions = table(names.positions, config.position_rows())?;
        let types = match config.token_types {
            0 => positions.end..positions.end,
            rows => table(names.types, rows)?,
        };
        let norm = reader.norm(names.embedding_norm.unwrap_or_default(), config.dim)?;
        let blocks = (0..config.layers).map(|layer| reader.block(config, layer)).collect::<Result<_, _>>()?;
        Ok((Self { tensors: reader.tensors, words, positions, types, norm, blocks }, reader.values))
    }

    /// How many parameters are in tables.
    pub(crate) fn tables(&self) -> usize {
        self.types.end
    }
}

struct Reader<'w> {
    weights: &'w Weights,
    prefix: &'static str,
    tensors: Vec<Named>,
    values: Vec<f32>,
}

impl Reader<'_> {
    fn tensor(&mut self, name: &str, shape: Vec<usize>) -> Result<Range<usize>, Error> {
        let name = format!("{}{name}", self.prefix);
        let start = self.values.len();
        self.values.extend(self.weights.read(&name, &shape)?);
        let range = start..self.values.len();
        self.tensors.push(Named { name, shape, range: range.clone() });
        Ok(range)
    }

    /// Tensors one behind the other, as one of the rows of all.
    fn stacked(&mut self, names: &[String], shape: &[usize]) -> Result<Range<usize>, Error> {
        let start = self.values.len();
        for name in names {
            self.tensor(name, shape.to_vec())?;
        }
        Ok(start..self.values.len())
    }

    /// Layers that read the same input, each of `d_out × d_in`.
    fn linear(&mut self, names: &[String], [d_out, d_in]: [usize; 2]) -> Result<LinearAt, Error> {
        let all = |part: &str| names.iter().map(|name| format!("{name}.{part}")).collect::<Vec<_>>();
        let weight = self.stacked(&all("weight"), &[d_out, d_in])?;
        Ok(LinearAt { weight, bias: self.stacked(&all("bias"), &[d_out])? })
    }

    fn norm(&mut self, name: &str, dim: usize) -> Result<NormAt, Error> {
        // Checkpoints converted from TensorFlow say gamma and beta.
        let old = self.weights.has(&format!("{}{name}.gamma", self.prefix));
        let [weight, bias] = if old { ["gamma", "beta"] } else { ["weight", "bias"] };
        let weight = self.tensor(&format!("{name}.{weight}"), vec![dim])?;
        Ok(NormAt { weight, bias: self.tensor(&format!("{name}.{bias}"), vec![dim])? })
    }

    fn block(&mut self, config: &TransformerConfig, layer: usize) -> Result<BlockAt, Error> {
        let (names, dim, inner) = (&config.architecture.names, config.dim, config.feed_forward_dim);
        let own = names.layer.replace("{}", &layer.to_string());
        let full = |part: &&str| format!("{own}.{part}");
        let all = |parts: &[&str]| parts.iter().map(full).collect::<Vec<_>>();
        Ok(BlockAt {
            qkv: self.linear(&all(names.qkv), [dim, dim])?,
            attention_out: self.linear(&all(&[names.attention_out]), [dim, dim])?,
            attention_norm: self.norm(&full(&names.attention_norm.unwrap_or_default()), dim)?,
            up: self.linear(&all(names.up), [inner, dim])?,
            down: self.linear(&all(&[names.down]), [dim, inner])?,
            norm: self.norm(&full(&names.norm.unwrap_or_default()), dim)?,
        })
    }
}
