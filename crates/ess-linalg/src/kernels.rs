//! Matrix products and exponentials in `f32` on one thread, for training loops.

mod exp;
mod matmul;

pub use exp::{exp_shifted, max};
pub use matmul::{Matrix, dot, multiply_add, multiply_add_strided};
