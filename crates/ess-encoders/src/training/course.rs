//! How long a training is, and when it looks at dev.

/// The length of a training and its looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Course {
    pub(crate) max_steps: usize,
    pub(crate) evaluate_every: usize,
    /// It ends after more than this many looks without a new best.
    pub(crate) patience: usize,
    /// How many dev queries a look measures.
    pub(crate) dev_queries: usize,
}

impl Course {
    /// Whether a step is followed by a look at dev.
    pub(crate) fn looks_after(&self, step: usize) -> bool {
        step.is_multiple_of(self.evaluate_every) || step == self.max_steps
    }
}
