//! `--kind` of `ess index build`.

use clap::ValueEnum;

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(super) enum Kind {
    Flat,
    Graph,
    #[value(alias = "quantised")]
    IvfPq,
    Bm25,
    Tokens,
}

impl Kind {
    pub(super) fn name(&self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}
