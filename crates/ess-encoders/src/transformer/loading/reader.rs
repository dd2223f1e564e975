//! Reading the tensors of one architecture.

use crate::{
    error::Error,
    model::{
        architecture::definition::{Architecture, Names},
        layer_groups::group_of,
        transformer_config::TransformerConfig,
    },
    transformer::{
        definition::{Block, Linear, Norm, NormKind, Tables},
        operations::Compute,
    },
    weights::Weights,
};

type TablesOf<C> = Tables<<C as Compute>::Matrix, <C as Compute>::Weight, <C as Compute>::Vector>;
type BlockOf<C> = Block<<C as Compute>::Weight, <C as Compute>::Vector>;

/// The tensors of one transformer, by the names of its architecture.
pub(super) struct Reader<'w, C> {
    pub(super) compute: &'w C,
    pub(super) weights: &'w Weights,
    pub(super) config: &'w TransformerConfig,
    /// Before every name.
    pub(super) prefix: &'static str,
}

impl<C: Compute> Reader<'_, C> {
    pub(super) fn architecture(&self) -> &'static Architecture {
        self.config.architecture
    }

    pub(super) fn names(&self) -> &'static Names {
        &self.architecture().names
    }

    pub(super) fn tables(&self) -> Result<TablesOf<C>, Error> {
        let (names, config, dim) = (self.names(), self.config, self.config.embedding_dim);
        let scale = if self.architecture().scaled_words { (config.dim as f32).sqrt() } else { 1.0 };
        let table = |name: &str, rows| match rows {
            0 => Ok(None),
            rows => self.matrix(name, rows, dim, 1.0).map(Some),
        };
        // ALBERT has the projection always, ELECTRA where it changes the dimension.
        let albert = config.layer_groups.is_some();
        let projection = names.projection.filter(|_| albert || dim != config.dim);
        let projection_first = self.architecture().projection_first;
        let normalised = if projection_first { config.dim } else { dim };
        Ok(Tables {
            words: self.matrix(names.words, config.vocabulary, dim, scale)?,
            positions: table(names.positions, config.position_rows())?,
            padding: config.padding,
            types: table(names.types, config.token_types)?,
            norm: self.optional_norm(names.embedding_norm, "", normalised)?,
            projection: projection
                .map(|name| {
                    self.linear(&[format!("{}{name}", self.prefix)], [config.dim, dim], !projection_first)
                })
                .transpose()?,
            projection_first,
        })
    }

    pub(super) fn block(&self, layer: usize) -> Result<BlockOf<C>, Error> {
        let (names, config) = (self.names(), self.config);
        let attention = config.attention(layer);
        let number = config.layer_groups.map_or(layer, |groups| group_of(layer, config.layers, groups));
        let own = format!("{}.", names.layer.replace("{}", &number.to_string()));
        let all = |parts: &[&str]| -> Vec<_> {
            parts.iter().map(|part| format!("{}{own}{part}", self.prefix)).collect()
        };
        let norm = |name: Option<&'static str>| self.optional_norm(name, &own, config.dim);
        let (dim, head_dim) = (config.dim, attention.head_dim);
        let [qkv_bias, out_bias, up_bias, down_bias] = config.biases;
        let head_norm = |at: usize, heads: usize| {
            let name = names.query_key_norms.map(|names| names[at]);
            let normed = if self.architecture().norms_whole_projections { heads } else { 1 };
            self.optional_norm(name, &own, normed * head_dim)
        };
        let up_dim = config.feed_forward_dim.saturating_mul(1 + usize::from(config.gated));
        let up = if config.gated && !names.gated_up.is_empty() { names.gated_up } else { names.up };
        let in_norm = names.attention_input_norm.filter(|_| layer > 0 || !names.first_input_is_normalised);
        Ok(Block {
            qkv: self.qkv(&all(names.qkv), qkv_bias)?,
            attention_out: self.linear(
                &all(&[names.attention_out]),
                [dim, config.heads * head_dim],
                out_bias,
            )?,
            attention_norm: norm(names.attention_norm)?,
            attention_sum_norm: norm(names.attention_sum_norm)?,
            up: self.up(&all(up), [up_dim, dim], up_bias)?,
            down: self.linear(&all(&[names.down]), [dim, config.feed_forward_dim], down_bias)?,
            norm: norm(names.norm)?,
            attention_input_norm: norm(in_norm)?,
            attention_output_norm: norm(names.attention_output_norm)?,
            input_norm: norm(names.input_norm)?,
            output_norm: norm(names.output_norm)?,
            query_norm: head_norm(0, config.heads)?,
            key_norm: head_norm(1, config.kv_heads)?,
            attention,
            activation: config.activation,
            gated: config.gated,
        })
    }

    pub(super) fn matrix(
        &self,
        name: &str,
        rows: usize,
        columns: usize,
        scale: f32,
    ) -> Result<C::Matrix, Error> {
        let name = format!("{}{name}.weight", self.prefix);
        let mut values = self.weights.read(&name, &[rows, columns])?;
        if scale != 1.0 {
            values.iter_mut().for_each(|value| *value *= scale);
        }
        Ok(self.compute.matrix(values, [rows, columns]))
    }

    /// Query, key and value, which may have fewer heads.
    fn qkv(&self, names: &[String], with_bias: bool) -> Result<Linear<C::Weight, C::Vector>, Error> {
        let config = self.config;
        let [query, key] = [config.heads, config.kv_heads].map(|heads| heads * config.head_dim);
        match names {
            [all] => self.linear(std::slice::from_ref(all), [query + 2 * key, config.dim], with_bias),
            _ => self.stacked(names, &[query, key, key], config.dim, with_bias),
        }
    }

    /// The first half of a feed-forward, whose gate may stand before what is activated.
    fn up(
        &self,
        names: &[String],
        [d_out, d_in]: [usize; 2],
        with_bias: bool,
    ) -> Result<Linear<C::Weight, C::Vector>, Error> {
        let [name] = names else { return self.linear(names, [d_out, d_in], with_bias) };
        if !self.names().gate_first {
            return self.linear(names, [d_out, d_in], with_bias);
        }
        let mut weight = self.weights.read(&format!("{name}.weight"), &[d_out, d_in])?;
        weight.rotate_left(d_out / 2 * d_in);
        let mut bias = match with_bias {
            true => self.weights.read(&format!("{name}.bias"), &[d_out])?,
            false => vec![0.0; d_out],
        };
        bias.rotate_left(d_out / 2);
        Ok(Linear { weight: self.compute.weight(weight, [d_out, d_in]), bias: self.compute.vector(bias) })
    }

    /// A linear layer, in one tensor or in several that divide its outputs evenly.
    pub(super) fn linear(
        &self,
        names: &[String],
        [d_out, d_in]: [usize; 2],
        with_bias: bool,
    ) -> Result<Linear<C::Weight, C::Vector>, Error> {
        self.stacked(names, &vec![d_out / names.len(); names.len()], d_in, with_bias)
    }

    /// Linear layers that read the same input, stacked into one.
    fn stacked(
        &self,
        names: &[String],
        d_out: &[usize],
        d_in: usize,
        with_bias: bool,
    ) -> Result<Linear<C::Weight, C::Vector>, Error> {
        let (mut weight, mut bias) = (Vec::new(), Vec::new());
        for (name, &d_out) in names.iter().zip(d_out) {
            weight.extend(self.weights.read(&format!("{name}.weight"), &[d_out, d_in])?);
            match with_bias {
                true => bias.extend(self.weights.read(&format!("{name}.bias"), &[d_out])?),
                false => bias.resize(bias.len() + d_out, 0.0),
            }
        }
        Ok(Linear {
            weight: self.compute.weight(weight, [bias.len(), d_in]),
            bias: self.compute.vector(bias),
        })
    }

    pub(super) fn optional_norm(
        &self,
        name: Option<&'static str>,
        own: &str,
        dim: usize,
    ) -> Result<Option<Norm<C::Vector>>, Error> {
        name.map(|name| self.norm(&format!("{}{own}{name}", self.prefix), dim)).transpose()
    }

    pub(super) fn norm(&self, name: &str, dim: usize) -> Result<Norm<C::Vector>, Error> {
        // Checkpoints converted from TensorFlow say gamma and beta.
        let read = |new: &str, old: &str| {
            let old_name = format!("{name}.{old}");
            let name = if self.weights.has(&old_name) { old_name } else { format!("{name}.{new}") };
            self.weights.read(&name, &[dim])
        };
        let kind = self.architecture().norm;
        let mut weight = read("weight", "gamma")?;
        if self.architecture().norm_from_one {
            weight.iter_mut().for_each(|weight| *weight += 1.0);
        }
        let bias = match kind == NormKind::Layer && self.config.norm_bias {
            true => read("bias", "beta")?,
            false => vec![0.0; dim],
        };
        let (weight, bias) = (self.compute.vector(weight), self.compute.vector(bias));
        Ok(Norm { weight, bias, epsilon: self.config.norm_epsilon, kind })
    }
}
