//! End-to-end tests live in the `tests` folder of this crate; the code in the documents is tested from here.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
#[cfg(doctest)]
#[doc = include_str!("../../docs/devices.md")]
mod devices {}
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
#[cfg(doctest)]
#[doc = include_str!("../../docs/extending/feature.md")]
mod feature {}
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/1-concepts.md")]
mod guide_concepts {}
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/2-first-search.md")]
mod guide_first_search {}
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/3-first-module.md")]
mod guide_first_module {}
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/4-evaluation.md")]
mod guide_evaluation {}
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/5-automatic-choice.md")]
mod guide_automatic_choice {}
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/6-production.md")]
mod guide_production {}
