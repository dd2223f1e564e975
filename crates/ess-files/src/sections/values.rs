//! Arrays in memory or in a mapped file.

use std::{fmt, marker::PhantomData, ops::Deref, ops::Range, sync::Arc};

use bytemuck::Pod;
use memmap2::Mmap;

/// Values of one type, read alike wherever they are: in memory, or in a file that is mapped.
///
/// ```
/// let values: ess_files::Values<u32> = vec![1, 2, 3].into();
/// assert_eq!((&values[1..], values.mapped_bytes()), (&[2, 3][..], 0));
/// ```
#[derive(Clone)]
#[doc(alias = "Numbers")]
pub struct Values<T>(Place<T>);

#[derive(Clone)]
enum Place<T> {
    Owned(Vec<T>),
    Mapped { file: Arc<Mmap>, range: Range<usize>, values: PhantomData<T> },
}

impl<T: Pod> Values<T> {
    /// Values in the bytes `range` of a mapped file; `None` when they do not fit there.
    pub(super) fn mapped(file: Arc<Mmap>, range: Range<usize>) -> Option<Self> {
        bytemuck::try_cast_slice::<u8, T>(file.get(range.clone())?).ok()?;
        Some(Self(Place::Mapped { file, range, values: PhantomData }))
    }

    /// The values before `count` where they are, and a copy of the rest.
    ///
    /// # Panics
    /// For more values than there are.
    pub fn split_off(mut self, count: usize) -> (Self, Vec<T>) {
        let rest = self[count..].to_vec();
        match &mut self.0 {
            Place::Owned(values) => values.truncate(count),
            Place::Mapped { range, .. } => range.end -= size_of_val(&rest[..]),
        }
        (self, rest)
    }

    /// The values cut into parts of these lengths, which are theirs together; one part is not copied, and what is in a
    /// file stays there.
    ///
    /// # Panics
    /// For lengths that are more than there are together.
    pub fn into_parts(self, lengths: &[usize]) -> Vec<Self> {
        if lengths.len() == 1 {
            return vec![self];
        }
        let mut start = 0;
        let mut part = |length: usize| {
            let range = start..start + length;
            start = range.end;
            match &self.0 {
                Place::Owned(values) => values[range].to_vec().into(),
                Place::Mapped { file, range: whole, .. } => {
                    let first = whole.start + range.start * size_of::<T>();
                    let range = first..first + length * size_of::<T>();
                    Self(Place::Mapped { file: file.clone(), range, values: PhantomData })
                }
            }
        };
        lengths.iter().map(|&length| part(length)).collect()
    }

    /// The values as memory of our own, copied out of the file if they are in one.
    pub fn to_mut(&mut self) -> &mut Vec<T> {
        if let Place::Mapped { .. } = self.0 {
            self.0 = Place::Owned(self.to_vec());
        }
        match &mut self.0 {
            Place::Owned(values) => values,
            Place::Mapped { .. } => unreachable!("copied above"),
        }
    }

    /// Bytes in memory of the process.
    pub fn owned_bytes(&self) -> usize {
        match &self.0 {
            Place::Owned(values) => values.capacity() * size_of::<T>(),
            Place::Mapped { .. } => 0,
        }
    }

    /// Bytes in a mapped file.
    pub fn mapped_bytes(&self) -> usize {
        match &self.0 {
            Place::Owned(_) => 0,
            Place::Mapped { range, .. } => range.len(),
        }
    }
}

impl<T> From<Vec<T>> for Values<T> {
    fn from(values: Vec<T>) -> Self {
        Self(Place::Owned(values))
    }
}

impl<T: Pod> Deref for Values<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match &self.0 {
            Place::Owned(values) => values,
            Place::Mapped { file, range, .. } => bytemuck::cast_slice(&file[range.clone()]),
        }
    }
}

impl<T> fmt::Debug for Values<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Owned(values) => write!(f, "{} values", values.len()),
            Place::Mapped { range, .. } => write!(f, "{} mapped bytes", range.len()),
        }
    }
}
