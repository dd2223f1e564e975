//! A searching module that ESS does not have, trained, saved and loaded by ESS.
//!
//! `cargo run --release --example custom_module`

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, TensorData, activation::sigmoid},
};
use clap::Parser;
use ess_core::{Embeddings, Identity, SearchModule};
use ess_data::{cut_dev, read_qrels};
use ess_examples::{DeviceChoice, Table, write_json};
use ess_files::FolderLock;
use ess_index::FlatIndex;
use ess_kit::Dataset;
use ess_search::{Error, Registry, TrainableModule};
use ess_train::{Items, ModuleRecipe, Progress, Trainer, TrainerConfig};
use serde::{Deserialize, Serialize};

/// A gated detour of low rank: `z = q + σ(q·g) · (q A) B`. Each query decides how much of the detour it takes.
#[derive(Module, Debug)]
struct GatedDetour {
    /// `d × rank`
    down: Param<Tensor<2>>,
    /// `rank × d`, zero at the start, so that the module starts as the identity.
    up: Param<Tensor<2>>,
    /// `d × 1`
    gate: Param<Tensor<2>>,
    #[module(skip)]
    config: GatedDetourConfig,
}

/// What a [`GatedDetour`] is made from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GatedDetourConfig {
    dim: usize,
    rank: usize,
}

impl TrainableModule for GatedDetour {
    const KIND: &'static str = "gated_detour";
    type Config = GatedDetourConfig;
    type Encoding = Embeddings;

    fn init(config: &GatedDetourConfig, device: &Device) -> Result<Self, Error> {
        let GatedDetourConfig { dim, rank } = *config;
        if rank == 0 || rank > dim {
            let (name, expected) = ("rank", format!("between 1 and {dim}"));
            return Err(Error::Config { kind: Self::KIND, name, expected, found: rank.to_string() });
        }
        // A fixed pattern of cosines stands in for random numbers: the same on every device.
        let wave = |i: usize| ((i / rank) as f32 + 0.5) * (i % rank + 1) as f32;
        let down =
            (0..dim * rank).map(|i| (wave(i) * std::f32::consts::PI / dim as f32).cos()).collect::<Vec<_>>();
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
        let detour = queries.clone().matmul(self.down.val()).matmul(self.up.val());
        queries + detour * gate
    }
}

/// Train a searching module that ESS does not have, on SciFact's frozen embeddings.
#[derive(Parser)]
#[command(name = "custom_module")]
struct Arguments {
    /// The rank of the detour.
    #[arg(long, default_value_t = 64)]
    rank: usize,
    /// The seed of every random step.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where it is computed: cpu, wgpu (a GPU), wgpu:N (the one of this number) or auto (a GPU where there is one).
    #[arg(long, default_value = "cpu", value_name = "cpu|wgpu|wgpu:N|auto")]
    device: DeviceChoice,
    /// Where the module is saved [default: a temporary folder].
    #[arg(long, value_name = "MODULE_DIR")]
    out: Option<PathBuf>,
    /// Show no progress.
    #[arg(long)]
    quiet: bool,
    /// Write the results as JSON (`-`: to standard output).
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    ess_examples::run(program)
}

fn program() -> Result<()> {
    let arguments = Arguments::parse();
    let device = arguments.device.open()?;
    let temporary = tempfile::tempdir()?;
    let folder = arguments.out.unwrap_or_else(|| temporary.path().join("gated_detour"));
    // Before the work, so that a second one is told at once and not after it.
    let mut out = FolderLock::acquire(&folder)?;
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/scifact");
    let dataset = Dataset::open(data.join("minilm"))?;
    let (train, dev) = cut_dev(&read_qrels(data.join("qrels/train.tsv"))?, 0.2, arguments.seed)?;
    let (train, dev) = (dataset.judge(&train)?, dataset.judge(&dev)?);
    let test = dataset.judge_file(data.join("qrels/test.tsv"))?;

    let dim = dataset.items().dim();
    let recipe = ModuleRecipe::<GatedDetour>::new(GatedDetourConfig { dim, rank: arguments.rank });
    let progress = if arguments.quiet { Progress::Silent } else { Progress::Bar };
    let trainer = Trainer::new(TrainerConfig { seed: arguments.seed, ..TrainerConfig::default() })?
        .with_progress(progress);
    let items = Items::new(dataset.items(), &device);
    let fitted = trainer.fit(&recipe, &items, &train.set, &dev.set)?;
    ess_examples::say!(
        "{} parameters, {:.1} s: {}",
        fitted.report.parameters,
        fitted.report.seconds,
        fitted.report.guard.reason
    );

    fitted.module.to_state()?.save_in(&mut out)?;
    // The registry has to be told of a kind that ESS does not have.
    let loaded = Registry::default().with::<GatedDetour>().load(&folder, &device)?;

    let index = FlatIndex::new(dataset.items().clone())?;
    let identity = Identity::new(dim);
    let systems: [(&str, &dyn SearchModule); 2] = [("frozen", &identity), ("gated_detour", &loaded)];
    let mut table = Table::new(&["SciFact official, test", "nDCG@10", "Recall@100"]);
    let mut results = std::collections::BTreeMap::new();
    for (name, module) in systems {
        let evaluation = test.evaluate(&dataset.search(name, module, &index, &test)?)?;
        let (ndcg, recall) = (evaluation.mean("ndcg@10")?, evaluation.mean("recall@100")?);
        table.row(vec![name.to_owned(), format!("{ndcg:.4}"), format!("{recall:.4}")]);
        results.insert(name, std::collections::BTreeMap::from([("ndcg@10", ndcg), ("recall@100", recall)]));
    }
    ess_examples::show(&table);
    match arguments.json {
        Some(path) => write_json(&path, &results),
        None => Ok(()),
    }
}
