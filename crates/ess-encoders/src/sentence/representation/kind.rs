//! What a name of the table says: how the model reads a text, and how token states become vectors.

use super::settings::Representation;
use crate::{
    error::Error,
    sentence::{encoder::SentenceEncoder, pooling::PoolingMode},
};

/// A way from the token states of a text to vectors, which settings call by its name.
///
/// Those of this crate are in its table; [`register_representation`](crate::register_representation) adds others. This one is the
/// mean of a text's first and last token at the last layer:
///
/// ```
/// use ess_encoders::{
///     PoolingMode, Representation, RepresentationKind, SentenceEncoder, TextStates, register_representation, representations,
/// };
///
/// struct BothEnds;
///
/// impl RepresentationKind for BothEnds {
///     fn name(&self) -> &'static str {
///         "both_ends"
///     }
///
///     fn dim(&self, _: &Representation, model: &SentenceEncoder) -> Option<usize> {
///         Some(model.token_dim())
///     }
///
///     fn vectors(&self, _: &Representation, states: &TextStates<'_>) -> Vec<Vec<f32>> {
///         let [first, last] = [PoolingMode::Cls, PoolingMode::LastToken].map(|mode| states.pooled_by(mode));
///         vec![first.iter().zip(&last).map(|(first, last)| (first + last) / 2.0).collect()]
///     }
/// }
///
/// register_representation(BothEnds)?;
/// assert!(representations().contains(&"both_ends"));
/// # Ok::<(), ess_encoders::Error>(())
/// ```
pub trait RepresentationKind: Send + Sync {
    /// The name in settings: lower-case letters, digits and `_`.
    fn name(&self) -> &'static str;

    /// The fields of [`Representation`] that it reads beside `prompt`, `prompt_text` and `prefix`; others are refused. Default:
    /// none.
    fn reads(&self) -> &'static [&'static str] {
        &[]
    }

    /// Refuses settings that make no sense for a model. Default: none are refused.
    ///
    /// # Errors
    /// [`ess_core::Error::InvalidParameter`] naming the setting.
    fn check(&self, _settings: &Representation, _model: &SentenceEncoder) -> Result<(), Error> {
        Ok(())
    }

    /// The dimension of the vectors; `None` where they are pooled states of the last layer, which go through the model's own dense
    /// layers and normalisation. Default: `None`.
    fn dim(&self, _settings: &Representation, _model: &SentenceEncoder) -> Option<usize> {
        None
    }

    /// The layer whose states are read, from 0 to the number of layers. Default: the last.
    fn layer(&self, _settings: &Representation, model: &SentenceEncoder) -> usize {
        model.layers()
    }

    /// The space in which the vectors lie: inner products of vectors of the same model make sense where it is the same.
    /// Default: `embedding`, that of the model's own vectors, where [`dim`](Self::dim) is `None`; else the representation itself
    /// without its prompt.
    fn space(&self, settings: &Representation, model: &SentenceEncoder) -> String {
        match self.dim(settings, model) {
            None => "embedding".to_owned(),
            Some(_) => Representation { prompt: None, prompt_text: None, prefix: None, ..settings.clone() }
                .to_string(),
        }
    }

    /// How the model reads a text. Default: as a whole, cut at the model's length.
    fn reading<'t>(
        &self,
        _settings: &Representation,
        _model: &SentenceEncoder,
        _text: &'t str,
    ) -> Reading<'t> {
        Reading::Whole
    }

    /// One or more vectors of what was read, whose mean represents the text. Without any, the vector is zero.
    fn vectors(&self, settings: &Representation, states: &TextStates<'_>) -> Vec<Vec<f32>>;
}

/// How the model reads a text.
///
/// ```
/// use ess_encoders::Reading;
///
/// let pieces = Reading::Pieces("One. Two.".split_inclusive(' ').collect());
/// assert_ne!(pieces, Reading::Whole);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<'t> {
    /// As a whole, cut at the model's length.
    Whole,
    /// These parts of it, each by itself behind the prompt.
    Pieces(Vec<&'t str>),
    /// All of it, in windows of the model's length that have `overlap` tokens in common; a token's state is that of the window
    /// in which it is farther from the edge.
    Windows {
        /// Tokens in common.
        overlap: usize,
    },
}

/// The token states of one text, or of one piece of it, at one layer; runnable at [`RepresentationKind`].
pub struct TextStates<'a> {
    pub(super) model: &'a SentenceEncoder,
    pub(super) text: &'a str,
    // T × token_dim.
    pub(super) states: &'a [f32],
    pub(super) skipped: usize,
    // In the text, in bytes; none unless it was read in windows.
    pub(super) ends: &'a [usize],
}

impl<'a> TextStates<'a> {
    /// The text, without its prompt.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The states, `T × token_dim`, row-major; those of special tokens and of the prompt are among them.
    pub fn states(&self) -> &'a [f32] {
        self.states
    }

    /// How many tokens at the start poolings of the model leave out, for its prompt.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// Where each token ends in the text, in bytes: 0 of those before it, its length of those behind it. Only of a text that was
    /// read in windows; else empty.
    pub fn ends(&self) -> &'a [usize] {
        self.ends
    }

    /// The states pooled as the model pools them.
    pub fn pooled(&self) -> Vec<f32> {
        self.model.pool(self.states, self.skipped)
    }

    /// The states pooled in one way, `token_dim`.
    pub fn pooled_by(&self, mode: PoolingMode) -> Vec<f32> {
        let mut pooled = vec![0.0; self.model.token_dim()];
        mode.pool(self.states, self.skipped, &mut pooled);
        pooled
    }
}
