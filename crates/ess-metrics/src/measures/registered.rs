//! Measures that a program adds to those that are called by name.

use std::{
    any::TypeId,
    fmt,
    sync::{PoisonError, RwLock},
};

use super::{aggregate::Aggregate, measure::Measure};
use crate::cutoff::Cutoff;
use crate::error::Error;
use crate::judged_ranking::JudgedRanking;

/// A measure that is called by name: `NAME`, and `NAME@k` with a cutoff.
///
/// ```
/// use std::fmt;
/// use ess_metrics::{Cutoff, JudgedRanking, Measure, MeasureKind, NamedMeasure, register_measure};
///
/// /// Whether the first item is relevant and the second is not.
/// struct Alone {
///     cutoff: Cutoff,
/// }
///
/// impl fmt::Display for Alone {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         write!(f, "alone{}", self.cutoff)
///     }
/// }
///
/// impl Measure for Alone {
///     fn value(&self, ranking: &JudgedRanking) -> f64 {
///         let ranks: Vec<usize> = ranking.relevant_within(self.cutoff).map(|hit| hit.rank).collect();
///         f64::from(u8::from(ranks == [1]))
///     }
///
///     fn cutoff(&self) -> Cutoff {
///         self.cutoff
///     }
/// }
///
/// impl MeasureKind for Alone {
///     const NAME: &'static str = "alone";
///
///     fn at(cutoff: Cutoff) -> Self {
///         Self { cutoff }
///     }
/// }
///
/// register_measure::<Alone>()?;
/// let measure: NamedMeasure = "alone@2".parse()?;
/// assert_eq!(measure.value(&JudgedRanking::new(&[Some(1), None], &[])), 1.0);
/// assert_eq!(measure.to_string(), "alone@2");
/// # Ok::<(), ess_metrics::Error>(())
/// ```
pub trait MeasureKind: Measure + Sized + 'static {
    /// The name before a cutoff: lower-case letters, digits and `_`.
    const NAME: &'static str;

    /// The measure of the ranking as far as this cutoff.
    fn at(cutoff: Cutoff) -> Self;

    /// The minimum and the maximum value that it can have, such as 0 and 1 of a share; `None`, the default, where it may have
    /// any. Intervals of its mean end there.
    fn range(&self) -> Option<[f64; 2]> {
        None
    }
}

/// A registered measure with its cutoff.
#[derive(Clone, Copy)]
pub(super) struct RegisteredMeasure {
    kind: Kind,
    cutoff: Cutoff,
}

/// What is known of a [`MeasureKind`].
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    of: TypeId,
    value: fn(Cutoff, &JudgedRanking) -> f64,
    aggregate: fn(Cutoff) -> Aggregate,
    depth: fn(Cutoff) -> Cutoff,
    range: fn(Cutoff) -> Option<[f64; 2]>,
}

static KINDS: RwLock<Vec<Kind>> = RwLock::new(Vec::new());

/// Adds a measure whose name no measure of this crate has.
pub(super) fn add<M: MeasureKind>() -> Result<(), Error> {
    let (name, of) = (M::NAME, TypeId::of::<M>());
    let mut kinds = KINDS.write().unwrap_or_else(PoisonError::into_inner);
    match kinds.iter().find(|kind| kind.name == name) {
        Some(kind) if kind.of == of => Ok(()),
        Some(_) => Err(Error::MeasureTaken { name: name.to_owned() }),
        None => {
            kinds.push(Kind {
                name,
                of,
                value: |cutoff, ranking| M::at(cutoff).value(ranking),
                aggregate: |cutoff| M::at(cutoff).aggregate(),
                depth: |cutoff| M::at(cutoff).cutoff(),
                range: |cutoff| M::at(cutoff).range(),
            });
            Ok(())
        }
    }
}

/// The kind of a name.
pub(super) fn find(name: &str) -> Option<Kind> {
    KINDS.read().unwrap_or_else(PoisonError::into_inner).iter().find(|kind| kind.name == name).copied()
}

/// The names of all.
pub(super) fn names() -> Vec<&'static str> {
    KINDS.read().unwrap_or_else(PoisonError::into_inner).iter().map(|kind| kind.name).collect()
}

impl Kind {
    pub(super) fn at(self, cutoff: Cutoff) -> RegisteredMeasure {
        RegisteredMeasure { kind: self, cutoff }
    }
}

impl RegisteredMeasure {
    pub(super) fn range(&self) -> Option<[f64; 2]> {
        (self.kind.range)(self.cutoff)
    }
}

impl fmt::Display for RegisteredMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind.name, self.cutoff)
    }
}

impl fmt::Debug for RegisteredMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Measure for RegisteredMeasure {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        (self.kind.value)(self.cutoff, ranking)
    }

    fn aggregate(&self) -> Aggregate {
        (self.kind.aggregate)(self.cutoff)
    }

    fn cutoff(&self) -> Cutoff {
        (self.kind.depth)(self.cutoff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rank of the last hit; of a second type as well, which wants the same name.
    struct Last<const TYPE: usize>(Cutoff);

    impl<const TYPE: usize> fmt::Display for Last<TYPE> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "last_of_a_test{}", self.0)
        }
    }

    impl<const TYPE: usize> Measure for Last<TYPE> {
        fn value(&self, ranking: &JudgedRanking) -> f64 {
            ranking.relevant_within(self.0).last().map_or(0.0, |hit| hit.rank as f64)
        }

        fn aggregate(&self) -> Aggregate {
            Aggregate::Sum
        }

        fn cutoff(&self) -> Cutoff {
            self.0
        }
    }

    impl<const TYPE: usize> MeasureKind for Last<TYPE> {
        const NAME: &'static str = "last_of_a_test";

        fn at(cutoff: Cutoff) -> Self {
            Self(cutoff)
        }
    }

    #[test]
    fn a_name_belongs_to_one_type() {
        add::<Last<1>>().unwrap();
        add::<Last<1>>().unwrap();
        assert!(matches!(add::<Last<2>>(), Err(Error::MeasureTaken { name }) if name == "last_of_a_test"));
        assert_eq!(names().into_iter().filter(|name| *name == "last_of_a_test").count(), 1);
        let measure = find("last_of_a_test").unwrap().at(Cutoff::at(3).unwrap());
        let ranking = JudgedRanking::new(&[Some(1), None, Some(1), Some(1)], &[]);
        assert_eq!((measure.value(&ranking), measure.cutoff().k()), (3.0, Some(3)));
        assert!(measure.aggregate() == Aggregate::Sum && find("none_of_a_test").is_none());
    }
}
