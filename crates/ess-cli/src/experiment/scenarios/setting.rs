//! What is turned down, and how far.

use serde::{Deserialize, Serialize};

/// One of the paper's scenarios at one place of its dial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Setting {
    /// Encodings as they are, with the whole searching module.
    Generic,
    /// The share of each vector's variance that is not noise, in percent.
    Noise(u32),
    /// The first principal directions of the items.
    Components(usize),
    /// Bits a dimension.
    Bits(u32),
    /// Encodings as they are, with a searching module of this rank.
    Rank(usize),
    /// Only the directions of a task, by the name of its data set.
    Only(String, usize),
    /// All but the directions of a task.
    Without(String, usize),
    /// Only what LEACE erases of a task, by the name of its data set, along so many directions of relevant items.
    OnlyByLeace(String, usize),
    /// All but that.
    WithoutByLeace(String, usize),
}

/// All that is measured on a data set.
pub(super) fn all(own: &str, others: &[&str], directions: usize) -> Vec<Setting> {
    let mut all = vec![Setting::Generic];
    all.extend([50, 20, 5, 0].map(Setting::Noise));
    all.extend([64, 16, 4].map(Setting::Components));
    all.extend([2, 1].map(Setting::Bits));
    all.extend([1, 2, 4, 16].map(Setting::Rank));
    type OfTask = fn(String, usize) -> Setting;
    let ways: [[OfTask; 2]; 2] =
        [[Setting::Only, Setting::Without], [Setting::OnlyByLeace, Setting::WithoutByLeace]];
    for [only, without] in ways {
        all.extend([own].iter().chain(others).map(|task| only((*task).to_owned(), directions)));
        all.extend(others.iter().map(|task| without((*task).to_owned(), directions)));
    }
    all
}

impl Setting {
    /// The data set whose task it takes directions of.
    pub(super) fn task(&self) -> Option<&str> {
        match self {
            Self::Only(task, _)
            | Self::Without(task, _)
            | Self::OnlyByLeace(task, _)
            | Self::WithoutByLeace(task, _) => Some(task),
            _ => None,
        }
    }

    /// Its name, in tables and in names of files.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Generic => "as encoded".to_owned(),
            Self::Noise(0) => "nothing but noise".to_owned(),
            Self::Noise(kept) => format!("{kept} % signal in noise"),
            Self::Components(1) => "1 principal direction".to_owned(),
            Self::Components(count) => format!("{count} principal directions"),
            Self::Bits(1) => "1 bit a dimension".to_owned(),
            Self::Bits(bits) => format!("{bits} bits a dimension"),
            Self::Rank(rank) => format!("rank {rank}"),
            Self::Only(task, count) => format!("only {count} directions of {task}"),
            Self::Without(task, count) => format!("without {count} directions of {task}"),
            Self::OnlyByLeace(task, count) => format!("only {count} directions of {task} by LEACE"),
            Self::WithoutByLeace(task, count) => format!("without {count} directions of {task} by LEACE"),
        }
    }
}
