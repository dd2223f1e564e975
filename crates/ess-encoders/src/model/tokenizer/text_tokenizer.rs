//! From texts to token ids.

use std::{collections::HashSet, path::PathBuf};

use serde_json::Value;
use tokenizers::{
    EncodeInput, NormalizerWrapper, PostProcessor, Tokenizer,
    normalizers::{Lowercase, Sequence},
    utils::truncation::{TruncationDirection, TruncationParams, TruncationStrategy},
};

use super::{
    checks::{checked, guarded},
    config::{self, TokenizerConfig},
    length,
    token_ids::TokenIds,
    windows::{Window, windows_of},
};
use crate::{error::Error, model::folder::ModelFolder};

const FILE: &str = "tokenizer.json";

/// A model's tokenizer.json: special tokens added, cut to the model's length, never padded.
pub(crate) struct TextTokenizer {
    pub(super) tokenizer: Tokenizer,
    // Ids from this on are not known to the model.
    pub(super) vocabulary: usize,
    // Types from this on are not known to the model.
    pub(super) token_types: u32,
    // The ids of the tokens that stand for no text, where they are added to texts.
    pub(super) special: Option<HashSet<u32>>,
    // The side that is cut off.
    pub(super) cut_off: TruncationDirection,
    // From ids back to text: only kept, to be written again.
    pub(super) decoder: Value,
    pub(super) path: PathBuf,
}

impl TextTokenizer {
    /// Loads the tokenizer of a transformer, as tokenizer.json and tokenizer_config.json have it; texts are cut to
    /// `longest` tokens, ids must be below `vocabulary`.
    pub(crate) fn load(
        folder: &ModelFolder,
        longest: usize,
        vocabulary: usize,
        token_types: usize,
    ) -> Result<Self, Error> {
        let config = TokenizerConfig::read(folder)?;
        Self::read(folder, Some(&config), |_| Some(longest), vocabulary, token_types)
    }

    /// The maximum number of tokens of a text as tokenizer_config.json says it; without a limit the largest number.
    pub(crate) fn stated_length(folder: &ModelFolder) -> Result<usize, Error> {
        Ok(TokenizerConfig::read(folder)?.longest().unwrap_or(usize::MAX))
    }

    /// Loads tokenizer.json alone.
    pub(crate) fn load_plain(
        folder: &ModelFolder,
        longest: Option<usize>,
        vocabulary: usize,
    ) -> Result<Self, Error> {
        Self::read(folder, None, |_| longest, vocabulary, 0)
    }

    /// Loads tokenizer.json alone; texts are cut where it says so.
    pub(crate) fn load_as_saved(folder: &ModelFolder, vocabulary: usize) -> Result<Self, Error> {
        Self::read(folder, None, |own| own, vocabulary, 0)
    }

    /// The tokenizer that a tokenizer.json of this content would be, cutting no text.
    pub(crate) fn of_json(content: Value, vocabulary: usize) -> Result<Self, Error> {
        let path = PathBuf::from(FILE);
        let tokenizer = guarded(&path, || Ok(serde_json::from_value(content)?))?;
        let cut_off = TruncationDirection::default();
        let (token_types, special, decoder) = (0, None, Value::Null);
        Ok(Self { tokenizer, vocabulary, token_types, special, cut_off, decoder, path })
    }

    /// `longest` is told where the file itself cuts texts, and says where they are cut.
    fn read(
        folder: &ModelFolder,
        config: Option<&TokenizerConfig>,
        longest: impl FnOnce(Option<usize>) -> Option<usize>,
        vocabulary: usize,
        token_types: usize,
    ) -> Result<Self, Error> {
        let path = folder.file(FILE);
        if !path.is_file() {
            let advice =
                "save it in Python with `AutoTokenizer.from_pretrained(folder).save_pretrained(folder)`";
            return Err(folder.missing(FILE, advice));
        }
        let (file, decoder) = checked(&path, &folder.json_bytes(FILE)?)?;
        let mut tokenizer: Tokenizer = guarded(&path, || Ok(serde_json::from_value(file)?))?;
        let own = tokenizer.get_truncation().map(|truncation| (truncation.direction, truncation.max_length));
        let special = config.map(|config| guarded(&path, || config.apply(&mut tokenizer))).transpose()?;
        config.iter().try_for_each(|config| config.check_added(&folder.file(config::FILE), &tokenizer))?;
        let largest = tokenizer.get_vocab(true).into_values().max().unwrap_or(0) as usize;
        if largest >= vocabulary {
            return Err(Error::Vocabulary { path, largest, vocabulary });
        }
        tokenizer.with_padding(None);
        let passes_types = config.is_some_and(TokenizerConfig::passes_types);
        let token_types = if passes_types { token_types as u32 } else { 0 };
        let said_side = config.map(|config| config.cut_off(folder)).transpose()?.flatten();
        let cut_off = said_side.or(own.map(|(side, _)| side)).unwrap_or_default();
        let mut tokenizer = Self { tokenizer, vocabulary, token_types, special, cut_off, decoder, path };
        tokenizer.cut_at(longest(own.map(|(_, most)| most)))?;
        // What cannot encode anything is found now, not after hours.
        tokenizer.encode(vec!["", "a text"], tokenizer.special.is_some())?;
        Ok(tokenizer)
    }

    /// Turns texts to lower case from now on, before all else that the tokenizer does.
    pub(crate) fn lowercase(&mut self) -> Result<(), Error> {
        let lowers = |normalizer: &NormalizerWrapper| matches!(normalizer, NormalizerWrapper::Lowercase(_));
        let mut normalizers = vec![NormalizerWrapper::Lowercase(Lowercase)];
        match self.tokenizer.get_normalizer() {
            Some(normalizer) if lowers(normalizer) => return Ok(()),
            Some(NormalizerWrapper::Sequence(all)) if all.as_ref().iter().any(lowers) => return Ok(()),
            Some(NormalizerWrapper::Sequence(all)) => normalizers.extend_from_slice(all.as_ref()),
            Some(normalizer) => normalizers.push(normalizer.clone()),
            None => {}
        }
        let tokenizer = &mut self.tokenizer;
        guarded(&self.path, || tokenizer.with_normalizer(Some(Sequence::new(normalizers))).map(drop))
    }

    /// How many tokens of a text belong to the prompt before it: the prompt's own with the special ones around it, less
    /// the last where that is a special one.
    pub(crate) fn prompt_tokens(&self, prompt: &str) -> Result<usize, Error> {
        let tokens = self.encode(vec![prompt], true)?;
        let ids = tokens.first().map_or(&[][..], |text| &text.ids);
        let is_special = |id: &u32| self.special.as_ref().is_some_and(|special| special.contains(id));
        let ends_special = ids.last().is_some_and(is_special);
        Ok(ids.len() - usize::from(ends_special))
    }

    /// Refuses a length with no room for a token of each text of a pair.
    pub(crate) fn check_pairs(&self) -> Result<(), Error> {
        self.check_special(self.longest(), true)?;
        self.encode(vec![("a text", "another")], true).map(drop)
    }

    fn check_special(&self, longest: Option<usize>, pair: bool) -> Result<(), Error> {
        let special = guarded(&self.path, || {
            Ok(self.tokenizer.get_post_processor().map_or(0, |added| added.added_tokens(pair)))
        })?;
        let texts = 1 + usize::from(pair);
        match longest {
            Some(longest) if special.saturating_add(texts) > longest => {
                let expected = format!("fewer special tokens than the {longest} that a text may have");
                Err(Error::config(&self.path, "post_processor", expected, special))
            }
            _ => Ok(()),
        }
    }

    /// Cuts texts to `longest` tokens from now on.
    pub(crate) fn cut_at(&mut self, longest: Option<usize>) -> Result<(), Error> {
        let truncation = longest.map(|_| TruncationParams {
            max_length: usize::MAX,
            strategy: TruncationStrategy::LongestFirst,
            direction: self.cut_off,
            stride: 0,
        });
        if self.special.is_some() {
            self.check_special(longest, false)?;
        }
        // The library subtracts the special tokens from the length without looking, though they may not be added.
        let tokenizer = &mut self.tokenizer;
        guarded(&self.path, || tokenizer.with_truncation(truncation).map(drop))?;
        if let (Some(truncation), Some(longest)) = (self.tokenizer.get_truncation_mut(), longest) {
            truncation.max_length = longest;
        }
        Ok(())
    }

    /// The maximum number of tokens of a text, the special ones counted.
    pub(crate) fn longest(&self) -> Option<usize> {
        self.tokenizer.get_truncation().map(|truncation| truncation.max_length)
    }

    /// Tokenizes texts, or pairs of texts, on all threads, in order.
    pub(crate) fn encode<'s, E>(&self, inputs: Vec<E>, special_tokens: bool) -> Result<Vec<TokenIds>, Error>
    where
        E: Into<EncodeInput<'s>> + Send,
    {
        let _span = tracing::trace_span!("tokenize").entered();
        let encodings = guarded(&self.path, || self.tokenizer.encode_batch_fast(inputs, special_tokens))?;
        let text = |encoding: tokenizers::Encoding| {
            let (ids, types) = (encoding.get_ids(), encoding.get_type_ids());
            length::check(&self.path, self.longest(), ids.len())?;
            self.known(ids, types)
        };
        encodings.into_iter().map(text).collect()
    }

    /// The windows of texts, of as many tokens as a text may have; neighbours share `overlap` tokens. Of a tokenizer that cuts no
    /// text (`uncut`), and has this one's special tokens.
    pub(crate) fn windows(
        &self,
        uncut: &Self,
        texts: Vec<String>,
        overlap: usize,
    ) -> Result<Vec<Vec<Window<TokenIds>>>, Error> {
        let longest = self.longest().unwrap_or(usize::MAX);
        let encodings = guarded(&self.path, || uncut.tokenizer.encode_batch(texts, true))?;
        let known = |ids: Vec<u32>, types: Vec<u32>| self.known(&ids, &types);
        encodings.iter().map(|encoding| windows_of(encoding, longest, overlap, known)).collect()
    }

    /// Ids and types that the model knows.
    fn known(&self, ids: &[u32], types: &[u32]) -> Result<TokenIds, Error> {
        let known_type = |&of_type: &u32| if of_type < self.token_types { of_type } else { 0 };
        let largest = ids.iter().max().map_or(0, |&largest| largest as usize);
        if largest >= self.vocabulary && !ids.is_empty() {
            let (path, vocabulary) = (self.path.clone(), self.vocabulary);
            return Err(Error::Vocabulary { path, largest, vocabulary });
        }
        if types.len() != ids.len() {
            let reason = format!("it gives {} types to {} tokens", types.len(), ids.len());
            return Err(Error::Tokenizer { path: self.path.clone(), reason });
        }
        Ok(TokenIds { ids: ids.to_vec(), types: types.iter().map(known_type).collect() })
    }
}
