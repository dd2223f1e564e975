//! A searching module that ESS does not have: trained, saved and loaded as those of ESS are.
//!
//! `cargo run --release --example 05_own_module`

use ess_examples::scifact;
use ess_kit::{
    burn::tensor::{TensorData, activation::sigmoid},
    prelude::*,
};

/// A gated detour of low rank: `z = q + σ(q·g) · (q A) B`. Each query decides how much of the detour it takes.
#[derive(Module, Debug)]
struct GatedDetour {
    /// A, `d × rank`
    down: Param<Tensor<2>>,
    /// B, `rank × d`, zero at the start, so that the module starts as the identity.
    up: Param<Tensor<2>>,
    /// g, `d × 1`
    gate: Param<Tensor<2>>,
    #[module(skip)]
    config: GatedDetourConfig,
}

#[derive(Config, Debug)]
struct GatedDetourConfig {
    dim: usize,
    rank: usize,
}

impl TrainableModule for GatedDetour {
    const KIND: &'static str = "gated_detour";
    type Config = GatedDetourConfig;
    type Encoding = Embeddings;

    fn init(config: &GatedDetourConfig, device: &Device) -> Result<Self, ess_kit::search::Error> {
        let GatedDetourConfig { dim, rank } = *config;
        // A fixed pattern of cosines stands in for random numbers: the same on every device.
        let wave =
            |i: usize| ((i / rank) as f32 + 0.5) * (i % rank + 1) as f32 * std::f32::consts::PI / dim as f32;
        let down = (0..dim * rank).map(|i| wave(i).cos()).collect::<Vec<_>>();
        Ok(Self {
            down: Param::from_data(TensorData::new(down, [dim, rank]), device),
            up: Param::from_tensor(Tensor::zeros([rank, dim], device)),
            gate: Param::from_tensor(Tensor::zeros([dim, 1], device)),
            config: config.clone(),
        })
    }
    fn config(&self) -> &GatedDetourConfig {
        &self.config
    }
    fn query_dim(&self) -> usize {
        self.config.dim
    }
    fn item_dim(&self) -> usize {
        self.config.dim
    }
    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        let gate = sigmoid(queries.clone().matmul(self.gate.val()));
        queries.clone() + queries.matmul(self.down.val()).matmul(self.up.val()) * gate
    }
}

fn main() -> anyhow::Result<()> {
    let dataset = Dataset::open(scifact("minilm"))?;
    let (train, dev) = dataset.train_and_dev(scifact("qrels/train.tsv"), 0.2, 0)?;
    let recipe = ModuleRecipe::<GatedDetour>::new(GatedDetourConfig::new(dataset.query_dim(), 64));
    let fitted = Training::default().fit_recipe(&recipe, &dataset, &train, &dev)?;
    println!("{} parameters: {}", fitted.report.parameters, fitted.report.guard.reason);

    let folder = tempfile::tempdir()?;
    fitted.module.to_state()?.save(folder.path())?;
    // The registry has to know a kind that ESS does not have.
    let module = Registry::default().with::<GatedDetour>().load(folder.path(), &Device::flex())?;
    let test = dataset.judge_file(scifact("qrels/test.tsv"))?;
    let run = dataset.search("detour", &module, &dataset.index()?, &test)?;
    println!("nDCG@10 {:.4}", test.evaluate(&run)?.mean("ndcg@10")?);
    Ok(())
}
