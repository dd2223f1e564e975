//! Running one step.

use anyhow::{Context, Result};
use cpu_time::ProcessTime;
use ess_files::FolderLock;

use super::{
    cross::cross_encoder,
    encoder::Encoder,
    learning::{augmented, denoised, distilled},
    made::Made,
    mining::{mined, two_towers},
    recipe::Recipe,
    record::State,
    step::Step,
};

/// Runs a step whose needs are complete, unless it is complete itself; says whether it ran.
pub(super) fn completed(recipe: &mut Recipe<'_>, step: Step) -> Result<bool> {
    // It is for the step right behind alone.
    let left = recipe.left.take();
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
    let (made, encoder) = made(recipe, step, left, &mut lock).with_context(|| format!("step `{step}`"))?;
    recipe.left = encoder;
    let found = wanted.end(&folder, made, started.elapsed().as_secs_f64())?;
    recipe.found.insert(step, found);
    Ok(true)
}

/// Runs a step, with the encoder that the one before left, and gives the one that it leaves itself.
fn made(
    recipe: &Recipe<'_>,
    step: Step,
    left: Option<Encoder>,
    lock: &mut FolderLock,
) -> Result<(Made, Option<Encoder>)> {
    let made = match step {
        Step::TwoTowers => {
            let (made, encoder) = two_towers(recipe, lock)?;
            return Ok((made, Some(encoder)));
        }
        Step::Mined => mined(recipe, left),
        Step::CrossEncoder => cross_encoder(recipe, lock),
        Step::Denoised => denoised(recipe, lock),
        Step::Augmented => augmented(recipe, lock),
        Step::Distilled => distilled(recipe, lock),
    };
    Ok((made?, None))
}
