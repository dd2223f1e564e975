//! What one row is encoded from: a text, a passage of one, or an image.

use std::sync::Arc;

use ess_core::{Embeddings, Error};
use ess_data::Item;
use ess_encoders::{LateChunker, PassageSplitter};
use ess_files::Checksum;

use super::model::Encoded;

/// What one row is encoded from.
#[derive(Clone)]
pub(super) struct Piece {
    pub(super) id: String,
    /// Passages that are read with their whole text have it in common; of an image the path.
    pub(super) text: Arc<str>,
    /// The number of such a passage; 0 elsewhere.
    number: usize,
    /// Of all that decides the row.
    pub(super) checksum: Checksum,
}

impl Piece {
    /// A text that is read as it is.
    pub(super) fn whole(id: String, text: &str) -> Self {
        Self { id, text: text.into(), number: 0, checksum: Checksum::of(text.as_bytes()) }
    }

    /// An image, and the checksum of its file.
    #[cfg(feature = "images")]
    pub(super) fn image(id: String, path: &str, checksum: Checksum) -> Self {
        Self { id, text: path.into(), number: 0, checksum }
    }

    /// The passages of an item by themselves, with their ids; an item without words has one empty passage.
    pub(super) fn passages(splitter: &PassageSplitter, item: &Item) -> Vec<Self> {
        let title = Some(item.title.trim()).filter(|title| !title.is_empty());
        let mut texts: Vec<&str> = title.into_iter().chain(splitter.split(&item.text)).collect();
        if texts.is_empty() {
            texts.push("");
        }
        let numbered = texts.into_iter().enumerate();
        numbered.map(|(number, text)| Self::whole(format!("{}#{number}", item.id), text)).collect()
    }

    /// The passages of an item that are read with its whole text.
    pub(super) fn late(splitter: &PassageSplitter, item: &Item) -> Vec<Self> {
        let text: Arc<str> = item.title_and_text().into();
        let passages = splitter.ranges(&text).len().max(1);
        let of_text = Checksum::of(text.as_bytes()).to_string();
        let passage = |number: usize| Self {
            id: format!("{}#{number}", item.id),
            text: text.clone(),
            number,
            checksum: Checksum::of(format!("{number} {of_text}").as_bytes()),
        };
        (0..passages).map(passage).collect()
    }

    /// The texts of pieces, each once where pieces that follow each other have it in common; and for each piece the place of its
    /// text among them.
    pub(super) fn texts(pieces: &[Self]) -> (Vec<&str>, Vec<usize>) {
        let (mut texts, mut places) = (Vec::<&str>::new(), Vec::with_capacity(pieces.len()));
        for (at, piece) in pieces.iter().enumerate() {
            let same = at > 0 && Arc::ptr_eq(&pieces[at - 1].text, &piece.text);
            if !same {
                texts.push(&piece.text);
            }
            places.push(texts.len() - 1);
        }
        (texts, places)
    }

    /// Encodes passages with their whole texts. Each is the same whichever others are asked for.
    pub(super) fn encode_late(
        chunker: &LateChunker,
        splitter: &PassageSplitter,
        pieces: &[Self],
    ) -> Result<Encoded, Error> {
        let (texts, places) = Self::texts(pieces);
        let passages: Vec<_> = texts.iter().map(|text| splitter.ranges(text)).collect();
        let encoded = chunker.encode_items(&texts, &passages)?;
        let rows = pieces.iter().zip(places);
        let values = rows.flat_map(|(piece, text)| encoded[text].row(piece.number).to_vec());
        Embeddings::from_vec(values.collect(), chunker.encoder().dim()).map(Encoded::Vectors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(text: &str) -> Item {
        serde_json::from_value(serde_json::json!({ "_id": "d1", "text": text })).unwrap()
    }

    #[test]
    fn passages_of_a_long_text_have_it_in_common() {
        let text = "One sentence of five words. ".repeat(20_000);
        let splitter = PassageSplitter::default();
        let pieces = Piece::late(&splitter, &item(&text));
        assert!(pieces.len() > 1000 && pieces[1].id == "d1#1");
        assert!(pieces.iter().all(|piece| Arc::ptr_eq(&piece.text, &pieces[0].text)));
        let (texts, places) = Piece::texts(&pieces);
        assert!(texts.len() == 1 && places.iter().all(|&place| place == 0));
        let sums: std::collections::BTreeSet<String> =
            pieces.iter().map(|piece| piece.checksum.to_string()).collect();
        assert_eq!(sums.len(), pieces.len());
        let other = Piece::late(&splitter, &item(&text.replace("five", "six")));
        assert!(pieces[3].checksum != other[3].checksum && pieces[3].id == other[3].id);
    }

    #[test]
    fn texts_that_are_equal_and_of_two_items_are_two() {
        let pieces = [Piece::whole("a".into(), "same"), Piece::whole("b".into(), "same")];
        assert_eq!(Piece::texts(&pieces), (vec!["same", "same"], vec![0, 1]));
        let without = Piece::passages(&PassageSplitter::default(), &item(""));
        assert_eq!((without.len(), &*without[0].text, &*without[0].id), (1, "", "d1#0"));
    }
}
