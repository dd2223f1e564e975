//! A step's texts through their encoders, chunk by chunk, so that the loss sees them all at once (GradCache).

use std::ops::Range;

use rayon::prelude::*;

use super::text_network::TextNetwork;
use crate::{model::tokenizer::token_ids::TokenIds, transformer::token_batch::TokenBatch};

/// The texts of one side.
pub(crate) struct StepSide<'n, 't, N> {
    pub(crate) network: &'n N,
    /// Which tower's parameters they are.
    pub(crate) tower: usize,
    pub(crate) texts: Vec<&'t TokenIds>,
    /// How many tokens of each the pooling leaves out.
    pub(crate) skipped: usize,
    /// How many components the vector of a text has.
    pub(crate) dim: usize,
}

/// Some texts of one side.
struct Chunk {
    side: usize,
    texts: Range<usize>,
    batch: TokenBatch,
    /// Whether what its gradients need is kept.
    kept: bool,
}

/// What came of the first pass.
pub(crate) struct CachedPass<'s, 'n, 't, N: TextNetwork> {
    sides: &'s [StepSide<'n, 't, N>],
    chunks: Vec<(Chunk, Option<N::Tape>)>,
    /// `n × d` of each side.
    pub(crate) vectors: Vec<Vec<f32>>,
}

impl<'s, 'n, 't, N: TextNetwork> CachedPass<'s, 'n, 't, N> {
    /// The vectors of all texts. What gradients need is kept for the first `kept_tokens` tokens.
    pub(crate) fn forward(
        sides: &'s [StepSide<'n, 't, N>],
        chunk_tokens: usize,
        mut kept_tokens: usize,
    ) -> Self {
        let mut chunks = Vec::new();
        for (side, of_side) in sides.iter().enumerate() {
            for texts in chunks_of(&of_side.texts, chunk_tokens) {
                let batch = TokenBatch::new(of_side.texts[texts.clone()].iter().copied());
                let kept = batch.tokens() <= kept_tokens;
                kept_tokens = if kept { kept_tokens - batch.tokens() } else { 0 };
                chunks.push(Chunk { side, texts, batch, kept });
            }
        }
        let run = |chunk: Chunk| {
            let side = &sides[chunk.side];
            let (vectors, tape) = side.network.forward(&chunk.batch, side.skipped);
            let tape = chunk.kept.then_some(tape);
            (vectors, (chunk, tape))
        };
        let (of_chunks, chunks): (Vec<_>, Vec<_>) = chunks.into_par_iter().map(run).unzip();
        let mut vectors = vec![Vec::new(); sides.len()];
        for (own, (chunk, _)) in of_chunks.into_iter().zip(&chunks) {
            vectors[chunk.side].extend(own);
        }
        Self { sides, chunks, vectors }
    }

    /// Adds the gradients of all parameters to those of their towers, given those of the vectors of each side; `None` for a side
    /// that is not trained. Chunks are added up in their order, whatever the number of threads.
    pub(crate) fn back(&self, gradients: &[Option<Vec<f32>>], towers: &mut [Vec<f32>]) {
        let run = |(chunk, tape): &(Chunk, Option<N::Tape>)| {
            let side = &self.sides[chunk.side];
            let gradients = gradients[chunk.side].as_ref()?;
            let own = &gradients[chunk.texts.start * side.dim..chunk.texts.end * side.dim];
            let again = match tape {
                Some(_) => None,
                None => Some(side.network.forward(&chunk.batch, side.skipped).1),
            };
            let tape = tape.as_ref().or(again.as_ref())?;
            Some(side.network.back(&chunk.batch, side.skipped, tape, own))
        };
        for wave in self.chunks.chunks(rayon::current_num_threads().max(1)) {
            let of_wave: Vec<_> = wave.par_iter().map(run).collect();
            for ((chunk, _), gradients) in wave.iter().zip(of_wave) {
                let side = &self.sides[chunk.side];
                if let Some(gradients) = gradients {
                    side.network.add_up(&chunk.batch, &gradients, &mut towers[side.tower]);
                }
            }
        }
    }

    /// How many tokens there are.
    pub(crate) fn tokens(&self) -> usize {
        self.chunks.iter().map(|(chunk, _)| chunk.batch.tokens()).sum()
    }
}

/// The vectors of texts, `n × d`, of which nothing else is kept.
pub(crate) fn encode(
    network: &impl TextNetwork,
    texts: &[&TokenIds],
    skipped: usize,
    chunk_tokens: usize,
) -> Vec<f32> {
    let run =
        |chunk: Range<usize>| network.forward(&TokenBatch::new(texts[chunk].iter().copied()), skipped).0;
    let chunks: Vec<Vec<f32>> = chunks_of(texts, chunk_tokens).into_par_iter().map(run).collect();
    chunks.concat()
}

/// Cuts texts into runs of at most so many tokens, or one text.
fn chunks_of(texts: &[&TokenIds], most: usize) -> Vec<Range<usize>> {
    let mut chunks = Vec::new();
    let (mut start, mut tokens) = (0, 0);
    for (at, text) in texts.iter().enumerate() {
        if at > start && tokens + text.ids.len() > most {
            chunks.push(start..at);
            (start, tokens) = (at, 0);
        }
        tokens += text.ids.len();
    }
    if start < texts.len() {
        chunks.push(start..texts.len());
    }
    chunks
}
