//! Finding people by fragments of what they are called and known by: the words of a text, and the
//! trigrams of a word.
//!
//! A name's word is read with a mark at its beginning and one at its end, so that a fragment says
//! more where it begins or ends a word. A code (a telephone number, an identifier) has no marks:
//! people remember its last digits as often as its first.

use icu_normalizer::DecomposingNormalizerBorrowed;

/// Characters of one gram.
const GRAM_CHARS: usize = 3;
/// Words of a text beyond this are not looked at.
const WORDS_LIMIT: usize = 32;
/// Characters of a word beyond this are not looked at.
const WORD_LIMIT_CHARS: usize = 64;
const BEGINNING: char = '^';
const END: char = '$';

/// What a name's word and a code are long enough to be searched by.
const NAME_MIN_CHARS: usize = 3;
const CODE_MIN_CHARS: usize = 4;

/// One word of a name, or a code, in the form in which words are compared.
#[derive(Clone, PartialEq, Eq)]
pub struct Word {
    text: String,
    is_code: bool,
}

impl std::fmt::Debug for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Word({} characters)", self.chars())
    }
}

impl Word {
    /// A code without its punctuation; `None` where nothing is left.
    pub fn code(text: &str) -> Option<Self> {
        let text: String = folded(text).chars().filter(|letter| letter.is_alphanumeric()).collect();
        Self::new(&text, true)
    }

    fn name(text: &str) -> Option<Self> {
        Self::new(text, false)
    }

    fn new(text: &str, is_code: bool) -> Option<Self> {
        let text: String = text.chars().take(WORD_LIMIT_CHARS).collect();
        (!text.is_empty()).then_some(Self { text, is_code })
    }

    /// Whether the other word is a part of this one.
    pub fn has(&self, part: &Self) -> bool {
        self.text.contains(&part.text)
    }

    pub fn chars(&self) -> usize {
        self.text.chars().count()
    }

    /// Whether a person can be looked for by this word alone.
    pub fn is_searchable(&self) -> bool {
        self.chars() >= if self.is_code { CODE_MIN_CHARS } else { NAME_MIN_CHARS }
    }

    /// The trigrams of the word in their order: those of a name's word with its marks.
    pub fn grams(&self) -> Vec<String> {
        if self.is_code { trigrams(&self.text) } else { trigrams(&self.marked()) }
    }

    /// The trigrams, in their order, that a text has wherever this word is a part of it. Of a short
    /// word of a name there are none in its midst: it counts as the beginning of a word.
    pub fn certain_grams(&self) -> Vec<String> {
        let inner = trigrams(&self.text);
        if self.is_code || inner.len() > 1 {
            return inner;
        }
        let mut marked = trigrams(&self.marked());
        if inner.len() == 1 {
            marked.truncate(2);
        }
        marked
    }

    fn marked(&self) -> String {
        format!("{BEGINNING}{}{END}", self.text)
    }
}

/// The words of a name, or of what somebody looks for.
///
/// A word with a digit is a code: `111.444.777-35` is one word. What has no letters at all is one
/// code, however it is spaced: `(11) 98765-4321`.
pub fn words(text: &str) -> Vec<Word> {
    let text = folded(text);
    if !text.chars().any(char::is_alphabetic) {
        return Word::code(&text).into_iter().collect();
    }
    let mut words = Vec::new();
    for part in text.split_whitespace() {
        if part.chars().any(char::is_numeric) {
            words.extend(Word::code(part));
        } else {
            words.extend(part.split(|letter: char| !is_letter(letter)).filter_map(Word::name));
        }
        if words.len() >= WORDS_LIMIT {
            break;
        }
    }
    words.truncate(WORDS_LIMIT);
    words
}

/// The text in lower case and without accents (Unicode's compatibility decomposition without its
/// combining diacritical marks; the vowel signs of Indian scripts stay).
fn folded(text: &str) -> String {
    DecomposingNormalizerBorrowed::new_nfkd()
        .normalize(text)
        .chars()
        .filter(|letter| !matches!(letter, '\u{300}'..='\u{36f}'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Letters, and the signs that stand on letters in Indian scripts, which are not alphabetic.
fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || !(letter.is_ascii() || letter.is_whitespace())
}

fn trigrams(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters.windows(GRAM_CHARS).map(|gram| gram.iter().collect()).collect()
}

/// Of each two neighbours the smaller, without repetitions, in their order; a single one is its
/// own. Two texts with a common part of two neighbours have the smaller of the two in common, so
/// that a part of a text is found by fewer grams than it has (winnowing: Schleimer, Wilkerson and
/// Aiken, SIGMOD 2003, with windows of two).
pub fn winnowed<H: Ord + Copy>(hashes: &[H]) -> Vec<H> {
    if let [only] = hashes {
        return vec![*only];
    }
    let mut chosen: Vec<H> = Vec::new();
    for pair in hashes.windows(2) {
        let Some(smaller) = pair.iter().min() else { continue };
        if !chosen.contains(smaller) {
            chosen.push(*smaller);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Word, winnowed, words};

    fn texts(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_are_folded() {
        assert_eq!(texts("  JOÃO d'Ávila-Neto "), ["joao", "d", "avila", "neto"]);
        assert_eq!(texts("Jiří Dvořák"), ["jiri", "dvorak"]);
        assert_eq!(texts("अमित कुमार"), ["अमित", "कुमार"]);
        assert_eq!(texts("Loja 24 & Cia."), ["loja", "24", "cia"]);
    }

    #[test]
    fn codes_are_one_word_however_they_are_written() {
        assert_eq!(texts("(11) 98765-4321"), ["11987654321"]);
        assert_eq!(texts("111.444.777-35"), ["11144477735"]);
        assert_eq!(texts("12.ABC.345/01DE-35"), ["12abc34501de35"]);
        assert_eq!(texts("Ana 98765-4321"), ["ana", "987654321"]);
        assert_eq!(texts(" .-() "), Vec::<String>::new());
    }

    #[test]
    fn the_grams_of_a_name_have_marks_and_those_of_a_code_have_none() {
        let [ana] = &words("Ana")[..] else { panic!() };
        assert_eq!(ana.grams(), ["^an", "ana", "na$"]);
        assert_eq!(ana.certain_grams(), ["^an", "ana"]);
        let [maria] = &words("Maria")[..] else { panic!() };
        assert_eq!(maria.certain_grams(), ["mar", "ari", "ria"]);
        let [li] = &words("Li")[..] else { panic!() };
        assert_eq!(li.certain_grams(), ["^li", "li$"]);
        assert!(ana.is_searchable() && !li.is_searchable());
        let code = Word::code("123-45").unwrap();
        assert_eq!(code.grams(), ["123", "234", "345"]);
        assert!(!Word::code("123").unwrap().is_searchable());
    }

    proptest! {
        /// Whatever the order of the hashes: here the texts' own, and its reverse.
        #[test]
        fn a_part_of_a_code_is_found(code in "[0-9]{8,14}", from in 0_usize..5, len in 4_usize..9) {
            let part: String = code.chars().skip(from).take(len).collect();
            prop_assume!(part.len() >= 4);
            let (whole, part) = (Word::code(&code).unwrap(), Word::code(&part).unwrap());
            let (whole, part) = (whole.grams(), part.certain_grams());
            let hash = |grams: &[String]| -> Vec<u32> {
                grams.iter().map(|gram| gram.parse().unwrap()).collect()
            };
            let reversed = |grams: &[String]| -> Vec<u32> {
                hash(grams).into_iter().map(|hash| 999 - hash).collect()
            };
            for hashes in [&hash, &reversed] as [&dyn Fn(&[String]) -> Vec<u32>; 2] {
                let chosen = winnowed(&hashes(&whole));
                prop_assert!(winnowed(&hashes(&part)).iter().all(|gram| chosen.contains(gram)));
            }
        }

        #[test]
        fn a_part_of_a_word_is_found(word in "[a-z]{4,12}", from in 0_usize..8, len in 4_usize..9) {
            let part: String = word.chars().skip(from).take(len).collect();
            prop_assume!(part.len() >= 4);
            let (whole, part) = (Word::name(&word).unwrap(), Word::name(&part).unwrap());
            let (whole, part) = (whole.grams(), part.certain_grams());
            let (whole, part): (Vec<&str>, Vec<&str>) = (
                whole.iter().map(String::as_str).collect(),
                part.iter().map(String::as_str).collect(),
            );
            let chosen = winnowed(&whole);
            prop_assert!(winnowed(&part).iter().all(|gram| chosen.contains(gram)));
        }

        #[test]
        fn no_text_is_too_much(text in ".{0,300}") {
            for word in words(&text) {
                prop_assert!(word.grams().len() <= 66);
            }
        }
    }
}
