//! The training of an encoder in a step.

use anyhow::Result;
use ess_encoders::{EncoderTrainer, TextTrainingConfig};
use ess_files::FolderLock;
use ess_metrics::Qrels;
use ess_train::{Returned, TeacherScore};

use crate::{data::judged_texts::judged, output::checkpoints::checkpoints, train_encoder};

use super::{
    encoder::{Encoder, EncoderFolders},
    made::Made,
    recipe::Recipe,
    record::CHECKPOINT,
    step::Step,
};

/// What queries have beside judgements: the rows of negatives of each, and a teacher's scores of each.
#[derive(Default)]
pub(super) struct Given {
    /// Without them the settings of the training say whether they are mined.
    pub(super) negatives: Option<Vec<Vec<usize>>>,
    pub(super) teacher: Option<Vec<Vec<TeacherScore>>>,
}

/// Trains an encoder on these judgements, from the model that the recipe begins with, and measures what was kept. `give` says
/// what the queries of these ids have beside judgements.
pub(super) fn train(
    recipe: &Recipe<'_>,
    (step, config): (Step, &TextTrainingConfig),
    qrels: &Qrels,
    give: impl FnOnce(&[String]) -> Result<Given>,
    lock: &mut FolderLock,
) -> Result<(Made, Encoder)> {
    let texts = &recipe.texts;
    let (names, mut train) = judged(qrels, &texts.beir, &texts.items.ids)?;
    let given = give(&names)?;
    if let Some(negatives) = given.negatives {
        train = train.with_negatives(negatives)?;
    }
    if let Some(teacher) = given.teacher {
        train = train.with_teacher(teacher)?;
    }
    let (_, dev) = judged(&texts.dev, &texts.beir, &texts.items.ids)?;
    let checkpoints = checkpoints(recipe.folder(step).join(CHECKPOINT))?;
    let trainer = EncoderTrainer::new(&recipe.model.folder, config.clone())?
        .with_frozen_items(&recipe.frozen_items)
        .with_progress(recipe.output.progress())
        .with_checkpoints(checkpoints);
    let trained = trainer.fit(&texts.items.texts(), &train, &dev)?;
    train_encoder::save(&trained, lock, recipe.settings.unguarded)?;
    // Now and not at the end alone: a run that stops on the way to it leaves nothing that no record names.
    recipe.wanted(step)?.wrote(&recipe.folder(step))?;
    say!("{step}: {}", trained.report().guard.reason);
    let encoder = Encoder::open(&recipe.encoders(step), texts)?;
    let measured = encoder.measured(texts)?;
    let encoded = trained.report().encoded_texts + encoder.encoded();
    let counts = [("training queries", names.len()), (Made::ENCODED, encoded)];
    let made = Made {
        dev: Some(measured.dev),
        test: measured.test,
        better: Some(trained.report().guard.returned == Returned::Trained),
        counts: counts.map(|(name, count)| (name.to_owned(), count)).into(),
        ..Made::default()
    };
    Ok((made, encoder))
}

/// The folders of the model that the recipe begins with, as those of one encoder for both sides.
pub(super) fn start(recipe: &Recipe<'_>) -> EncoderFolders {
    let folder = recipe.model.folder.clone();
    let max_tokens = recipe.settings.two_towers.max_tokens;
    EncoderFolders { query: folder.clone(), item: folder, max_tokens }
}
