//! Running one step.

use anyhow::{Context, Result};
use cpu_time::ProcessTime;
use ess_files::FolderLock;

use super::{
    cross::cross_encoder,
    learning::{augmented, denoised, distilled},
    made::Made,
    mining::{mined, two_towers},
    recipe::Recipe,
    record::State,
    step::Step,
};

/// Runs a step whose needs are complete, unless it is complete itself; says whether it ran.
pub(super) fn completed(recipe: &mut Recipe<'_>, step: Step) -> Result<bool> {
    if recipe.found.contains_key(&step) {
        return Ok(false);
    }
    let (wanted, folder) = (recipe.wanted(step)?, recipe.folder(step));
    let mut lock = FolderLock::acquire(&folder)?;
    // What runs again before it may have come to the same bits.
    if let State::Complete(found) = wanted.state(&folder)? {
        recipe.found.insert(step, *found);
        return Ok(false);
    }
    wanted.begin(&folder)?;
    say!("{step}: begins");
    let started = ProcessTime::now();
    let made = made(recipe, step, &mut lock).with_context(|| format!("step `{step}`"))?;
    let found = wanted.end(&folder, made, started.elapsed().as_secs_f64())?;
    recipe.found.insert(step, found);
    Ok(true)
}

fn made(recipe: &Recipe<'_>, step: Step, lock: &mut FolderLock) -> Result<Made> {
    match step {
        Step::TwoTowers => two_towers(recipe, lock),
        Step::Mined => mined(recipe),
        Step::CrossEncoder => cross_encoder(recipe, lock),
        Step::Denoised => denoised(recipe, lock),
        Step::Augmented => augmented(recipe, lock),
        Step::Distilled => distilled(recipe, lock),
    }
}
