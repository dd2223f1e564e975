#![no_main]
//! Texts in every language that BM25 knows.

use ess_fuzz::keep_seeds;
use ess_lexical::{Language, TextAnalyzer};
use libfuzzer_sys::fuzz_target;

#[rustfmt::skip]
const LANGUAGES: [(Language, &str, &str); 18] = [
    (Language::Arabic, "arabic", "والكتابات المدرسة يستخدمون بالتعليم فالمعلمين كتابهما سنستعملها"),
    (Language::Danish, "danish", "undersøgelserne løsninger virkelighedens hurtigst forskelligt"),
    (Language::Dutch, "dutch", "mogelijkheden onderzoekers wetenschappelijke geïnteresseerd"),
    (Language::English, "english", "internationally generalizations happiness studied communes skiing"),
    (Language::Finnish, "finnish", "tutkimuksissammekin hyvinvoinnista lapsillensa elokuuhun"),
    (Language::French, "french", "l'ambiguïté continuellement archaïques bijoux généralisations"),
    (Language::German, "german", "freundlichkeiten aufgerichtet straßenbahnen häuser möglichst"),
    (Language::Greek, "greek", "ισα ισαισα ερευνητικός αναγνωρίσουμε παιδάκια γυναικών"),
    (Language::Hungarian, "hungarian", "kutatásainkban gyermekeitekkel embereknek házaimból"),
    (Language::Italian, "italian", "generalizzazione ricercatrici amichevolmente pubblicandoglielo"),
    (Language::Norwegian, "norwegian", "undersøkelsenes bankers muligheter vitenskapelig"),
    (Language::Portuguese, "portuguese", "investigações nacionalidades rapidamente irmãos"),
    (Language::Romanian, "romanian", "civilizațiile antichități abandonați cercetătorilor băieții"),
    (Language::Russian, "russian", "исследовавшиеся влюблённость красивейшими университетами"),
    (Language::Spanish, "spanish", "investigaciones rápidamente diciéndoselo averigüen niños"),
    (Language::Swedish, "swedish", "undersökningarnas möjligheterna bolaget fotbollslaget lösligt"),
    (Language::Tamil, "tamil", "புத்தகங்களிலிருந்து படிக்கிறார்கள் மரங்களுக்கு வந்தான்"),
    (Language::Turkish, "turkish", "kitaplarımızdakiler çalışıyorlarmış öğretmenlerinizden İstanbul"),
];

fn seeds() -> impl Iterator<Item = (String, Vec<u8>)> {
    LANGUAGES.into_iter().map(|(_, name, text)| (name.to_owned(), text.as_bytes().to_vec()))
}

fuzz_target!(init: keep_seeds("words", seeds()), |bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for (language, name, _) in LANGUAGES {
        let terms = TextAnalyzer::new(language).terms(&text);
        assert!(terms.iter().all(|term| !term.is_empty()), "{name}");
    }
});
