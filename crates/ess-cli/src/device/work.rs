//! What is measured on one device.

use std::{path::Path, sync::Arc, time::Instant};

use anyhow::{Context, Result};
use burn::tensor::{Device, Tensor, TensorData};
use ess_core::{Embeddings, Index, ItemEncoder};
use ess_encoders::{SentenceEncoder, TokenEncoder};
use ess_index::FlatIndex;
use ess_search::{DeviceIndex, Linear, LinearConfig, TrainableModule};
use ess_train::{
    Candidates, Items, Judgement, LossConfig, Progress, QuerySet, Softmax, Stop, Trainer, TrainerConfig,
};
use serde::Serialize;

use super::arguments::{Arguments, Sizes};

/// The answer of one device.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Figure {
    pub(super) seconds: f64,
    pub(super) per_second: f64,
    /// The share of the rate of matrix products on the same device, for what is made of products.
    pub(super) share_of_matmul: Option<f64>,
}

/// A question with the answer of one device.
pub(crate) struct Answer {
    pub(crate) what: String,
    pub(crate) unit: &'static str,
    pub(crate) figure: Figure,
}

/// Asks everything that has a size.
pub(crate) fn measure(
    device: &Device,
    arguments: &Arguments,
    sizes: &Sizes,
    model: Option<&Path>,
) -> Result<Vec<Answer>> {
    let mut bench = Bench { device, arguments, model, answers: Vec::new(), flops: 0.0 };
    bench.products(sizes.matmul)?;
    bench.copies(sizes.copied)?;
    for &queries in sizes.in_batch.iter().filter(|&&queries| queries > 0) {
        bench.training_step(queries, queries, Candidates::InBatch)?;
    }
    if sizes.items > 0 && sizes.batch > 0 {
        bench.training_step(sizes.batch, sizes.items, Candidates::AllItems)?;
    }
    if sizes.items > 0 && sizes.queries > 0 {
        bench.search(sizes.queries, sizes.items)?;
    }
    if sizes.texts > 0 {
        bench.encoding(sizes.texts)?;
    }
    Ok(bench.answers)
}

struct Bench<'a> {
    device: &'a Device,
    arguments: &'a Arguments,
    /// The folder of the model to encode with.
    model: Option<&'a Path>,
    answers: Vec<Answer>,
    /// Operations a second of a matrix product.
    flops: f64,
}

impl Bench<'_> {
    fn products(&mut self, side: usize) -> Result<()> {
        let embeddings = random(side, side, 1)?;
        let matrix = self.tensor(&embeddings);
        let seconds = self.time(|| wait(matrix.clone().matmul(matrix.clone()).slice([0..1, 0..1])))?;
        let operations = 2.0 * (side as f64).powi(3);
        self.flops = operations / seconds;
        self.add(
            format!("matrix product {side} × {side} × {side}"),
            "GFLOP/s",
            seconds,
            operations / 1e9,
            None,
        );
        Ok(())
    }

    fn copies(&mut self, values: usize) -> Result<()> {
        let source = Tensor::<1>::zeros([values], self.device);
        let seconds = self.time(|| wait((source.clone() + 1.0).slice_dim(0, 0..1).reshape([1, 1])))?;
        let bytes = 2.0 * 4.0 * values as f64;
        self.add(format!("copy of {values} numbers, read and written"), "GB/s", seconds, bytes / 1e9, None);
        Ok(())
    }

    /// One step of the linear module: forward, softmax over the candidates, backward, optimiser.
    fn training_step(&mut self, queries: usize, items: usize, candidates: Candidates) -> Result<()> {
        const STEPS: usize = 2;
        let dim = self.arguments.dim;
        let embeddings = random(items, dim, 2)?.normalized();
        let frozen = Items::new(&embeddings, self.device);
        let relevant =
            |query: usize| vec![Judgement { item: query * (items / queries).max(1) % items, grade: 1 }];
        let set = QuerySet::new(random(queries, dim, 3)?.normalized(), (0..queries).map(relevant).collect())?;
        let loss = LossConfig::of(Softmax { candidates, ..Softmax::default() });
        let config = TrainerConfig { loss, batch_size: queries, ..TrainerConfig::default() };
        let trainer = Trainer::new(config)?.with_progress(Progress::Silent);
        let seconds = self.time(|| {
            let module = Linear::init(&LinearConfig::new(dim, dim), self.device)?;
            trainer.train(module, &frozen, &set, &Stop::After(STEPS))?;
            Ok(())
        })?;
        // Similarities and weighted sums of items, and the module's own product and its gradient.
        let products = 4.0 * (queries * items * dim) as f64 + 4.0 * (queries * dim * dim) as f64;
        let how = if candidates == Candidates::InBatch { "in batch" } else { "all items" };
        let what = format!("training step, {queries} queries × {items} items, {how}");
        self.add(what, "steps/s", seconds / STEPS as f64, 1.0, Some(products));
        Ok(())
    }

    fn search(&mut self, queries: usize, items: usize) -> Result<()> {
        let dim = self.arguments.dim;
        let (items, queries) = (random(items, dim, 4)?.normalized(), random(queries, dim, 5)?.normalized());
        let k = self.arguments.k;
        let products = 2.0 * (queries.len() * items.len() * dim) as f64;
        let what = format!("exact search, {} queries × {} items, k = {k}", queries.len(), items.len());
        let index: Box<dyn Index> = if *self.device == Device::flex() {
            Box::new(FlatIndex::new(items)?)
        } else {
            Box::new(DeviceIndex::new(&items, self.device))
        };
        let seconds = self.time(|| Ok(index.search(&queries, k).map(drop)?))?;
        self.add(what, "queries/s", seconds, queries.len() as f64, Some(products));
        Ok(())
    }

    /// Tokens of 64-word texts, cut as the model cuts them.
    fn encoding(&mut self, texts: usize) -> Result<()> {
        let Some(folder) = self.model else { return Ok(()) };
        let on_cpu = *self.device == Device::flex();
        let encoder = if on_cpu {
            SentenceEncoder::load(folder)
        } else {
            SentenceEncoder::load_on(folder, self.device)
        };
        let encoder = Arc::new(encoder.with_context(|| folder.display().to_string())?);
        let words = ["search", "encoding", "separation", "module", "item", "query", "vector", "task"];
        let text = |text: usize| {
            (0..64).map(|at| words[(text + at * 3) % words.len()]).collect::<Vec<_>>().join(" ")
        };
        let texts: Vec<String> = (0..texts).map(text).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        // Every text has the same words in another order, and so as many tokens as the first.
        let states = TokenEncoder::new(encoder.clone(), 0)?.encode_items(&texts[..1])?;
        let tokens = states.tokens(0);
        let seconds = self.time(|| Ok(encoder.encode_items(&texts).map(drop)?))?;
        let what = format!("encoding, {} texts of {tokens} tokens", texts.len());
        self.add(what, "tokens/s", seconds, (texts.len() * tokens) as f64, None);
        Ok(())
    }

    /// The median of several runs, after one that makes kernels ready.
    fn time(&self, mut run: impl FnMut() -> Result<()>) -> Result<f64> {
        run()?;
        let mut seconds = Vec::with_capacity(self.arguments.runs);
        for _ in 0..self.arguments.runs {
            let started = Instant::now();
            run()?;
            seconds.push(started.elapsed().as_secs_f64());
        }
        seconds.sort_by(f64::total_cmp);
        Ok(seconds[seconds.len() / 2])
    }

    /// `amount` of the unit was done in so many seconds, with so many operations in products.
    fn add(&mut self, what: String, unit: &'static str, seconds: f64, amount: f64, products: Option<f64>) {
        let share_of_matmul = products.map(|products| products / seconds / self.flops);
        let figure = Figure { seconds, per_second: amount / seconds, share_of_matmul };
        self.answers.push(Answer { what, unit, figure });
    }

    fn tensor(&self, embeddings: &Embeddings) -> Tensor<2> {
        let shape = [embeddings.len(), embeddings.dim()];
        Tensor::from_data(TensorData::new(embeddings.as_slice().to_vec(), shape), self.device)
    }
}

/// Waits until the device has made a tensor.
fn wait(tensor: Tensor<2>) -> Result<()> {
    ess_search::embeddings_from_tensor(tensor)?;
    Ok(())
}

/// Numbers between -1 and 1.
fn random(rows: usize, columns: usize, seed: u64) -> Result<Embeddings> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        // Xorshift64*: Vigna 2016.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    Ok(Embeddings::from_vec((0..rows * columns).map(|_| next()).collect(), columns)?)
}
