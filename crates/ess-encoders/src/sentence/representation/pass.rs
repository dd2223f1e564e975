//! One pass of a model for several representations.

use std::collections::BTreeMap;

use super::{
    block::Block,
    chunks::check_overlap,
    inputs::{Inputs, Use, WindowUse},
    kind::{Reading, TextStates},
};
use crate::{
    error::Error,
    sentence::{encoder::SentenceEncoder, side::Side},
};

/// The vectors that a block makes of the states of the text of this number.
pub(super) type Reduce<'r> = &'r (dyn Fn(&Block, usize, &TextStates<'_>) -> Vec<Vec<f32>> + Sync);

/// What one use of a sequence gives: vectors, or the states of one of several windows.
enum Given {
    Vectors(Vec<Vec<f32>>),
    Window { states: Vec<f32>, ends: Vec<usize>, skipped: usize },
}

// Texts whose states may be in memory at once, by number and by bytes; a longer text goes alone.
const TEXTS: usize = 256;
const BYTES: usize = 1 << 20;

/// Cuts texts into batches, in order.
pub(super) fn batches<'s, 't>(texts: &'s [&'t str]) -> Vec<&'s [&'t str]> {
    let (mut batches, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (at, text) in texts.iter().enumerate() {
        if at > start && (at - start == TEXTS || bytes + text.len() > BYTES) {
            batches.push(&texts[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += text.len();
    }
    batches.push(&texts[start..]);
    batches
}

/// The vectors of each text by each block: `[block][text][vector]`.
pub(super) fn vectors(
    model: &SentenceEncoder,
    blocks: &[Block],
    texts: &[&str],
    side: Side,
    reduce: Reduce<'_>,
) -> Result<Vec<Vec<Vec<Vec<f32>>>>, Error> {
    let inputs = inputs(model, blocks, texts, side)?;
    let mut layers: Vec<usize> = blocks.iter().map(|block| block.layer).collect();
    layers.sort_unstable();
    layers.dedup();
    let given = model.engine.run(&inputs.tokens, &layers, |input, states| {
        let give = |used: &Use| {
            let block = &blocks[used.block];
            let at = layers.partition_point(|layer| *layer < block.layer);
            given(block, texts[used.text], used, states[at], reduce)
        };
        inputs.uses[input].iter().map(give).collect::<Vec<_>>()
    })?;
    let mut by_text: Vec<Vec<Vec<(usize, Given)>>> = Vec::new();
    by_text.resize_with(blocks.len(), || texts.iter().map(|_| Vec::new()).collect());
    for (uses, given) in inputs.uses.iter().zip(given) {
        for (used, given) in uses.iter().zip(given) {
            by_text[used.block][used.text].push((used.at, given));
        }
    }
    let of_block = |(block, by_text): (&Block, Vec<Vec<(usize, Given)>>)| {
        let each = by_text.into_iter().enumerate();
        each.map(|(text, given)| joined(block, (text, texts[text]), given, reduce)).collect()
    };
    Ok(blocks.iter().zip(by_text).map(of_block).collect())
}

/// What the model reads of all texts for all blocks.
fn inputs(model: &SentenceEncoder, blocks: &[Block], texts: &[&str], side: Side) -> Result<Inputs, Error> {
    let mut inputs = Inputs::default();
    let mut uncut = None;
    for (block, checked) in blocks.iter().enumerate() {
        let prompt = checked.prompt(side)?;
        let skipped = model.prompt_tokens(prompt)?;
        let (mut pieces, mut windows) = (Vec::new(), BTreeMap::<usize, Vec<usize>>::new());
        for (text, &whole) in texts.iter().enumerate() {
            match checked.kind.get().reading(&checked.settings, model, whole) {
                Reading::Windows { overlap } => {
                    check_overlap(overlap, model)?;
                    windows.entry(overlap).or_default().push(text);
                }
                Reading::Pieces(all) if !all.is_empty() => {
                    pieces.extend(all.into_iter().enumerate().map(|(at, piece)| (text, at, piece)));
                }
                Reading::Whole | Reading::Pieces(_) => pieces.push((text, 0, whole)),
            }
        }
        if !pieces.is_empty() {
            let strings: Vec<&str> = pieces.iter().map(|(.., piece)| *piece).collect();
            for (tokens, (text, at, _)) in model.tokenize(&strings, prompt)?.into_iter().zip(pieces) {
                inputs.add(tokens, Use { block, text, at, skipped, window: None });
            }
        }
        for (overlap, of_texts) in windows {
            let prepared = of_texts.iter().map(|&text| format!("{prompt}{}", texts[text])).collect();
            let uncut = match &uncut {
                Some(uncut) => uncut,
                None => uncut.insert(model.tokenizer.uncut()?),
            };
            let windows = model.tokenizer.windows(uncut, prepared, overlap)?;
            for (text, windows) in of_texts.into_iter().zip(windows) {
                let alone = windows.len() == 1;
                for (at, window) in windows.into_iter().enumerate() {
                    // Of the special tokens behind a text the position is its end.
                    let in_text = |end: usize| end.saturating_sub(prompt.len()).min(texts[text].len());
                    let ends = window.ends.into_iter().map(in_text).collect();
                    let window_use = WindowUse { kept: window.kept, ends, alone };
                    inputs.add(window.tokens, Use { block, text, at, skipped, window: Some(window_use) });
                }
            }
        }
    }
    Ok(inputs)
}

fn given(block: &Block, text: &str, used: &Use, states: &[f32], reduce: Reduce<'_>) -> Given {
    let whole = |ends| TextStates { model: &block.model, text, states, skipped: used.skipped, ends };
    match &used.window {
        None => Given::Vectors(reduce(block, used.text, &whole(&[]))),
        Some(window) if window.alone => Given::Vectors(reduce(block, used.text, &whole(&window.ends))),
        Some(window) => {
            let dim = block.model.token_dim();
            let states = states[window.kept.start * dim..window.kept.end * dim].to_vec();
            Given::Window { states, ends: window.ends.clone(), skipped: used.skipped }
        }
    }
}

/// The vectors of one text from all that was read of it.
fn joined(
    block: &Block,
    (number, text): (usize, &str),
    mut given: Vec<(usize, Given)>,
    reduce: Reduce<'_>,
) -> Vec<Vec<f32>> {
    given.sort_unstable_by_key(|(at, _)| *at);
    let (mut vectors, mut all, mut all_ends, mut skipped) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (_, given) in given {
        match given {
            Given::Vectors(mut own) => vectors.append(&mut own),
            Given::Window { mut states, mut ends, skipped: prompt } => {
                all.append(&mut states);
                all_ends.append(&mut ends);
                skipped = prompt;
            }
        }
    }
    if !all_ends.is_empty() {
        let states = TextStates { model: &block.model, text, states: &all, skipped, ends: &all_ends };
        vectors.append(&mut reduce(block, number, &states));
    }
    vectors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_every_text_once_and_a_long_text_goes_alone() {
        let long = "x".repeat(BYTES + 1);
        let mut texts = vec!["a"; TEXTS + 1];
        texts.push(&long);
        texts.push("b");
        let lengths: Vec<usize> = batches(&texts).iter().map(|batch| batch.len()).collect();
        assert_eq!(lengths, [TEXTS, 1, 1, 1]);
    }
}
