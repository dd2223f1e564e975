//! Arrays in memory or in a mapped file.

use std::{fmt, marker::PhantomData, ops::Deref, ops::Range, sync::Arc};

use bytemuck::Pod;
use ess_core::MemoryUse;
use memmap2::Mmap;

/// Numbers of one type, read alike wherever they are.
#[derive(Clone)]
pub(crate) struct Numbers<T>(Place<T>);

#[derive(Clone)]
enum Place<T> {
    Owned(Vec<T>),
    Mapped { file: Arc<Mmap>, range: Range<usize>, numbers: PhantomData<T> },
}

impl<T: Pod> Numbers<T> {
    /// Numbers in the bytes `range` of a mapped file; `None` when they do not fit there.
    pub(super) fn mapped(file: Arc<Mmap>, range: Range<usize>) -> Option<Self> {
        bytemuck::try_cast_slice::<u8, T>(file.get(range.clone())?).ok()?;
        Some(Self(Place::Mapped { file, range, numbers: PhantomData }))
    }

    /// The numbers before `count` where they are, and a copy of the rest.
    pub(crate) fn split_off(mut self, count: usize) -> (Self, Vec<T>) {
        let rest = self[count..].to_vec();
        match &mut self.0 {
            Place::Owned(numbers) => numbers.truncate(count),
            Place::Mapped { range, .. } => range.end -= size_of_val(&rest[..]),
        }
        (self, rest)
    }

    /// The numbers cut into parts of these lengths, which are theirs together; one part is not copied, and what is in a
    /// file stays there.
    pub(crate) fn into_parts(self, lengths: &[usize]) -> Vec<Self> {
        if lengths.len() == 1 {
            return vec![self];
        }
        let mut start = 0;
        let mut part = |length: usize| {
            let range = start..start + length;
            start = range.end;
            match &self.0 {
                Place::Owned(numbers) => numbers[range].to_vec().into(),
                Place::Mapped { file, range: whole, .. } => {
                    let first = whole.start + range.start * size_of::<T>();
                    let range = first..first + length * size_of::<T>();
                    Self(Place::Mapped { file: file.clone(), range, numbers: PhantomData })
                }
            }
        };
        lengths.iter().map(|&length| part(length)).collect()
    }

    /// The numbers as memory of our own, copied out of the file if they are in one.
    pub(crate) fn to_mut(&mut self) -> &mut Vec<T> {
        if let Place::Mapped { .. } = self.0 {
            self.0 = Place::Owned(self.to_vec());
        }
        match &mut self.0 {
            Place::Owned(numbers) => numbers,
            Place::Mapped { .. } => unreachable!("copied above"),
        }
    }

    /// How much memory the numbers take, and where.
    pub(crate) fn memory_use(&self) -> MemoryUse {
        match &self.0 {
            Place::Owned(numbers) => MemoryUse { owned: numbers.capacity() * size_of::<T>(), mapped: 0 },
            Place::Mapped { range, .. } => MemoryUse { owned: 0, mapped: range.len() },
        }
    }
}

impl<T> From<Vec<T>> for Numbers<T> {
    fn from(numbers: Vec<T>) -> Self {
        Self(Place::Owned(numbers))
    }
}

impl<T: Pod> Deref for Numbers<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match &self.0 {
            Place::Owned(numbers) => numbers,
            Place::Mapped { file, range, .. } => bytemuck::cast_slice(&file[range.clone()]),
        }
    }
}

impl<T> fmt::Debug for Numbers<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Owned(numbers) => write!(f, "{} numbers", numbers.len()),
            Place::Mapped { range, .. } => write!(f, "{} mapped bytes", range.len()),
        }
    }
}
