//! A tensor as a program describes it: a storage, and how it looks into it.

use crate::weights::values::NumberKind;

/// A view of a storage, all of whose sizes fit together.
#[derive(Clone, Debug)]
pub(super) struct TensorView {
    /// The key of its storage.
    pub(super) storage: String,
    /// The storage's class.
    pub(super) class: String,
    /// Its numbers, where they are such as weights have.
    pub(super) kind: Option<NumberKind>,
    /// The number in the storage that it starts with.
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    strides: Vec<usize>,
}

const MAX_DIMS: usize = 8;

impl TensorView {
    /// A view, or why there is none.
    pub(super) fn new(
        [storage, class]: [String; 2],
        kind: Option<NumberKind>,
        offset: usize,
        shape: Vec<usize>,
        strides: Vec<usize>,
    ) -> Result<Self, &'static str> {
        if shape.len() != strides.len() || shape.len() > MAX_DIMS {
            return Err("its sizes and strides are not as many, or too many");
        }
        let view = Self { storage, class, kind, offset, shape, strides };
        let numbers = view.shape.iter().try_fold(1_usize, |all, &size| all.checked_mul(size));
        let extent = view.checked_extent();
        let end = extent.and_then(|extent| extent.checked_add(offset));
        match (numbers, extent, end) {
            // A view that repeats numbers would be larger than what it looks at.
            (Some(numbers), Some(extent), Some(_)) if numbers <= extent => Ok(view),
            (Some(_), Some(_), Some(_)) => Err("it repeats numbers of its storage"),
            _ => Err("its sizes are larger than any file"),
        }
    }

    fn checked_extent(&self) -> Option<usize> {
        if self.shape.contains(&0) {
            return Some(0);
        }
        let steps = self.shape.iter().zip(&self.strides);
        let mut last = steps.map(|(size, stride)| (size - 1).checked_mul(*stride));
        last.try_fold(0_usize, |all, last| all.checked_add(last?))?.checked_add(1)
    }

    /// How many numbers of the storage lie between its first and its last.
    pub(super) fn extent(&self) -> usize {
        self.checked_extent().unwrap_or(usize::MAX)
    }

    /// Where it ends in its storage.
    pub(super) fn end(&self) -> usize {
        self.offset.saturating_add(self.extent())
    }

    /// Its numbers, row by row, of those of the storage from its first on.
    pub(super) fn in_rows(&self, numbers: Vec<f32>) -> Vec<f32> {
        let mut plain = 1_usize;
        let is_plain = self.shape.iter().zip(&self.strides).rev().all(|(&size, &stride)| {
            let expected = plain;
            plain = plain.saturating_mul(size.max(1));
            size <= 1 || stride == expected
        });
        if is_plain {
            return numbers;
        }
        let mut offsets = vec![0];
        for (&size, &stride) in self.shape.iter().zip(&self.strides) {
            offsets =
                offsets.iter().flat_map(|offset| (0..size).map(move |at| offset + at * stride)).collect();
        }
        offsets.into_iter().map(|offset| numbers[offset]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(offset: usize, shape: &[usize], strides: &[usize]) -> Result<TensorView, &'static str> {
        let names = [String::new(), String::new()];
        TensorView::new(names, Some(NumberKind::F32), offset, shape.to_vec(), strides.to_vec())
    }

    #[test]
    fn rows_are_read_by_strides() {
        let numbers: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let plain = view(0, &[3, 4], &[4, 1]).unwrap();
        assert_eq!((plain.in_rows(numbers.clone()), plain.end()), (numbers.clone(), 12));
        let turned = view(0, &[4, 3], &[1, 4]).unwrap();
        assert_eq!(turned.in_rows(numbers.clone()), [0., 4., 8., 1., 5., 9., 2., 6., 10., 3., 7., 11.]);
        let part = view(5, &[2, 2], &[4, 1]).unwrap();
        assert_eq!((part.in_rows(numbers[5..].to_vec()), part.end()), (vec![5., 6., 9., 10.], 11));
    }

    #[test]
    fn views_that_are_larger_than_their_storage_are_refused() {
        for (shape, strides) in [
            (&[1 << 40, 4][..], &[0, 1][..]),
            (&[1 << 40, 1 << 40], &[1, 1]),
            (&[2], &[usize::MAX]),
            (&[2], &[]),
        ] {
            assert!(view(1, shape, strides).is_err(), "{shape:?} {strides:?}");
        }
        assert!(view(usize::MAX, &[2], &[1]).is_err());
        assert_eq!(view(3, &[0, 1 << 40], &[1, 1]).unwrap().extent(), 0);
    }
}
