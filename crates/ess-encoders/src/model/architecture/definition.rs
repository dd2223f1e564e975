//! What a row of the table of architectures says.

use crate::{
    model::{activation::Activation, settings::file_settings::FileSettings},
    transformer::definition::NormKind,
};

/// What a kind of transformer is made of.
#[derive(Debug)]
pub(crate) struct Architecture {
    /// What config.json may call it.
    pub(crate) model_types: &'static [&'static str],
    pub(crate) settings: &'static FileSettings,
    pub(crate) positions: Positions,
    /// Whether narrower tables are projected before they are normalised, without a bias.
    pub(crate) projection_first: bool,
    /// Whether tokens have types.
    pub(crate) token_types: bool,
    pub(crate) norm: NormKind,
    /// Whether norms of queries and keys are of all heads together instead of each.
    pub(crate) norms_whole_projections: bool,
    /// Whether the files hold what is added to a norm's weight of 1.
    pub(crate) norm_from_one: bool,
    /// Whether the feed-forward is gated, where the file does not say it.
    pub(crate) gated: bool,
    pub(crate) causal: bool,
    /// Whether scores are divided by the square root of a head's dimension.
    pub(crate) scaled_scores: bool,
    /// Whether the tables' rows are multiplied by the square root of the dimension.
    pub(crate) scaled_words: bool,
    /// Which products have a bias where the file does not say it: query, key and value; attention output; the two halves of the
    /// feed-forward.
    pub(crate) biases: [bool; 4],
    pub(crate) norm_bias: bool,
    pub(crate) defaults: Defaults,
    pub(crate) names: Names,
    /// The head of a cross-encoder, where it is read.
    pub(crate) classifier: Option<Classifier>,
    /// The head of a masked language model, where it is read.
    pub(crate) masked_head: Option<MaskedHead>,
}

/// Where a token's position comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Positions {
    /// Rows of a table, numbered from 0.
    Learned,
    /// Rows of a table, numbered from behind the padding token's.
    LearnedBehindPadding,
    /// Rows of a table and, added to the scores, what stands for the distance: as many buckets, up to 128 tokens away.
    LearnedAndRelative { buckets: usize },
    /// What stands for the distance alone is added to the scores.
    Relative,
    /// Rows of a table where the file says so, and distances that are compared with what tokens mean.
    Disentangled,
    /// Queries and keys are turned.
    Rotary,
    /// Scores lose what grows with the distance.
    Linear,
    /// Tokens come with them.
    Given,
}

/// What holds where config.json says nothing.
#[derive(Debug)]
pub(crate) struct Defaults {
    pub(crate) activation: Activation,
    pub(crate) epsilon: f32,
    /// Rows of the token type table.
    pub(crate) token_types: usize,
    /// Whether norms add `epsilon` whatever the file says.
    pub(crate) fixed_epsilon: bool,
    /// The base of rotary positions, of global and of local attention.
    pub(crate) theta: [f64; 2],
    /// Heads of keys and values; those of queries if none.
    pub(crate) kv_heads: Option<usize>,
    /// The dimension of a head; the model's over the number of heads if none.
    pub(crate) head_dim: Option<usize>,
    /// How many tokens attention sees where it is local.
    pub(crate) window: Option<usize>,
    /// Every so many layers attention is global, from the first or the last of them on.
    pub(crate) global_every: Option<(usize, GlobalFirst)>,
}

/// Which of a group of layers is the global one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GlobalFirst {
    First,
    Last,
}

/// What the parts are called in the files. A part without a name is one that the model has not.
#[derive(Debug)]
pub(crate) struct Names {
    /// Before every name where the folder has a head too; otherwise it is absent.
    pub(crate) prefix: &'static str,
    pub(crate) words: &'static str,
    pub(crate) positions: &'static str,
    pub(crate) types: &'static str,
    pub(crate) embedding_norm: Option<&'static str>,
    /// From the tables' dimension to the layers'.
    pub(crate) projection: Option<&'static str>,
    pub(crate) relative: &'static str,
    pub(crate) final_norm: Option<&'static str>,
    /// What the pooled state goes through, without a bias; its name has no prefix.
    pub(crate) output: Option<&'static str>,
    /// Before the names of a layer's parts, `{}` for its number.
    pub(crate) layer: &'static str,
    /// Query, key and value, or all three in one.
    pub(crate) qkv: &'static [&'static str],
    pub(crate) attention_out: &'static str,
    /// The first half of a feed-forward; of a gated one what is activated and the gate, or both in one.
    pub(crate) up: &'static [&'static str],
    /// The same of a model that is gated only where its file says so.
    pub(crate) gated_up: &'static [&'static str],
    /// Whether the gate stands before what is activated, where both are one tensor.
    pub(crate) gate_first: bool,
    pub(crate) down: &'static str,
    pub(crate) attention_input_norm: Option<&'static str>,
    /// The first layer has no norm of what goes into its attention.
    pub(crate) first_input_is_normalised: bool,
    pub(crate) attention_output_norm: Option<&'static str>,
    pub(crate) attention_norm: Option<&'static str>,
    /// Of that and what went into the attention, which is added a second time.
    pub(crate) attention_sum_norm: Option<&'static str>,
    pub(crate) query_key_norms: Option<[&'static str; 2]>,
    pub(crate) input_norm: Option<&'static str>,
    pub(crate) output_norm: Option<&'static str>,
    pub(crate) norm: Option<&'static str>,
}

/// What stands between a token's last state and the logits of all words.
#[derive(Debug)]
pub(crate) struct MaskedHead {
    pub(crate) dense: &'static str,
    /// The function behind it; that of the feed-forward where there is none.
    pub(crate) activation: Option<Activation>,
    pub(crate) norm: &'static str,
    /// The logits' weight, where it is not the table of words, and its bias.
    pub(crate) decoder: &'static str,
    /// The bias, where it has a name of its own.
    pub(crate) bias: &'static str,
}

/// What stands between the states of a pair's tokens and a cross-encoder's score.
#[derive(Debug)]
pub(crate) struct Classifier {
    /// Which state it reads, where config.json does not say it.
    pub(crate) pooled: Pooled,
    /// The layer on that state, if there is one, with a bias unless config.json may say otherwise.
    pub(crate) dense: Option<&'static str>,
    /// The function behind it, where config.json does not say it.
    pub(crate) activation: Activation,
    /// The normalisation behind the function.
    pub(crate) norm: Option<&'static str>,
    pub(crate) score: &'static str,
    pub(crate) score_bias: bool,
    pub(crate) stated: Stated,
}

/// Of which tokens a classifier reads the states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pooled {
    First,
    /// The last that is no padding.
    Last,
    Mean,
}

/// What config.json says of a classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stated {
    Nothing,
    /// `pooler_hidden_act`.
    PoolerActivation,
    /// `classifier_activation`, `classifier_bias` and `classifier_pooling`.
    Classifier,
}
