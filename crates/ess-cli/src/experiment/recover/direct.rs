//! Searching and fine-tuning, each against the other.

use anyhow::Result;
use serde::Serialize;

use crate::experiment::{kept::Kept, tuned::FROZEN};

use super::{
    groups::{Groups, compared},
    measured::{Bare, Results},
};

/// An encoder, with or without a module.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct System<'a> {
    pub(super) encoder: &'a str,
    pub(super) module: Option<&'a str>,
}

/// Two systems on the same queries, of which one has a fine-tuned encoder.
pub(super) struct Direct<'a> {
    pub(super) system: System<'a>,
    pub(super) baseline: System<'a>,
    pub(super) groups: Groups,
}

impl<'a> Direct<'a> {
    /// Those of a data set, whose first encoder is the frozen one. For each fine-tuned encoder and each module: the module on the
    /// frozen encoder beside the fine-tuned encoder alone, and the module on the fine-tuned encoder beside the same on the frozen one.
    pub(super) fn of_all(
        results: &Results,
        encoders: &'a [Kept<Bare>],
        modules: &[&'a str],
    ) -> Result<Vec<Self>> {
        let Some((frozen, tuned)) = encoders.split_first() else { return Ok(Vec::new()) };
        let seen = &frozen.found.seen;
        let mut all = Vec::new();
        for tuned in tuned {
            for module in modules {
                let with = |encoder: &'a Kept<Bare>| System::of(encoder, Some(*module));
                let [on_frozen, on_tuned] =
                    [frozen, tuned].map(|encoder| results.by_query(encoder, module).per_query);
                all.push(Self {
                    system: with(frozen),
                    baseline: System::of(tuned, None),
                    groups: compared(seen, &tuned.found.ndcg, &on_frozen)?,
                });
                all.push(Self {
                    system: with(tuned),
                    baseline: with(frozen),
                    groups: compared(seen, &on_frozen, &on_tuned)?,
                });
            }
        }
        Ok(all)
    }

    /// Whether it is a module on the frozen encoder, in place of fine-tuning.
    pub(super) fn is_instead(&self) -> bool {
        self.system.encoder == FROZEN
    }

    /// The fine-tuned encoder of the two.
    pub(super) fn tuned(&self) -> &'a str {
        if self.is_instead() { self.baseline.encoder } else { self.system.encoder }
    }
}

impl<'a> System<'a> {
    fn of(encoder: &'a Kept<Bare>, module: Option<&'a str>) -> Self {
        Self { encoder: &encoder.found.encoder, module }
    }
}

#[cfg(test)]
mod tests;
