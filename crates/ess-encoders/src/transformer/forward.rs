//! The order in which a transformer's layers are applied.

use super::{
    attention_shape::AttentionShape,
    definition::{Block, Norm, Tables, Transformer},
    disentangled::Relative,
    host_tokens::HostTokens,
    operations::Compute,
    token_batch::TokenBatch,
};
use crate::error::Error;

impl<M, W, V> Transformer<M, W, V> {
    /// The states of all tokens, `T × d`, at each of `layers`; layer 0 is before the first block.
    pub(crate) fn states<C: Compute<Matrix = M, Weight = W, Vector = V>>(
        &self,
        compute: &C,
        batch: &TokenBatch,
        layers: &[usize],
    ) -> Result<Vec<HostTokens>, Error> {
        let mut kept: Vec<Option<HostTokens>> = vec![None; layers.len()];
        let mut keep = |layer: usize, tokens: &C::Tokens| -> Result<(), Error> {
            for (kept, _) in kept.iter_mut().zip(layers).filter(|(_, wanted)| **wanted == layer) {
                *kept = Some(compute.to_host(tokens)?);
            }
            Ok(())
        };
        let mut tokens = self.tables.first(compute, batch);
        keep(0, &tokens)?;
        let convolution = self.convolution.as_ref().map(|convolution| (convolution, tokens.clone()));
        for (layer, block) in self.blocks.iter().enumerate() {
            tokens = block.forward(compute, tokens, batch, self.relative(layer));
            if let Some((convolution, first)) = convolution.as_ref().filter(|_| layer == 0) {
                tokens = convolution.forward(compute, first, tokens, batch);
            }
            if let Some(norm) = self.norm.as_ref().filter(|_| layer + 1 == self.blocks.len()) {
                tokens = compute.normalize(tokens, norm);
            }
            keep(layer + 1, &tokens)?;
        }
        Ok(kept.into_iter().flatten().collect())
    }

    fn relative(&self, layer: usize) -> Option<Relative<'_, M>> {
        let bias = || self.relative_positions.as_ref().map(Relative::Bias);
        self.disentangled.get(layer).map(Relative::Disentangled).or_else(bias)
    }
}

impl<M, W, V> Tables<M, W, V> {
    /// What goes into the first block, `T × d`.
    fn first<C: Compute<Matrix = M, Weight = W, Vector = V>>(
        &self,
        compute: &C,
        batch: &TokenBatch,
    ) -> C::Tokens {
        let project = |tokens: C::Tokens| match &self.projection {
            Some(projection) => compute.project(&tokens, projection),
            None => tokens,
        };
        let mut tokens = compute.embed(self, batch);
        if let Some(added) = &batch.added {
            tokens = compute.add_rows(tokens, added);
        }
        match self.projection_first {
            true => normalized(compute, project(tokens), self.norm.as_ref()),
            false => project(normalized(compute, tokens, self.norm.as_ref())),
        }
    }
}

impl<W, V> Block<W, V> {
    /// `T × d` to `T × d`.
    pub(crate) fn forward<C: Compute<Weight = W, Vector = V>>(
        &self,
        compute: &C,
        tokens: C::Tokens,
        batch: &TokenBatch,
        relative: Option<Relative<'_, C::Matrix>>,
    ) -> C::Tokens {
        let input = self.attention_sum_norm.as_ref().map(|norm| (tokens.clone(), norm));
        let qkv = match &self.attention_input_norm {
            Some(norm) => compute.project(&compute.normalize(tokens.clone(), norm), &self.qkv),
            None => compute.project(&tokens, &self.qkv),
        };
        let qkv = self.positioned(compute, qkv, batch);
        let attended = compute.attend(qkv, batch, &self.attention, relative);
        let tokens = match &self.attention_output_norm {
            Some(norm) => {
                compute.add(tokens, compute.normalize(compute.project(&attended, &self.attention_out), norm))
            }
            None => compute.add_projection(tokens, attended, &self.attention_out),
        };
        let tokens = normalized(compute, tokens, self.attention_norm.as_ref());
        let tokens = match input {
            Some((input, norm)) => compute.normalize(compute.add(tokens, input), norm),
            None => tokens,
        };
        let tokens = self.feed_forward(compute, tokens);
        normalized(compute, tokens, self.norm.as_ref())
    }

    /// Queries and keys, normalised and turned by their positions.
    fn positioned<C: Compute<Weight = W, Vector = V>>(
        &self,
        compute: &C,
        mut qkv: C::Tokens,
        batch: &TokenBatch,
    ) -> C::Tokens {
        let AttentionShape { heads, kv_heads, head_dim, .. } = self.attention;
        let keys = heads * head_dim..(heads + kv_heads) * head_dim;
        for (norm, columns) in [(&self.query_norm, 0..keys.start), (&self.key_norm, keys)] {
            if let Some(norm) = norm {
                qkv = compute.normalize_heads(qkv, columns, norm);
            }
        }
        match &self.attention.rotary {
            Some(rotary) => compute.rotate(qkv, batch, heads + kv_heads, rotary),
            None => qkv,
        }
    }

    fn feed_forward<C: Compute<Weight = W, Vector = V>>(&self, compute: &C, tokens: C::Tokens) -> C::Tokens {
        let input = self.input_norm.as_ref().map(|norm| compute.normalize(tokens.clone(), norm));
        match &self.output_norm {
            Some(norm) => {
                let nothing = compute.zeros_like(&tokens);
                let input = input.as_ref().unwrap_or(&tokens);
                let output = compute.add_feed_forward(nothing, Some(input), self);
                compute.add(tokens, compute.normalize(output, norm))
            }
            None => compute.add_feed_forward(tokens, input.as_ref(), self),
        }
    }
}

fn normalized<C: Compute>(compute: &C, tokens: C::Tokens, norm: Option<&Norm<C::Vector>>) -> C::Tokens {
    match norm {
        Some(norm) => compute.normalize(tokens, norm),
        None => tokens,
    }
}
