use std::sync::LazyLock;

use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

macro_rules! font {
    ($name:literal) => {
        include_bytes!(concat!("../fonts/", $name, ".ttf"))
    };
}

/// The first family is the text's; the others give the glyphs that it has not.
static FILES: [&[u8]; 11] = [
    font!("NotoSans-Regular"),
    font!("NotoSans-Bold"),
    font!("NotoSansBengali-Regular"),
    font!("NotoSansDevanagari-Regular"),
    font!("NotoSansGujarati-Regular"),
    font!("NotoSansGurmukhi-Regular"),
    font!("NotoSansKannada-Regular"),
    font!("NotoSansMalayalam-Regular"),
    font!("NotoSansOriya-Regular"),
    font!("NotoSansTamil-Regular"),
    font!("NotoSansTelugu-Regular"),
];

/// The fonts that are compiled in, and their book.
pub(crate) struct Fonts {
    pub book: LazyHash<FontBook>,
    pub fonts: Vec<Font>,
}

/// Read once, by the first document.
pub(crate) static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    let fonts: Vec<Font> = FILES.iter().flat_map(|file| Font::iter(Bytes::new(*file))).collect();
    Fonts { book: LazyHash::new(FontBook::from_fonts(&fonts)), fonts }
});
