//! What all steps of a run share: its models, settings, texts and folders.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};
use ess_encoders::{FrozenItems, TextTrainingConfig, Towers};
use serde_json::{Value, json};

use crate::output::options::Output;

use super::{
    encoder::{Encoder, EncoderFolders},
    record::{Found, SCORES, State, Wanted},
    settings::RocketQaSettings,
    step::Step,
    texts::Texts,
};

/// A model's folder, and its name with a checksum.
#[derive(Clone)]
pub(super) struct Model {
    pub(super) folder: PathBuf,
    pub(super) sum: String,
}

/// The cross-encoder of a run.
pub(super) enum CrossModel {
    /// One that was trained elsewhere.
    Trained(Model),
    /// What one is trained from.
    From(Model),
}

/// A run of the recipe.
pub(super) struct Recipe<'a> {
    pub(super) model: Model,
    pub(super) cross: CrossModel,
    pub(super) settings: RocketQaSettings,
    pub(super) texts: Texts,
    pub(super) out: &'a Path,
    pub(super) output: &'a Output,
    /// The steps that are complete.
    pub(super) found: BTreeMap<Step, Found>,
    /// All trainings begin with one encoder and the same items.
    pub(super) frozen_items: FrozenItems,
    /// What a step that ran leaves to the one behind it.
    pub(super) left: Option<Encoder>,
}

/// Whether a step is there for those behind it.
enum Standing {
    Complete,
    ToDo,
    Lacking(String),
}

impl Recipe<'_> {
    /// The folder of a step.
    pub(super) fn folder(&self, step: Step) -> PathBuf {
        self.out.join(step.name())
    }

    /// The settings of a step that trains an encoder; none of others.
    pub(super) fn training(&self, step: Step) -> Option<&TextTrainingConfig> {
        match step {
            Step::TwoTowers => Some(&self.settings.two_towers),
            Step::Denoised => Some(&self.settings.denoised),
            Step::Augmented => Some(&self.settings.augmented),
            Step::Distilled => Some(&self.settings.distilled),
            Step::Mined | Step::CrossEncoder => None,
        }
    }

    /// The encoders that a step made, as its settings say.
    pub(super) fn encoders(&self, step: Step) -> EncoderFolders {
        let (folder, training) = (self.folder(step), self.training(step));
        let max_tokens = training.and_then(|training| training.max_tokens);
        let (query, item) = match training.map(|training| training.towers) {
            Some(Towers::Two) => (folder.join("query"), folder.join("item")),
            Some(Towers::Query) => (folder.join("query"), self.model.folder.clone()),
            Some(Towers::Shared) | None => (folder.clone(), folder),
        };
        EncoderFolders { query, item, max_tokens }
    }

    /// The cross-encoder that scores.
    pub(super) fn cross_folder(&self) -> PathBuf {
        match &self.cross {
            CrossModel::Trained(model) => model.folder.clone(),
            CrossModel::From(_) => self.folder(Step::CrossEncoder),
        }
    }

    /// Whether it is a step of this run: a cross-encoder that was trained elsewhere is not trained.
    pub(super) fn has(&self, step: Step) -> bool {
        step != Step::CrossEncoder || matches!(self.cross, CrossModel::From(_))
    }

    /// Finds which steps are complete, and refuses a chosen one that reads what is not there and is not made before it.
    ///
    /// # Errors
    /// For such a step, by its name and what it needs.
    pub(super) fn plan(&mut self, chosen: &BTreeSet<Step>) -> Result<()> {
        let mut standings = BTreeMap::new();
        for step in Step::ALL.into_iter().filter(|&step| self.has(step)).collect::<Vec<_>>() {
            let standing = self.standing(step, chosen, &standings)?;
            match &standing {
                Standing::Lacking(reason) if chosen.contains(&step) => {
                    bail!("step `{step}` {reason}: name in --steps what has to run before it")
                }
                _ => drop(standings.insert(step, standing)),
            }
        }
        Ok(())
    }

    fn standing(
        &mut self,
        step: Step,
        chosen: &BTreeSet<Step>,
        before: &BTreeMap<Step, Standing>,
    ) -> Result<Standing> {
        let is_chosen = chosen.contains(&step);
        let mut to_do = false;
        for need in step.needs().iter().filter(|need| before.contains_key(need)) {
            match &before[need] {
                Standing::Complete => {}
                Standing::ToDo => to_do = true,
                Standing::Lacking(reason) => {
                    return Ok(Standing::Lacking(format!("needs the step `{need}`, which {reason}")));
                }
            }
        }
        if to_do {
            return Ok(match is_chosen {
                true => Standing::ToDo,
                false => Standing::Lacking("is not among --steps, and reads what is to be made".to_owned()),
            });
        }
        Ok(match self.wanted(step)?.state(&self.folder(step))? {
            State::Complete(found) => {
                self.found.insert(step, *found);
                Standing::Complete
            }
            _ if is_chosen => Standing::ToDo,
            State::UnderWay => Standing::Lacking("was not run to its end".to_owned()),
            State::Lacking(reason) => Standing::Lacking(reason),
        })
    }

    /// A step with all that decides what comes of it. What it needs is complete.
    pub(super) fn wanted(&self, step: Step) -> Result<Wanted> {
        let RocketQaSettings { depth, irrelevant_to, relevant_from, unguarded, .. } = &self.settings;
        // What texts and pairs are cut to where encoders and the cross-encoder of other steps read them: their folders do not say it.
        let (of_texts, of_pairs) =
            (self.settings.two_towers.max_tokens, self.settings.cross_encoder.max_tokens);
        let training = match self.training(step) {
            Some(training) => json!([serde_json::to_value(training)?, unguarded]),
            None => Value::Null,
        };
        let (settings, texts): (Value, &[&str]) = match step {
            Step::TwoTowers | Step::Distilled => (json!([training]), &["train", "dev"]),
            Step::Mined => (json!([depth, of_texts]), &["train", "dev", "queries without judgements"]),
            Step::CrossEncoder => {
                let training = serde_json::to_value(&self.settings.cross_encoder)?;
                (json!([training, unguarded]), &["train", "dev"])
            }
            Step::Denoised => (json!([training, irrelevant_to, of_pairs]), &["train", "dev"]),
            Step::Augmented => {
                let all = &["train", "dev", "queries without judgements"];
                (json!([training, irrelevant_to, relevant_from, of_pairs]), all)
            }
        };
        let mut inputs: BTreeMap<String, String> =
            self.texts.sums(&["corpus", "queries"]).chain(self.texts.sums(texts)).collect();
        inputs.extend(self.of_models(step));
        inputs.extend(self.of_steps(step));
        Ok(Wanted::new(step, settings, inputs))
    }

    /// The checksums of the models that a step reads and no step made.
    fn of_models(&self, step: Step) -> Option<(String, String)> {
        match (step, &self.cross) {
            (Step::CrossEncoder, CrossModel::From(model)) => {
                Some(("--cross-encoder-from".to_owned(), model.sum.clone()))
            }
            (Step::CrossEncoder, CrossModel::Trained(_)) => None,
            _ => Some(("--model".to_owned(), self.model.sum.clone())),
        }
    }

    /// The checksums of what steps before have made, and of a cross-encoder in their place.
    fn of_steps(&self, step: Step) -> Vec<(String, String)> {
        let read = |&need: &Step| match (need, step, &self.cross) {
            (Step::CrossEncoder, _, CrossModel::Trained(model)) => {
                Some(("--cross-encoder".to_owned(), model.sum.clone()))
            }
            // Of the step before these take the scores alone.
            (Step::Denoised, Step::Augmented | Step::Distilled, _) => {
                Some((format!("{SCORES} of the step `{need}`"), self.found.get(&need)?.output(SCORES)))
            }
            _ => Some((format!("the step `{need}`"), self.found.get(&need)?.identity())),
        };
        step.needs().iter().filter_map(read).collect()
    }
}
