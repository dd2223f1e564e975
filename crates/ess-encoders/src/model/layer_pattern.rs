//! In which layers attention is local.

/// Which layers have local attention; the others have global.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LayerPattern {
    /// All or none.
    All(bool),
    /// Those from a number on.
    From(usize),
    /// All but every so many, from the layer `first` on.
    ButEvery { every: usize, first: usize },
    /// As listed.
    Listed(Vec<bool>),
}

impl LayerPattern {
    pub(crate) fn is_local(&self, layer: usize) -> bool {
        match self {
            Self::All(local) => *local,
            Self::From(first) => layer >= *first,
            Self::ButEvery { every, first } => layer % every != *first,
            Self::Listed(local) => local.get(layer).copied().unwrap_or(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_local_as_the_pattern_says() {
        let of = |pattern: LayerPattern| (0..6).map(|layer| pattern.is_local(layer)).collect::<Vec<_>>();
        assert_eq!(of(LayerPattern::From(4)), [false, false, false, false, true, true]);
        let modern = LayerPattern::ButEvery { every: 3, first: 0 };
        assert_eq!(of(modern), [false, true, true, false, true, true]);
        assert_eq!(of(LayerPattern::ButEvery { every: 3, first: 2 }), [true, true, false, true, true, false]);
        assert_eq!(of(LayerPattern::Listed(vec![true, false])), [true, false, false, false, false, false]);
    }
}
