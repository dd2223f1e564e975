//! What does a training step of the linear module cost, next to its matrix products alone?
//!
//! Counted, in CPU time on one thread: forward, loss, backward and AdamW for d = 384; a training run of four steps,
//! divided by four. `products` are the step's four matrix products alone, made by the same library: the ceiling. The
//! two large ones are the similarities and the weighted sums of items; the items are frozen and need no third. The peer
//! is the same recipe in PyTorch: `benches/peers/train_step.py`.
//!
//! On a processor with a tile unit, `Items` are laid out for it once for all runs, which here happens in the warm-up; the items of a
//! batch are laid out in each step.
//!
//! To compare, run both in turns on a quiet machine and divide:
//!
//! ```text
//! RAYON_NUM_THREADS=1 cargo bench -p ess-benches --bench train_step
//! VENV/bin/python benches/peers/train_step.py
//! ```

use burn::tensor::{Device, Tensor, TensorData};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ess_benches::{CpuTime, uniform};
use ess_core::Embeddings;
use ess_search::{Linear, LinearConfig, TrainableModule};
use ess_train::{
    Candidates, Items, Judgement, LossConfig, Progress, QuerySet, Softmax, Stop, Trainer, TrainerConfig,
};

const DIM: usize = 384;
const STEPS: usize = 4;

/// Queries of a batch, items, and which of them compete.
const SHAPES: [(usize, usize, Candidates); 3] = [
    (1024, 5183, Candidates::AllItems),
    (128, 57_638, Candidates::AllItems),
    (8192, 8192, Candidates::InBatch),
];

fn train_step(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("train_step");
    group.sample_size(10);
    for (queries, items, candidates) in SHAPES {
        let name = format!("{queries}x{items}");
        let item_embeddings = uniform(items, DIM, 1).normalized();
        let encodings = uniform(queries, DIM, 2).normalized();
        let relevant = |query: usize| vec![Judgement { item: query * (items / queries), grade: 1 }];
        let set = QuerySet::new(encodings.clone(), (0..queries).map(relevant).collect()).expect("queries");
        let loss = LossConfig::of(Softmax { candidates, ..Softmax::default() });
        let config = TrainerConfig { loss, batch_size: queries, ..TrainerConfig::default() };
        let trainer = Trainer::new(config).expect("settings").with_progress(Progress::Silent);
        let device = Device::flex();
        let frozen = Items::new(&item_embeddings, &device);
        group.bench_function(BenchmarkId::new("four_steps", &name), |bencher| {
            bencher.iter(|| {
                let module = Linear::init(&LinearConfig::new(DIM, DIM), &device).expect("module");
                trainer.train(module, &frozen, &set, &Stop::After(STEPS)).expect("training")
            });
        });
        let (q, d) = (tensor(&encodings), tensor(&item_embeddings));
        group.bench_function(BenchmarkId::new("products", &name), |bencher| {
            bencher.iter(|| products(&q, &d));
        });
    }
    group.finish();
}

/// The products of a step: through the module and back, similarities, and weighted sums of items.
fn products(queries: &Tensor<2>, items: &Tensor<2>) -> Vec<f32> {
    let weight = Tensor::<2>::ones([DIM, DIM], &queries.device());
    let mapped = queries.clone().matmul(weight);
    let similarities = mapped.matmul(items.clone().transpose());
    let gradient = similarities.matmul(items.clone());
    let of_weight = queries.clone().transpose().matmul(gradient);
    of_weight.into_data().try_to_vec().expect("f32")
}

fn tensor(embeddings: &Embeddings) -> Tensor<2> {
    let shape = [embeddings.len(), embeddings.dim()];
    Tensor::from_data(TensorData::new(embeddings.as_slice().to_vec(), shape), &Device::flex())
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = train_step
}
criterion_main!(benches);
