//! A data set in memory, searched by both encodings once.

use anyhow::{Context, Result};
use ess_core::{Embeddings, Encoding, Identity, IndexSearcher, QueryEncoder};
use ess_data::read_qrels;
use ess_index::FlatIndex;
use ess_lexical::{Bm25Config, Bm25Encoder, SparseIndex};
use ess_metrics::{Evaluator, NamedMeasure, Qrels, RowQrels};
use ess_searchers::{BothLists, HybridEncoding, HybridIndex};

use crate::data::{
    beir_data_set::BeirDataSet,
    beir_texts::BeirTexts,
    dataset::{open_for_rankings, say_left_out},
};

/// Items behind every kind of index, and judged queries.
pub(crate) struct Collection {
    pub(crate) items: Embeddings,
    pub(crate) dense: IndexSearcher<Identity, FlatIndex>,
    pub(crate) lexical: SparseIndex,
    /// Over the concatenated vectors, with α = 1.
    pub(crate) both: HybridIndex,
    /// Training and dev queries together.
    pub(crate) learn: Option<Judged>,
    pub(crate) test: Judged,
}

/// Queries by both encodings, what both searchers found for them, and what is relevant.
pub(crate) struct Judged {
    pub(crate) queries: HybridEncoding,
    pub(crate) pass: BothLists,
    /// Hits of each searcher that are combined; one more than was asked for where a query's own item may be left out of them.
    pub(crate) depth: usize,
    pub(crate) relevant: Vec<Vec<(usize, f32)>>,
    /// All judgements of each query, those that call an item not relevant among them.
    grades: Vec<Vec<(usize, i32)>>,
    /// By which rankings are judged.
    pub(crate) measure: NamedMeasure,
    /// The hits of a ranking: as many as the measure looks at, and one more as above; for one without a cutoff `depth`.
    pub(crate) hits: usize,
    /// The item that no ranking of a query may have.
    own_items: Vec<Option<usize>>,
    qrels: RowQrels,
}

impl Collection {
    pub(crate) fn open(data: &BeirDataSet, measure: NamedMeasure, depth: usize) -> Result<Self> {
        let dataset = open_for_rankings(&data.embeddings, data.ranked)?;
        let texts = BeirTexts::read(&data.beir)?;
        let item_texts = texts.items(dataset.item_ids())?;
        let (encoder, item_terms) = Bm25Encoder::fit_and_encode(&item_texts, Bm25Config::default())?;
        let items = dataset.items().clone();
        let dense = IndexSearcher::new(Identity::new(items.dim()), FlatIndex::new(items.clone())?)?;
        let lexical_index = SparseIndex::new(&item_terms);
        let both = HybridIndex::new(items.clone(), &item_terms, 1.0)?;
        let judge = |qrels: &Qrels| -> Result<Judged> {
            let judged = dataset.judge(qrels)?;
            say_left_out(&data.embeddings, &judged.left_out);
            let lexical = encoder.encode_queries(&texts.queries(&judged.ids)?)?;
            let queries = HybridEncoding::new(judged.set.encodings().clone(), lexical)?;
            let grades = judged.set.judgements().iter();
            let grades: Vec<Vec<(usize, i32)>> =
                grades.map(|of| of.iter().map(|one| (one.item, one.grade)).collect()).collect();
            let own = usize::from(judged.own_items.iter().any(Option::is_some));
            let depth = depth + own;
            Ok(Judged {
                pass: BothLists::search(&dense, &lexical_index, &queries, depth)?,
                depth,
                relevant: grades.iter().map(|of| relevant(of)).collect(),
                qrels: rows(&grades)?,
                grades,
                own_items: judged.own_items.clone(),
                measure,
                hits: measure.cutoff().k().map_or(depth, |k| k + own),
                queries,
            })
        };
        let mut learn = Qrels::new();
        for path in data.train.iter().chain(&data.dev) {
            let qrels = read_qrels(path)?;
            qrels.iter().try_for_each(|(query, item, grade)| learn.insert(query, item, grade))?;
        }
        let learn =
            data.has_train().then(|| judge(&learn).context("training and dev queries")).transpose()?;
        let test = judge(&read_qrels(&data.test)?).context("test queries")?;
        Ok(Self { items, dense, lexical: lexical_index, both, learn, test })
    }
}

impl Judged {
    /// The measure by query of these rankings.
    pub(crate) fn values(&self, hits: &[Vec<ess_core::Hit>]) -> Result<Vec<f64>> {
        let evaluator = Evaluator::new(vec![self.measure])?;
        let rankings = hits.iter().zip(&self.own_items);
        let rankings = rankings
            .map(|(hits, own)| hits.iter().map(|hit| hit.item).filter(move |item| Some(*item) != *own));
        let found = evaluator.evaluate_rows(&self.qrels, rankings)?;
        Ok(found.get(&self.measure.to_string())?.per_query.clone())
    }

    /// Some of the queries.
    pub(crate) fn select(&self, selected: &[usize]) -> Result<Self> {
        let grades: Vec<_> = selected.iter().map(|&row| self.grades[row].clone()).collect();
        Ok(Self {
            queries: self.queries.select_rows(selected)?,
            pass: self.pass.select(selected)?,
            relevant: selected.iter().map(|&row| self.relevant[row].clone()).collect(),
            qrels: rows(&grades)?,
            grades,
            own_items: selected.iter().map(|&row| self.own_items[row]).collect(),
            ..*self
        })
    }
}

/// What is relevant of a query's judgements, and how much.
fn relevant(grades: &[(usize, i32)]) -> Vec<(usize, f32)> {
    grades.iter().filter(|one| one.1 > 0).map(|&(item, grade)| (item, grade as f32)).collect()
}

fn rows(grades: &[Vec<(usize, i32)>]) -> Result<RowQrels, ess_metrics::Error> {
    RowQrels::new(grades.iter().map(|of| of.iter().copied()))
}
