//! No word makes a stemmer panic or disappear, in any language.
//!
//! `ESS_NIGHTLY=1` tries 10^6 words a language instead of 10^4.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ess_core::QueryEncoder;
use ess_lexical::{Bm25Config, Bm25Encoder, Language, TextAnalyzer};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Each language with its name in files and some of its words, of whose pieces others are made.
#[rustfmt::skip]
const LANGUAGES: [(Language, &str, &str); 18] = [
    (Language::Arabic, "arabic", "والكتابات المدرسة يستخدمون بالتعليم فالمعلمين كتابهما سنستعملها الأولى مسؤولية"),
    (Language::Danish, "danish", "undersøgelserne løsninger virkelighedens hurtigst forskelligt kvindernes ærlighed jazz"),
    (Language::Dutch, "dutch", "mogelijkheden onderzoekers wetenschappelijke geïnteresseerd heerlijkheid ijskasten baren"),
    (Language::English, "english", "internationally generalizations happiness studied communes skiing biologists added yoyo"),
    (Language::Finnish, "finnish", "tutkimuksissammekin hyvinvoinnista lapsillensa elokuuhun kauneimpiin työttömyyden maahan"),
    (Language::French, "french", "l'ambiguïté continuellement archaïques bijoux généralisations nécessairement aiguës quelqu"),
    (Language::German, "german", "freundlichkeiten aufgerichtet straßenbahnen häuser autofahrerinnen möglichst bauer systemen"),
    (Language::Greek, "greek", "ισα ίσα ισαισα ερευνητικός αναγνωρίσουμε παιδάκια γυναικών ανθρώπους περισσότερα φαγητού ουίσκι"),
    (Language::Hungarian, "hungarian", "kutatásainkban gyermekeitekkel embereknek házaimból szépségéről almával tűzzé edénnyel"),
    (Language::Italian, "italian", "generalizzazione ricercatrici amichevolmente pubblicandoglielo università divano acqua"),
    (Language::Norwegian, "norwegian", "undersøkelsenes bankers muligheter vitenskapelig kjærligheten forskjellige løselig"),
    (Language::Portuguese, "portuguese", "investigações nacionalidades rapidamente irmãos fizéssemos organizador português água"),
    (Language::Romanian, "romanian", "civilizațiile antichități abandonați cercetătorilor băieții corelație realizând greșeală"),
    (Language::Russian, "russian", "исследовавшиеся влюблённость красивейшими университетами живёшь зелёные бьётся подъезд"),
    (Language::Spanish, "spanish", "investigaciones autorizacion rápidamente diciéndoselo averigüen niños organizadores"),
    (Language::Swedish, "swedish", "undersökningarnas möjligheterna bolaget fotbollslaget lösligt vänskapliga begäret"),
    (Language::Tamil, "tamil", "புத்தகங்களிலிருந்து படிக்கிறார்கள் மரங்களுக்கு வந்தான் செய்யப்படவில்லை அவர்களுடைய தமிழ்"),
    (Language::Turkish, "turkish", "kitaplarımızdakiler çalışıyorlarmış öğretmenlerinizden ağacındaki İstanbul suyu ad soyad"),
];

fn number_of_words() -> usize {
    if std::env::var_os("ESS_NIGHTLY").is_some() { 1_000_000 } else { 10_000 }
}

/// A word of pieces of the language's own, of few of its letters again and again, or of anything.
fn word(random: &mut ChaCha8Rng, words: &[Vec<char>], letters: &[char]) -> String {
    let mut word = String::new();
    let few: Vec<char> = (0..3).map(|_| letters[random.random_range(0..letters.len())]).collect();
    for _ in 0..random.random_range(1..5) {
        match random.random_range(0..10) {
            0..6 => {
                let from = &words[random.random_range(0..words.len())];
                let start = random.random_range(0..from.len());
                let end = random.random_range(start..=from.len());
                word.extend(&from[start..end]);
            }
            6..9 => (0..random.random_range(1..7)).for_each(|_| word.push(few[random.random_range(0..3)])),
            _ => word.extend(char::from_u32(random.random_range(0..0x11_0000))),
        }
    }
    word
}

#[test]
fn no_word_makes_a_stemmer_panic_or_disappears() {
    for (seed, (language, name, sample)) in LANGUAGES.into_iter().enumerate() {
        let analyzer = TextAnalyzer::new(language);
        let mut random = ChaCha8Rng::seed_from_u64(seed as u64);
        let words: Vec<Vec<char>> = sample.split(' ').map(|word| word.chars().collect()).collect();
        let letters: Vec<char> = sample.chars().filter(|letter| *letter != ' ').collect();
        for _ in 0..number_of_words() {
            let word = word(&mut random, &words, &letters);
            let terms = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| analyzer.terms(&word)));
            let Ok(terms) = terms else { panic!("{name}: {word:?} panics") };
            assert!(terms.iter().all(|term| !term.is_empty()), "{name}: {word:?} became {terms:?}");
        }
    }
}

#[test]
fn words_of_any_length_are_taken() {
    for (language, name, sample) in LANGUAGES {
        let analyzer = TextAnalyzer::new(language);
        let letters: Vec<char> =
            sample.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect();
        let long: String = letters.iter().cycle().take(200_000).collect();
        // Not `assert_eq!`, which would print it.
        assert!(analyzer.terms(&long) == [long], "{name}");
    }
}

#[test]
fn greek_words_keep_a_form() {
    let analyzer = TextAnalyzer::new(Language::Greek);
    // An older stemmer made nothing of the first and panicked at the second; of the third Snowball leaves nothing still.
    assert_eq!(analyzer.terms("ισα ισαισα όταν"), ["ισ", "ισα", "όταν"]);
    let config = Bm25Config { language: Language::Greek, ..Bm25Config::default() };
    let encoder = Bm25Encoder::fit(&["ισαισα", "ανθρώπους"], config).unwrap();
    assert_eq!(encoder.dim(), 2);
}

#[test]
fn languages_keep_their_names_in_files() {
    for (language, name, _) in LANGUAGES {
        assert_eq!(serde_json::to_value(language).unwrap(), name);
        assert_eq!(serde_json::from_value::<Language>(name.into()).unwrap(), language);
    }
}

#[test]
fn words_are_stemmed_in_their_language() {
    for (language, word, stem) in [
        (Language::Danish, "virkelighedens", "virk"),
        (Language::Dutch, "mogelijkheden", "mogelijk"),
        // Older rules of Snowball said "intern", and had one stem for "organ" and "organism".
        (Language::English, "internationally", "internat"),
        (Language::English, "organism", "organism"),
        (Language::French, "continuellement", "continuel"),
        (Language::German, "häuser", "haus"),
        (Language::Portuguese, "rapidamente", "rapid"),
        (Language::Russian, "университетами", "университет"),
        (Language::Spanish, "rápidamente", "rapid"),
    ] {
        assert_eq!(TextAnalyzer::new(language).terms(word), [stem], "{language:?}");
    }
}

#[test]
fn the_name_of_the_rules_is_that_of_what_stems() {
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    let version = lock.split("name = \"frostem\"\nversion = \"").nth(1).unwrap();
    let (rules, _) = version.split('"').next().unwrap().rsplit_once('.').unwrap();
    assert_eq!(format!("Snowball {rules}"), TextAnalyzer::RULES);
}
