//! The cross-encoder: its training among mined items, and what it says of pairs.

use std::collections::BTreeMap;

use anyhow::Result;
use ess_data::{read_run, write_run};
use ess_encoders::{CrossEncoder, CrossEncoderTrainer, PairTexts};
use ess_files::FolderLock;
use ess_metrics::{Qrels, Run};
use ess_train::Returned;

use crate::{
    data::{judged_texts::judged, ranked::Ranked},
    output::checkpoints::checkpoints,
    rerank::pairs::{look_up, scored, wanted},
    train_cross_encoder,
};

use super::{
    made::Made,
    mining::HITS,
    recipe::{CrossModel, Recipe},
    record::{CHECKPOINT, SCORES},
    step::Step,
};

/// Trains a cross-encoder; a query's negatives are among the first items that the encoder found for it.
pub(super) fn cross_encoder(recipe: &Recipe<'_>, lock: &mut FolderLock) -> Result<Made> {
    let (CrossModel::Trained(model) | CrossModel::From(model)) = &recipe.cross;
    let (texts, path) = (&recipe.texts, recipe.folder(Step::Mined).join(HITS));
    let hits = Ranked::read(&path)?;
    let pairs = |qrels: &Qrels| -> Result<PairTexts<'_>> {
        let (names, judged) = judged(qrels, &texts.beir, &texts.items.ids)?;
        let rows = |name: &String| -> Result<Vec<usize>> {
            Ok(hits.rows(name, &texts.items.ids)?.into_iter().map(|(row, _)| row).collect())
        };
        Ok(PairTexts::new(judged).with_candidates(names.iter().map(rows).collect::<Result<_>>()?)?)
    };
    let checkpoints = checkpoints(recipe.folder(Step::CrossEncoder).join(CHECKPOINT))?;
    let trainer = CrossEncoderTrainer::new(&model.folder, recipe.settings.cross_encoder.clone())?
        .with_progress(recipe.output.progress())
        .with_checkpoints(checkpoints);
    let trained = trainer.fit(&texts.items.texts(), &pairs(&texts.train)?, &pairs(&texts.dev)?)?;
    train_cross_encoder::save(&trained, lock, recipe.settings.unguarded)?;
    let report = trained.report();
    let guard = report.guard.as_ref();
    // What is saved where the guard kept the cross-encoder of before.
    let kept = guard.filter(|guard| guard.returned == Returned::Identity && !recipe.settings.unguarded);
    Ok(Made {
        dev: kept.and_then(|guard| guard.identity).or(Some(report.dev)),
        better: guard.map(|guard| guard.returned == Returned::Trained),
        counts: BTreeMap::from([("training queries".to_owned(), report.train_queries)]),
        ..Made::default()
    })
}

/// The cross-encoder's scores of the mined items of some queries, and of what is judged for them; written into the step's folder,
/// and read from it where the step goes on.
pub(super) fn scores<'q>(
    recipe: &Recipe<'_>,
    step: Step,
    queries: impl Iterator<Item = &'q str>,
    judged: Option<&Qrels>,
) -> Result<Run> {
    let path = recipe.folder(step).join(SCORES);
    if path.is_file() {
        return Ok(read_run(&path)?);
    }
    let hits = read_run(recipe.folder(Step::Mined).join(HITS))?;
    let mut own = Run::new("hits");
    for query in queries {
        for (item, score) in hits.ranking(query) {
            own.insert(query, item, score)?;
        }
    }
    let pairs = wanted(&own, judged, recipe.settings.depth);
    let texts = look_up(&pairs, &recipe.texts.beir)?;
    let mut encoder = CrossEncoder::load(recipe.cross_folder())?;
    if let Some(tokens) = recipe.settings.cross_encoder.max_tokens {
        // As in its training, whose folder does not say it.
        encoder = encoder.with_max_tokens(tokens)?;
    }
    let bar = recipe.output.bar(pairs.len());
    let run = scored(&encoder, &pairs, &texts, "cross-encoder".to_owned(), &bar)?;
    write_run(&path, &run)?;
    Ok(run)
}
