//! The portable kernel for products of bytes.

/// As `InstructionSet::row_products`.
pub(super) fn products(query: &[u8], codes: &[i8], rows: &[u32], products: &mut [i32]) {
    for (product, &row) in products.iter_mut().zip(rows) {
        let code = &codes[row as usize * query.len()..][..query.len()];
        *product = query.iter().zip(code).map(|(&q, &x)| (i32::from(q) - 128) * i32::from(x)).sum();
    }
}
