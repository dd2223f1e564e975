//! The features that there are, by name: one line each, and those that a program adds.

use ess_core::{NameError, NameTable};

use super::{
    feature::Feature,
    kinds::{
        dense::Dense, dense_feedback::DenseFeedback, dense_neighbours::DenseNeighbours, encoding::Encoding,
        lexical::Lexical, lexical_feedback::LexicalFeedback, lexical_neighbours::LexicalNeighbours,
        lexical_title::LexicalTitle, part::Part, passages::BestPassage, scores::Scores, tokens::Tokens,
        trained_module::TrainedModule,
    },
};
use crate::{error::Error, input::collection::Collection};

/// In the order in which weights are fitted and written.
static OWN: [&dyn Feature; 10] = [
    &Dense,
    &Lexical,
    &LexicalTitle,
    &BestPassage,
    &Tokens,
    &TrainedModule,
    &DenseNeighbours,
    &LexicalNeighbours,
    &DenseFeedback,
    &LexicalFeedback,
];

static REGISTERED: NameTable<&'static dyn Feature> = NameTable::new();

/// Makes a feature known by its name to the whole process, for as long as it runs: to
/// [`AutoConfig::features`](crate::AutoConfig::features) and to saved choices. To be called before any of them is read.
/// Runnable at [`Feature`].
///
/// # Errors
/// [`Error::FeatureTaken`] where its name, or one that earlier versions saved it under, is another feature's;
/// [`Error::Config`] for a name with other characters than lower-case letters, digits and `_`, and for a cautious weight
/// that is not finite or below 0.
pub fn register_feature<F: Feature + 'static>(feature: F) -> Result<(), Error> {
    let name = feature.name();
    let weight = feature.cautious_weight();
    if !(weight.is_finite() && weight >= 0.0) {
        let (name, expected) = ("cautious weight of a feature", "a finite number of 0 or more");
        return Err(Error::Config { name, expected, found: weight.to_string() });
    }
    let mut names = [name].into_iter().chain(feature.earlier_names().iter().copied());
    if let Some(taken) = names.find(|name| find(name).is_some()) {
        return Err(Error::FeatureTaken { name: taken.to_owned() });
    }
    // Names of weights are of the whole process, so that a feature stays.
    match REGISTERED.add::<F>(name, Box::leak(Box::new(feature))) {
        Ok(true) => Ok(()),
        // Another thread was first.
        Ok(false) => Err(Error::FeatureTaken { name: name.to_owned() }),
        Err(error) => Err(refused(name, error)),
    }
}

/// Makes known the feature that is the similarity of a part of the vectors, by the part's name ([`Collection::with_parts`]); one that
/// is known already stays. Features of this crate's own names and of other kinds are refused.
///
/// ```
/// use ess_auto::{AutoConfig, register_part};
///
/// register_part("layer_4")?;
/// let mut config = AutoConfig::default();
/// config.features.push("layer_4".to_owned());
/// config.check()?;
/// # Ok::<(), ess_auto::Error>(())
/// ```
///
/// # Errors
/// As [`register_feature`].
pub fn register_part(name: &str) -> Result<(), Error> {
    register_named(name, |name| Part { name })
}

/// Makes known the feature that is the similarity by a further encoder, by the encoder's name ([`Collection::with_encoding`],
/// [`Collection::with_sparse_encoding`]); one
/// that is known already stays. A saved choice that was made with it makes it known when it is loaded.
///
/// ```
/// use ess_auto::{AutoConfig, register_encoding};
///
/// register_encoding("second_encoder")?;
/// let mut config = AutoConfig::default();
/// config.features.push("second_encoder".to_owned());
/// config.check()?;
/// # Ok::<(), ess_auto::Error>(())
/// ```
///
/// # Errors
/// As [`register_feature`].
pub fn register_encoding(name: &str) -> Result<(), Error> {
    register_named(name, |name| Encoding { name })
}

/// Makes known the feature that is what another system scores of its first items, by the system's name
/// ([`TrainingQueries::with_scores`](crate::TrainingQueries::with_scores)); as [`register_encoding`] otherwise.
///
/// ```
/// use ess_auto::{AutoConfig, register_scores};
///
/// register_scores("cross_encoder")?;
/// let mut config = AutoConfig::default();
/// config.features.push("cross_encoder".to_owned());
/// // What it takes to score a query's first items, CPU-milliseconds.
/// config.feature_costs.insert("cross_encoder".to_owned(), 900.0);
/// config.check()?;
/// # Ok::<(), ess_auto::Error>(())
/// ```
///
/// # Errors
/// As [`register_feature`].
pub fn register_scores(name: &str) -> Result<(), Error> {
    register_named(name, |name| Scores { name })
}

/// Adds a feature of a type of this crate under a name of the program's; one of this type that has the name already stays.
fn register_named<F: Feature + 'static>(
    name: &str,
    feature: impl FnOnce(&'static str) -> F,
) -> Result<(), Error> {
    if OWN.iter().any(|feature| is_called(*feature, name)) {
        return Err(refused(name, NameError::Taken));
    }
    let added = match REGISTERED.find(name) {
        Some(known) => REGISTERED.add::<F>(known.name(), known),
        None => {
            let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
            REGISTERED.add::<F>(name, Box::leak(Box::new(feature(name))))
        }
    };
    added.map(drop).map_err(|error| refused(name, error))
}

/// Whether it is what [`register_encoding`] or [`register_scores`] makes known.
pub(crate) fn reads_further(feature: &'static dyn Feature) -> bool {
    is_of::<Encoding>(feature) || is_of::<Scores>(feature)
}

/// Whether it is known to find no items by itself: one of this crate's, or a part of the vectors.
pub(crate) fn finds_nothing(feature: &'static dyn Feature) -> bool {
    OWN.iter().any(|own| own.name() == feature.name()) || is_of::<Part>(feature)
}

/// Whether a feature was registered as one of this type. Adding it once more changes nothing, and says it.
fn is_of<F: Feature + 'static>(feature: &'static dyn Feature) -> bool {
    let known = REGISTERED.find(feature.name());
    known.is_some_and(|known| REGISTERED.add::<F>(known.name(), known) == Ok(false))
}

fn refused(name: &str, error: NameError) -> Error {
    match error {
        NameError::Taken => Error::FeatureTaken { name: name.to_owned() },
        NameError::Malformed => {
            let (what, expected) = ("name of a feature", NameError::FITTING);
            Error::Config { name: what, expected, found: name.to_owned() }
        }
    }
}

/// The names of this crate's features, in order: the default of [`AutoConfig::features`](crate::AutoConfig::features).
pub(crate) fn own_names() -> Vec<&'static str> {
    OWN.iter().map(|feature| feature.name()).collect()
}

/// The names of all features, for a message.
pub(crate) fn known() -> String {
    all().iter().map(|feature| feature.name()).collect::<Vec<_>>().join(", ")
}

/// All features, those of this crate first.
pub(crate) fn all() -> Vec<&'static dyn Feature> {
    OWN.into_iter().chain(REGISTERED.all()).collect()
}

/// The features of these names, in the order of all; the frozen similarity among them always.
pub(crate) fn used(names: &[String]) -> Vec<&'static dyn Feature> {
    let named = |feature: &dyn Feature| names.iter().any(|name| is_called(feature, name));
    all().into_iter().filter(|&feature| feature.name() == Dense.name() || named(feature)).collect()
}

/// The names of the further encoders that some features read, each once.
pub(crate) fn encoders(features: &[&'static dyn Feature]) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = features.iter().filter_map(|feature| feature.encoding()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The feature of a name, which may be that of an earlier version.
pub(crate) fn find(name: &str) -> Option<&'static dyn Feature> {
    all().into_iter().find(|feature| is_called(*feature, name))
}

fn is_called(feature: &dyn Feature, name: &str) -> bool {
    feature.name() == name || feature.earlier_names().contains(&name)
}

impl Collection {
    /// Whether there is what the feature of this name reads; no for a name that is none's. What training makes, and
    /// feedback by embedding, is always there.
    pub fn has(&self, feature: &str) -> bool {
        find(feature).is_some_and(|feature| feature.has_items(self))
    }
}
