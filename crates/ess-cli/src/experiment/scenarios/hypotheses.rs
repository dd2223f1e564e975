//! The outcomes that the paper predicts, as differences of a predicted sign.

use anyhow::Result;

use crate::{experiment::compared::Compared, output::together::Together};

use super::{measured::Place, setting::Setting};

/// Numbers of directions that encoding is turned down to, and ranks that searching is turned down to.
const WIDTHS: [usize; 2] = [16, 4];

/// The sign of a difference.
#[derive(Clone, Copy, PartialEq)]
enum Predicted {
    Gain,
    Loss,
}

/// A difference whose sign is predicted.
pub(super) struct Hypothesis {
    /// The scenario, from 1 to 4, or the section of the paper that says something beside them.
    pub(super) scenario: &'static str,
    pub(super) says: String,
    predicted: Predicted,
    pub(super) compared: Compared,
}

impl Hypothesis {
    /// Those of a data set.
    pub(super) fn of_all(places: &[Place<'_>], own: &str) -> Result<Vec<Self>> {
        let find = |wanted: &Setting| places.iter().find(|place| place.setting == wanted);
        let mut all = Vec::new();
        let Some(generic) = find(&Setting::Generic) else { return Ok(all) };
        let frozen = &generic.frozen.per_query;
        if let Some(nothing) = find(&Setting::Noise(0)) {
            let says = "trained on encodings that hold nothing, f_search stays below the frozen encodings";
            all.extend(Self::of("1", says, Predicted::Loss, frozen, nothing)?);
        }
        if let Some(least) = find(&Setting::Rank(1)) {
            let says = "the whole f_search finds more than one of rank 1";
            all.extend(Self::of("2", says, Predicted::Gain, &least.trained.per_query, generic)?);
        }
        for place in places {
            let Some(of_task) = OfAnotherTask::read(place.setting, own) else { continue };
            let what = of_task.what;
            let says = format!("trained on {what}, f_search stays below the frozen generic encodings");
            all.extend(Self::of("3", &says, Predicted::Loss, frozen, place)?);
            if let Some(own) = find(&of_task.own) {
                let says = format!("trained on {}", of_task.beside);
                all.extend(Self::of("3", &says, Predicted::Gain, &place.trained.per_query, own)?);
            }
        }
        let says = "on generic encodings a trained f_search finds more than none";
        all.extend(Self::of("4", says, Predicted::Gain, frozen, generic)?);
        for width in WIDTHS {
            let (encoding, searching) = (find(&Setting::Components(width)), find(&Setting::Rank(width)));
            let (Some(encoding), Some(searching)) = (encoding, searching) else { continue };
            let says = format!(
                "f_search of rank {width} on whole encodings finds more than the whole f_search on {width} directions"
            );
            all.extend(Self::of("5.2", &says, Predicted::Gain, &encoding.trained.per_query, searching)?);
        }
        Ok(all)
    }

    /// What a place gives trained, less the baseline.
    fn of(
        scenario: &'static str,
        says: &str,
        predicted: Predicted,
        baseline: &[f64],
        place: &Place<'_>,
    ) -> Result<Option<Self>> {
        let compared = Compared::of(baseline, &place.trained.per_query)?;
        Ok(compared.map(|compared| Self { scenario, says: says.to_owned(), predicted, compared }))
    }

    /// The verdict, where all differences of the page are taken together.
    pub(super) fn verdict(&self, together: &Together) -> &'static str {
        let gains = self.compared.mean > self.compared.baseline;
        let as_predicted = gains == (self.predicted == Predicted::Gain);
        match (together.is_significant(self.compared.interval, Some(self.compared.p)), as_predicted) {
            (false, _) => "undecided",
            (true, true) => "confirmed",
            (true, false) => "refuted",
        }
    }
}

/// Encodings that hold another task's information alone, in words, and those that hold as much of one's own.
struct OfAnotherTask {
    what: String,
    own: Setting,
    /// What is predicted of the latter.
    beside: String,
}

impl OfAnotherTask {
    fn read(setting: &Setting, own: &str) -> Option<Self> {
        match setting {
            Setting::Only(task, count) if task != own => Some(Self {
                what: format!("the directions of {task}"),
                own: Setting::Only(own.to_owned(), *count),
                beside: format!("as many directions of its own task, it finds more than on those of {task}"),
            }),
            Setting::OnlyByLeace(task, count) if task != own => Some(Self {
                what: format!("what LEACE keeps of {task}"),
                own: Setting::OnlyByLeace(own.to_owned(), *count),
                beside: format!(
                    "what LEACE keeps of its own task, it finds more than on what it keeps of {task}"
                ),
            }),
            _ => None,
        }
    }
}
