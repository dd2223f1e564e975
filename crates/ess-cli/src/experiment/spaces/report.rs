//! The page.

use std::fmt::Write as _;

use crate::experiment::{
    figures::{figure, or_dash, short},
    over_seeds::mean,
    sample::Limits,
};

use super::rows::{ALIGNED, BOTH, Block, Rows, SEARCHED};

/// What the page is made of.
pub(super) struct Report<'r> {
    pub(super) seed: u64,
    pub(super) rows: &'r Rows,
    pub(super) limits: Limits,
    pub(super) seeds: usize,
}

impl Report<'_> {
    pub(super) fn markdown(&self) -> String {
        let mut text = "# Search between the spaces of two encoders\n\n".to_owned();
        self.findings(&mut text);
        self.method(&mut text);
        for block in &self.rows.blocks {
            self.block(&mut text, block);
        }
        self.directions(&mut text);
        text
    }

    /// What the page has found.
    fn findings(&self, text: &mut String) {
        let count = self.rows.blocks.len();
        let [better, worse] = self.against_alignment(SEARCHED);
        let _ = write!(
            text,
            "A linear f_search that is trained on a task's judgements alone bridges two spaces at {} nDCG@10 in the mean over {count} \
             directions of search. Spaces that ridge regression aligned as wholes reach {}, and one encoder for both sides {}. The module is \
             significantly better than alignment in {} and worse in {}. ",
            figure(self.level(SEARCHED)),
            figure(self.level(ALIGNED)),
            figure(self.shared()),
            better,
            worse,
        );
        let [better, worse] = self.against_alignment(BOTH);
        let _ = write!(
            text,
            "Trained on top of the alignment it reaches {}, better than alignment in {} and worse in {}. ",
            figure(self.level(BOTH)),
            better,
            worse,
        );
        let list = |of: fn(&Block) -> Option<usize>| {
            let told = self.rows.blocks.iter().map(|block| or_dash(of(block).map(|count| count.to_string())));
            told.collect::<Vec<_>>().join(", ")
        };
        let _ = writeln!(
            text,
            "Nine tenths of what alignment by CCA reaches take {} directions, and nine tenths of what f_search of the ranks tried reaches take a \
             rank of {} (in the order of the tables below).\n",
            list(Block::directions_needed),
            list(Block::rank_needed),
        );
    }

    /// In how many directions of search a bridge is significantly above alignment by ridge regression, and in how many below.
    fn against_alignment(&self, bridge: &str) -> [usize; 2] {
        let rows = self.rows.blocks.iter().filter_map(|block| block.row(bridge)?.with_aligned.as_ref());
        let significant: Vec<_> =
            rows.filter(|found| self.rows.together.is_significant(found.interval, Some(found.p))).collect();
        let above = significant.iter().filter(|found| found.mean > found.baseline).count();
        [above, significant.len() - above]
    }

    fn level(&self, bridge: &str) -> f64 {
        let rows = self.rows.blocks.iter().filter_map(|block| block.row(bridge));
        mean(&rows.map(|row| row.compared.mean).collect::<Vec<_>>())
    }

    fn shared(&self) -> f64 {
        let rows = self.rows.blocks.iter().filter_map(|block| block.row(ALIGNED));
        mean(&rows.map(|row| row.compared.baseline).collect::<Vec<_>>())
    }

    fn method(&self, text: &mut String) {
        let Limits { queries, items } = self.limits;
        let _ = writeln!(
            text,
            "Written by `ess experiment spaces`, seed {}. Alignment learns from items that both encoders encoded, and from no judgement; \
             items that are named as a dev or test query are left out. What is trained sees at most {queries} training queries and {items} \
             items beside those that they are judged on, drawn anew for each of {} seeds. Figures are nDCG@10 over all items, the mean over \
             seeds for each test query, with the standard deviation over seeds. In brackets: the paired 95 % interval over queries of the \
             difference to the items' encoder for both sides, and to alignment by ridge. **Bold** differences have a p-value below .05 \
             after Holm's correction over all {} comparisons of this page.",
            self.seed,
            self.seeds,
            self.rows.together.len(),
        );
    }

    fn block(&self, text: &mut String, block: &Block) {
        let [query_dim, item_dim] = block.dims;
        let _ = writeln!(
            text,
            "\n## {}, {}: {query_dim} to {item_dim} dimensions, {} pairs\n\n\
             | bridge | nDCG@10 | over seeds | difference to alignment |\n|---|---|---|---|",
            block.name,
            block.direction.name(),
            block.pairs
        );
        let base = block.rows.first().map(|row| figure(row.compared.baseline));
        let _ = writeln!(text, "| the items' encoder for both | {} | | |", or_dash(base));
        for row in &block.rows {
            let with = row.with_aligned.as_ref().map(|compared| compared.difference(&self.rows.together));
            let spread = row.spread.map(|spread| format!("± {}", figure(spread))).unwrap_or_default();
            let cell = row.compared.text(&self.rows.together);
            let _ = writeln!(text, "| {} | {cell} | {spread} | {} |", row.bridge, with.unwrap_or_default());
        }
    }

    fn directions(&self, text: &mut String) {
        text.push_str(
            "\n## How many directions\n\nnDCG@10 by the first canonical directions of alignment, and by f_search of low rank. ![Directions \
             that a bridge needs](directions.svg)\n\n| data | bridge | directions: nDCG@10 |\n|---|---|---|\n",
        );
        for block in &self.rows.blocks {
            for (way, curve) in
                [("alignment by CCA", &block.by_directions), ("f_search alone", &block.by_rank)]
            {
                let points =
                    curve.iter().map(|(count, found)| format!("{count}: {}", short(format!("{found:.3}"))));
                let points = points.collect::<Vec<_>>().join(", ");
                let _ = writeln!(text, "| {}, {} | {way} | {points} |", block.name, block.direction.name());
            }
        }
    }
}
