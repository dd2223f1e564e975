//! Numbers that begin where a line of the cache does.

/// The numbers of a line of the cache, of 64 bytes.
const LINE: usize = 16;

/// Numbers of which the first begins a line of the cache: a vector of 64 bytes among them then lies in one line, where it
/// would else be read from two.
#[derive(Debug)]
pub(super) struct Aligned {
    values: Vec<f32>,
    start: usize,
}

impl Aligned {
    pub(super) fn zeros(len: usize) -> Self {
        let values = vec![0.0_f32; len + LINE - 1];
        // Where an address cannot be aligned, which may be, numbers are where they are.
        let start = values.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE - 1);
        Self { values, start }
    }

    pub(super) fn as_slice(&self) -> &[f32] {
        &self.values[self.start..][..self.len()]
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [f32] {
        let len = self.len();
        &mut self.values[self.start..][..len]
    }

    fn len(&self) -> usize {
        self.values.len() + 1 - LINE
    }
}

// Other memory begins elsewhere within a line.
impl Clone for Aligned {
    fn clone(&self) -> Self {
        let mut copy = Self::zeros(self.len());
        copy.as_mut_slice().copy_from_slice(self.as_slice());
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_their_copies_begin_a_line() {
        for len in [0, 1, 16, 1000] {
            let mut numbers = Aligned::zeros(len);
            assert_eq!(numbers.as_slice(), vec![0.0; len]);
            numbers.as_mut_slice().iter_mut().zip(1_u16..).for_each(|(slot, i)| *slot = f32::from(i));
            let copies = Vec::from_iter((0..5).map(|_| numbers.clone()));
            for copy in copies.iter().chain([&numbers]) {
                assert_eq!(copy.as_slice().as_ptr().addr() % 64, 0);
                assert_eq!(copy.as_slice(), Vec::from_iter((1..=len).map(|i| i as f32)));
            }
        }
    }
}
