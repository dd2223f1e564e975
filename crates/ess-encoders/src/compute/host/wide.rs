//! Work that is compiled for the widest vectors that the machine has.

use pulp::{Simd, WithSimd};

/// Work that is compiled for the machine's vectors. A closure that is handed over by itself is not: what calls it is compiled
/// apart, for what every machine of the target has.
pub(super) struct Wide<F>(pub(super) F);

impl<F: FnMut()> WithSimd for Wide<F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        (self.0)();
    }
}
