//! Errors of training.

use std::path::PathBuf;

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting outside its range.
    #[error("training config: {name} must be {expected}, found {found}")]
    Config {
        /// The setting.
        name: &'static str,
        /// What would have been accepted.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// A loss of the caller's own that cannot be built, since only its name is known.
    #[error(
        "the loss {name:?} cannot be built, since only its name is known; register it, or give it to the trainer by with_loss"
    )]
    GivenLoss {
        /// The loss's name for itself.
        name: String,
    },
    /// A searching module whose rows are compared with items by a scoring of its own, where only the inner product will do.
    #[error("{what} needs a searching module that is compared with items by the inner product")]
    Scored {
        /// What needs it.
        what: &'static str,
    },
    /// A loss that compares queries and items by the inner product alone, for a module with another scoring.
    #[error("the loss {loss:?} cannot train a searching module that has a scoring of its own")]
    LossOfScored {
        /// The loss.
        loss: &'static str,
    },
    /// A weight of a query that cannot be used.
    #[error(
        "the weight of query {query} must be a finite number of at least 0, and one above 0, found {weight}"
    )]
    Weight {
        /// The query's row, from 0.
        query: usize,
        /// The weight.
        weight: f32,
    },
    /// Weights of queries that differ, for a fit that takes no weights.
    #[error("{fit} takes no weights of queries, and theirs differ; ridge and procrustes take weights")]
    Unweighted {
        /// The fit's name.
        fit: &'static str,
    },
    /// A query without a relevant item. It has no loss and no measure.
    #[error("query {query} has no relevant item; leave it out")]
    NoPositive {
        /// The query's row, from 0.
        query: usize,
    },
    /// A judgement of an item that does not exist.
    #[error("query {query} judges item {item}, but there are {items} items")]
    UnknownItem {
        /// The query's row, from 0.
        query: usize,
        /// The item's row, from 0.
        item: usize,
        /// How many items there are.
        items: usize,
    },
    /// The same item judged twice for one query.
    #[error("query {query} judges item {item} twice")]
    DuplicateJudgement {
        /// The query's row, from 0.
        query: usize,
        /// The item's row, from 0.
        item: usize,
    },
    /// A teacher's score that is no finite number, of an item that does not exist, or of one that it scored twice.
    #[error("the teacher's score {score} of item {item} for query {query}: {reason}")]
    TeacherScore {
        /// The query's row, from 0.
        query: usize,
        /// The item's row, from 0.
        item: usize,
        /// The score.
        score: f32,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A negative that is relevant or does not exist.
    #[error("item {item} cannot be a negative of query {query}: {reason}")]
    Negative {
        /// The query's row, from 0.
        query: usize,
        /// The item's row, from 0.
        item: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Something that training needs is not there.
    #[error("training needs {what}, and there are none")]
    Missing {
        /// What is not there.
        what: &'static str,
    },
    /// A recipe that cannot be trained beside the items.
    #[error("{what} cannot be trained on two sides: it is not a single module trained by gradient")]
    NotJoint {
        /// Which of the two.
        what: &'static str,
    },
    /// The loss stopped being a number.
    #[error("the loss became {loss} at step {step}; a lower learning rate or scale may help")]
    Diverged {
        /// The step, from 1.
        step: usize,
        /// The loss.
        loss: f64,
    },
    /// A kind of recipe that does not exist.
    #[error("unknown module {found:?}; known: {known}")]
    UnknownRecipe {
        /// The name that came.
        found: String,
        /// The names that are known.
        known: String,
    },
    /// A loss that does not exist, or that has no defaults.
    #[error("unknown loss {found:?}: {reason}")]
    UnknownLoss {
        /// The name that came.
        found: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A name of a kind that another type has already.
    #[error("the name {kind:?} is taken by another kind")]
    KindTaken {
        /// The name.
        kind: &'static str,
    },
    /// A recipe of several modules where one is needed, such as a part of another.
    #[error("{kind} trains several modules one by one; a part has to be one module")]
    NotOneModule {
        /// The kind of recipe.
        kind: &'static str,
    },
    /// A kind of module that reads another encoding than the data have.
    #[error("{kind} reads {reads}, and not {found}")]
    AnotherEncoding {
        /// The kind of recipe.
        kind: &'static str,
        /// What it reads.
        reads: &'static str,
        /// What the data have.
        found: &'static str,
    },
    /// Members of an ensemble, or runs of a soup, that would come out as the same module, bit for bit: they have the same
    /// settings and starting values, see the same queries in each step, and draw no random numbers.
    #[error(
        "members {first} and {second} (from 0), both {kind}, would come out equal, since nothing random differs between them: use \
         bagging, batches smaller than all queries where they are trained in steps, or different settings"
    )]
    EqualMembers {
        /// What both are, such as `linear`.
        kind: String,
        /// The index of the one, from 0.
        first: usize,
        /// The index of the other.
        second: usize,
    },
    /// A module whose every parameter is frozen.
    #[error("nothing to train: every parameter of the module is frozen")]
    NothingToTrain,
    /// A recipe was asked to refit with the record of another.
    #[error("the record of a training run has no {missing}; it is of another recipe")]
    Record {
        /// What the recipe looked for.
        missing: String,
    },
    /// Something that needs the frozen encoder's own ranking, where queries and items are of different spaces.
    #[error("queries and items are of different spaces, so there is no identity to interpolate with")]
    NoIdentity,
    /// An observer failed, and with it the training.
    #[error("an observer of the training failed: {0}")]
    Observer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A checkpoint that cannot be read.
    #[error("{path}: {reason}; remove it to begin the run anew", path = path.display())]
    CheckpointDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A checkpoint of a run with other settings or data.
    #[error(
        "{path} is of another run: its {part} are {found}, expected {expected}; take another folder or remove the file",
        path = path.display()
    )]
    CheckpointOfAnotherRun {
        /// The file.
        path: PathBuf,
        /// What is different.
        part: String,
        /// What this run has.
        expected: String,
        /// What the file has.
        found: String,
    },
    /// A file that cannot be read or written.
    #[error(transparent)]
    Files(#[from] ess_files::Error),
    /// Measuring the dev queries failed.
    #[error(transparent)]
    Metrics(#[from] ess_metrics::Error),
    /// A searching module failed.
    #[error(transparent)]
    Search(#[from] ess_search::Error),
    /// A fit with a closed form failed.
    #[cfg(feature = "closed-forms")]
    #[error(transparent)]
    Linalg(#[from] ess_linalg::Error),
    /// Embeddings or dimensions that do not fit.
    #[error(transparent)]
    Core(#[from] ess_core::Error),
}
