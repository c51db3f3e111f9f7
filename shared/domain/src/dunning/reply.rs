//! What a borrower's reply asks for.

/// A longer reply says more than one word.
const REPLY_LIMIT_BYTES: usize = 64;
const OPT_OUT: [&str; 3] = ["sair", "stop", "parar"];

/// Whether a reply asks for no more messages: one of the agreed words alone, in any case, with or
/// without accents and with whatever stands around it (`Sair!`, `“SAÍR”`).
///
/// A word within a sentence does not count: `não vou parar de pagar` asks for nothing.
pub fn is_opt_out(text: &str) -> bool {
    if text.len() > REPLY_LIMIT_BYTES {
        return false;
    }
    let plain: String = text
        .chars()
        .filter(|letter| !matches!(letter, '\u{300}'..='\u{36f}'))
        .flat_map(char::to_lowercase)
        .map(without_accent)
        .collect();
    let word = plain.trim_matches(|letter: char| !letter.is_alphanumeric());
    OPT_OUT.contains(&word)
}

const fn without_accent(letter: char) -> char {
    match letter {
        'à'..='å' | 'ā' => 'a',
        'ì'..='ï' | 'ī' => 'i',
        'ò'..='ö' | 'ō' => 'o',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::is_opt_out;

    #[test]
    fn the_words_count_alone_in_any_case_and_with_any_accents() {
        for text in [
            "SAIR",
            "sair",
            " Sair! ",
            "Saír",
            "SAÍR",
            "Sai\u{301}r",
            "“stop”",
            "STOP.",
            "Parar",
            "pàrar\n",
            "*PARAR*",
        ] {
            assert!(is_opt_out(text), "{text}");
        }
        for text in [
            "",
            " ",
            "sair agora",
            "não vou parar de pagar",
            "stopp",
            "nonstop",
            "s a i r",
            "🙂",
            &"stop ".repeat(20),
        ] {
            assert!(!is_opt_out(text), "{text}");
        }
    }
}
