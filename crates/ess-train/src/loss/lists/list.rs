//! A loss of one query's list of candidates.

/// A loss of the similarities between one query and its candidates.
pub(in crate::loss) trait ListLoss: Sync {
    /// The loss of a list. Adds to `slopes` (zeros on entry) the derivative with respect to each similarity.
    fn of_list(&self, list: &List<'_>, slopes: &mut [f32]) -> f64;
}

/// One query's candidates.
pub(in crate::loss) struct List<'a> {
    /// The similarity of each candidate.
    pub(in crate::loss) similarities: &'a [f32],
    /// Those that are relevant, in order of their indices.
    pub(in crate::loss) relevant: &'a [Relevant],
    /// The teacher's score of each candidate; empty without a teacher.
    pub(in crate::loss) teacher: &'a [f32],
}

/// A relevant candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::loss) struct Relevant {
    /// Its index in the list.
    pub(in crate::loss) at: usize,
    /// Its grade, above 0.
    pub(in crate::loss) grade: i32,
}

impl List<'_> {
    /// Calls `visit(higher, lower)` with every pair of candidates of which the first has the higher grade; returns the
    /// number of pairs.
    pub(in crate::loss) fn for_pairs(&self, mut visit: impl FnMut(Relevant, Relevant)) -> usize {
        let mut pairs = 0;
        for &higher in self.relevant {
            let mut next = self.relevant.iter().peekable();
            for at in 0..self.similarities.len() {
                let grade = next.next_if(|relevant| relevant.at == at).map_or(0, |relevant| relevant.grade);
                if grade < higher.grade {
                    visit(higher, Relevant { at, grade });
                    pairs += 1;
                }
            }
        }
        pairs
    }

    /// The best grade.
    pub(in crate::loss) fn best_grade(&self) -> i32 {
        self.relevant.iter().map(|relevant| relevant.grade).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_those_of_different_grades() {
        let relevant = [Relevant { at: 1, grade: 2 }, Relevant { at: 3, grade: 1 }];
        let list = List { similarities: &[0.0; 5], relevant: &relevant, teacher: &[] };
        let mut pairs = Vec::new();
        assert_eq!(list.for_pairs(|higher, lower| pairs.push((higher.at, lower.at))), 7);
        assert_eq!(pairs, [(1, 0), (1, 2), (1, 3), (1, 4), (3, 0), (3, 2), (3, 4)]);
    }
}
