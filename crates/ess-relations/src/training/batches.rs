//! The batches of a pass.

/// Splits the pairs of a pass into batches of `size`. With `joined`, a lone last pair goes into the batch before it: batch
/// normalisation of one row would make every component 0.
pub(super) fn batches(pairs: &mut [usize], size: usize, joined: bool) -> impl Iterator<Item = &mut [usize]> {
    let lone = joined && pairs.len() > size && pairs.len() % size == 1;
    let even = if lone { pairs.len() - size - 1 } else { pairs.len() };
    let (even, last) = pairs.split_at_mut(even);
    even.chunks_mut(size).chain(std::iter::once(last).filter(|last| !last.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_last_pair_joins_the_batch_before() {
        let sizes = |pairs: usize, joined: bool| -> Vec<usize> {
            let mut pairs: Vec<usize> = (0..pairs).collect();
            let all: Vec<Vec<usize>> = batches(&mut pairs, 4, joined).map(|batch| batch.to_vec()).collect();
            assert!(all.concat().into_iter().eq(0..all.concat().len()));
            all.iter().map(Vec::len).collect()
        };
        assert_eq!(sizes(9, true), [4, 5]);
        assert_eq!(sizes(9, false), [4, 4, 1]);
        assert_eq!((sizes(8, true), sizes(10, true)), (vec![4, 4], vec![4, 4, 2]));
        assert_eq!((sizes(5, true), sizes(3, true)), (vec![5], vec![3]));
    }
}
