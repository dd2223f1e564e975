//! End-to-end tests live in the `tests` folder of this crate; the code in the documents is tested from here.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
#[cfg(doctest)]
#[doc = include_str!("../../docs/extending/searching-module.md")]
mod searching_module {}
#[cfg(doctest)]
#[doc = include_str!("../../docs/extending/index.md")]
mod index {}
#[cfg(doctest)]
#[doc = include_str!("../../docs/extending/encoder.md")]
mod encoder {}
#[cfg(doctest)]
#[doc = include_str!("../../docs/extending/measure.md")]
mod measure {}
#[cfg(doctest)]
#[doc = include_str!("../../docs/extending/loss.md")]
mod loss {}
