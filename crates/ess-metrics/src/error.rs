//! What can go wrong with judgements, rankings and measures.

/// The error of this crate.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The same query and item twice, in qrels or in a run.
    #[error("{what}: query {query:?} has item {item:?} twice")]
    DuplicateEntry {
        /// Where it stood: "qrels" or "run".
        what: &'static str,
        /// The query's id.
        query: String,
        /// The item's id.
        item: String,
    },
    /// A score that is NaN or infinite.
    #[error("run: query {query:?}, item {item:?} has score {score}, which is not a finite number")]
    NonFiniteScore {
        /// The query's id.
        query: String,
        /// The item's id.
        item: String,
        /// The score that came.
        score: f32,
    },
    /// More distinct items than an item number can tell apart.
    #[error("more than {} distinct items", u32::MAX)]
    TooManyItems,
    /// An item row twice in one ranking, or in the judgements of one query.
    #[error("{what} of query row {query}: item row {item} stands twice")]
    DuplicateRow {
        /// Where it stood: "judgements" or "ranking".
        what: &'static str,
        /// The query's row, from 0.
        query: usize,
        /// The item's row, from 0.
        item: usize,
    },
    /// Qrels in which no item is relevant to any query: there is nothing to measure.
    #[error("qrels: none of {judged} judgements has a grade above 0")]
    NoPositiveJudgement {
        /// How many judgements there are.
        judged: usize,
    },
    /// A run that answers none of the queries that have a relevant item, as when the ids are of another data
    /// set.
    #[error("run {run:?} with {found} queries has none of the {expected} queries that have a relevant item")]
    NoCommonQuery {
        /// The run's name.
        run: String,
        /// How many queries have a relevant item.
        expected: usize,
        /// How many queries the run has.
        found: usize,
    },
    /// A cutoff that is zero or not a number.
    #[error("cutoff: k must be a whole number of at least 1; found {found:?}")]
    InvalidCutoff {
        /// The k that came, or the name of the measure that was asked for with it, such as `ndcg@0`.
        found: String,
    },
    /// A name that no measure has, or a measure asked for with a cutoff or a parameter that it does not have.
    #[error("unknown measure {name:?}: expected {expected}")]
    UnknownMeasure {
        /// The name that came.
        name: String,
        /// The names that there are, registered ones included; or the measure without what it does not have.
        expected: String,
    },
    /// The same measure asked for twice.
    #[error("measure {name:?} is asked for twice")]
    DuplicateMeasure {
        /// Its name.
        name: String,
    },
    /// A measure that an evaluation does not hold.
    #[error("{name:?} was not measured; there is {measured}")]
    NotMeasured {
        /// The measure that was asked for.
        name: String,
        /// The measures that the evaluation has.
        measured: String,
    },
    /// A NaN or an infinity where a finite number is needed.
    #[error("{what}: position {position} holds {value}, which is not a finite number")]
    NonFinite {
        /// What was being checked.
        what: String,
        /// The position, from 0.
        position: usize,
        /// The value found: NaN or an infinity.
        value: f64,
    },
    /// An input that needs at least one entry has none.
    #[error("{what}: expected at least one, found none")]
    Empty {
        /// What was empty.
        what: &'static str,
    },
    /// Two lists that go together have different lengths.
    #[error("{what}: expected {expected} entries, found {found}")]
    LengthMismatch {
        /// What was being checked.
        what: &'static str,
        /// The length that was needed.
        expected: usize,
        /// The length that came.
        found: usize,
    },
    /// Two systems that were not evaluated on the same queries.
    #[error("{system:?} and {baseline:?} have different queries: {detail}")]
    QueryMismatch {
        /// The system.
        system: String,
        /// What it was compared with.
        baseline: String,
        /// The first difference.
        detail: String,
    },
    /// Outcomes that are all the same, where a fit needs both.
    #[error("all {count} outcomes are {}relevant; a calibration needs both", if *relevant { "" } else { "not " })]
    OneOutcome {
        /// Whether all are relevant; otherwise none is.
        relevant: bool,
        /// How many there are.
        count: usize,
    },
    /// Scores that do not rise with relevance.
    #[error("relevant items do not score higher than others (slope {scale}); there is nothing to calibrate")]
    NoRise {
        /// The slope that was fitted, 0 where all scores are the same.
        scale: f64,
    },
    /// A name that another measure has already.
    #[error("the name {name:?} is taken by another measure")]
    MeasureTaken {
        /// The name.
        name: String,
    },
    /// A parameter outside its range.
    #[error("{name}: expected {expected}, found {found}")]
    InvalidParameter {
        /// The parameter's name.
        name: &'static str,
        /// What would have been accepted.
        expected: &'static str,
        /// What came.
        found: String,
    },
}

impl Error {
    /// The same error with the name of the measure that was asked for.
    pub(crate) fn of_measure(self, measure: &str) -> Self {
        match self {
            Self::InvalidCutoff { .. } => Self::InvalidCutoff { found: measure.to_owned() },
            Self::InvalidParameter { name, expected, found } if found != measure => {
                Self::InvalidParameter { name, expected, found: format!("{found} in {measure}") }
            }
            other => other,
        }
    }
}
