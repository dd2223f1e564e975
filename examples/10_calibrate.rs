//! Fits s of Eq. 3, so that a similarity becomes a probability that can be believed.
//!
//! `cargo run --release --example 10_calibrate`

use ess_examples::scifact;
use ess_kit::{
    metrics::{Binning, ReliabilityDiagram, brier_score},
    prelude::*,
    train::SimilaritySample,
};

fn main() -> anyhow::Result<()> {
    let dataset = Dataset::open(scifact("minilm"))?;
    let (module, items) = (Identity::new(384), Items::new(dataset.items(), &Device::flex()));

    // The ten most similar items of each query: relevant where they are judged so. So the probability is that of an item
    // that a user is shown.
    let sample = |qrels: &str| -> anyhow::Result<SimilaritySample> {
        Ok(SimilaritySample::of_hits(&module, &dataset.judge_file(scifact(qrels))?.set, &items, 10)?)
    };
    let (train, test) = (sample("qrels/train.tsv")?, sample("qrels/test.tsv")?);
    println!("{} pairs to fit on, {} to measure on", train.len(), test.len());

    for (name, method) in [("Platt", Calibration::Platt), ("isotonic", Calibration::Isotonic)] {
        let link = train.fit(method)?;
        let probabilities: Vec<f32> =
            test.similarities().iter().map(|&similarity| link.probability(similarity)).collect();
        let bins = Binning::EqualWidth { bins: 10 };
        let diagram = ReliabilityDiagram::new(&probabilities, test.relevant(), bins)?;
        let brier = brier_score(&probabilities, test.relevant())?;
        println!("{name}: Brier {brier:.4}, calibration error {:.4}", diagram.expected_calibration_error());
        if name == "Platt" {
            println!("  similarity .5 → {:.3}, .8 → {:.3}", link.probability(0.5), link.probability(0.8));
            for bin in diagram.bins() {
                let (predicted, found) = (bin.mean_probability, bin.relevant_share);
                println!("  predicted {predicted:.3}, relevant {found:.3}, {} pairs", bin.count);
            }
        }
    }
    Ok(())
}
