//! Finds a hidden rotation with a searching module that ESS does not have, alone and in an ensemble.
//!
//! `cargo run --release --manifest-path tests/downstream/Cargo.toml`

use ess_downstream::{PairRotation, PairRotationConfig, RotatedTask};
use ess_kit::{prelude::*, train::EnsembleRecipe};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dim = 16;
    let task = RotatedTask::generate(1000, dim, 0.2, 0)?;
    let items = Items::new(&task.items, &Device::flex());
    let config = TrainerConfig {
        learning_rate: 0.02,
        weight_decay: 0.0,
        max_steps: 200,
        patience: 20,
        measure: "mrr@10".parse()?,
        ..TrainerConfig::default()
    };
    let trainer = Trainer::new(config)?.with_progress(Progress::Silent);
    let rotation = || ModuleRecipe::<PairRotation>::new(PairRotationConfig { dim });

    let alone = trainer.fit(&rotation(), &items, &task.train, &task.dev)?;
    println!("{}", alone.report.guard.reason);
    let learned = alone.module.to_state()?;
    let largest = learned.tensors["angles"].values().iter().zip(&task.angles).map(|(a, b)| (a - b).abs());
    println!("{} angles, the worst {:.3} rad off", task.angles.len(), largest.fold(0.0, f32::max));

    let folder = tempfile::tempdir()?;
    learned.save(folder.path())?;
    let registry = Registry::default().with::<PairRotation>();
    let loaded = registry.load(folder.path(), &Device::flex())?;
    let same = loaded.apply(task.test.encodings())? == alone.module.apply(task.test.encodings())?;
    println!("saved and loaded: {}", if same { "it maps the same" } else { "it maps otherwise" });

    let members =
        EnsembleRecipe::new(Averaging::AfterNormalization)
            .with(rotation())
            .with(ModuleRecipe::<Linear>::new(LinearConfig::new(dim, dim)));
    let ensemble = trainer.fit(&members, &items, &task.train, &task.dev)?;
    let test = DevSet::new(&task.test, &items, "mrr@10".parse()?)?;
    let systems: [(&str, &dyn SearchModule); 3] =
        [("frozen", &Identity::new(dim)), ("pair_rotation", &loaded), ("with linear", &ensemble.module)];
    for (name, module) in systems {
        println!("{name:<14} mrr@10 {:.4} on {} test queries", test.mean(module)?, task.test.len());
    }
    Ok(())
}
