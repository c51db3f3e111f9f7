//! The typesetter, over files that are compiled in and one file of data.

use std::sync::LazyLock;

use domain::jurisdiction::Locale;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use sha2::{Digest, Sha256};
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World, WorldExt};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::fonts::FONTS;

const DATA: &str = "/data.json";
const WORDS: &str = "/words.json";
/// What is in the PDF's metadata as its maker.
const CREATOR: &str = "Parcela";

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));

/// A rendered document.
#[derive(Clone, PartialEq, Eq)]
pub struct Pdf {
    pub bytes: Vec<u8>,
}

impl Pdf {
    /// Hexadecimal SHA-256 of the file: the same data make the same file.
    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(&self.bytes))
    }
}

/// A document holds personal data.
impl std::fmt::Debug for Pdf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pdf({} bytes)", self.bytes.len())
    }
}

/// Why there is no document. The texts hold nothing of the data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    #[error("the data cannot be written as JSON: {0}")]
    Data(String),
    /// A fault of a template.
    #[error("{template}, line {line}: {message}")]
    Template { template: String, line: usize, message: String },
    /// No font has a glyph for a character, or the page breaks another rule of PDF/A.
    #[error("{template}: not printable with the fonts that are there")]
    NotPrintable { template: &'static str },
    #[error("{0} is not a moment that a document can be dated by")]
    Date(Timestamp),
}

/// A file of `templates/` that makes a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Template {
    Certificate,
    Schedule,
    Agreement,
}

/// The files that a template may read, beside its data and its words.
static SOURCES: [(&str, &str); 4] = [
    ("/common.typ", include_str!("../templates/common.typ")),
    ("/certificate.typ", include_str!("../templates/certificate.typ")),
    ("/schedule.typ", include_str!("../templates/schedule.typ")),
    ("/agreement.typ", include_str!("../templates/agreement.typ")),
];

impl Template {
    const fn path(self) -> &'static str {
        match self {
            Self::Certificate => "/certificate.typ",
            Self::Schedule => "/schedule.typ",
            Self::Agreement => "/agreement.typ",
        }
    }
}

/// The words of the templates in a language; English where there are none in it.
const fn words(locale: Locale) -> &'static str {
    match locale {
        Locale::PtBr => include_str!("../templates/words/pt-BR.json"),
        Locale::EnIn | Locale::EnUs | Locale::CsCz => include_str!("../templates/words/en.json"),
    }
}

/// Renders a template. The same data and moment make the same bytes.
pub(crate) fn render(
    template: Template,
    locale: Locale,
    data: &impl Serialize,
    made_at: Timestamp,
) -> Result<Pdf, RenderError> {
    let data = serde_json::to_vec(data).map_err(|error| RenderError::Data(error.to_string()))?;
    let identity = hex::encode(Sha256::digest(&data));
    let desk = Desk { template, locale, data: Bytes::new(data) };
    let options = options(identity, made_at)?;
    let document = typst::compile::<PagedDocument>(&desk).output;
    let document = document.map_err(|faults| desk.fault(faults.first()))?;
    let pdf = typst_pdf::pdf(&document, &options)
        .map_err(|_| RenderError::NotPrintable { template: template.path() });
    // What the typesetter remembers to be quick the next time holds personal data.
    comemo::evict(0);
    Ok(Pdf { bytes: pdf? })
}

fn options(identity: String, made_at: Timestamp) -> Result<PdfOptions, RenderError> {
    let unknown = || RenderError::Date(made_at);
    let utc = made_at.to_zoned(TimeZone::UTC);
    let part = |value: i8| u8::try_from(value).map_err(|_| unknown());
    let date = Datetime::from_ymd_hms(
        i32::from(utc.year()),
        part(utc.month())?,
        part(utc.day())?,
        part(utc.hour())?,
        part(utc.minute())?,
        part(utc.second())?,
    );
    let standards = PdfStandards::new(&[PdfStandard::A_2b]);
    Ok(PdfOptions {
        ident: Smart::Custom(identity),
        creator: Smart::Custom(Some(CREATOR.to_owned())),
        timestamp: Some(typst_pdf::Timestamp::new_utc(date.ok_or_else(unknown)?)),
        standards: standards
            .map_err(|error| RenderError::Data(format!("PDF/A: {}", error.message())))?,
        ..PdfOptions::default()
    })
}

/// What the typesetter sees of the world: the templates, the words, the data, the fonts. There is
/// no network, no disk and no clock.
struct Desk {
    template: Template,
    locale: Locale,
    data: Bytes,
}

impl Desk {
    fn fault(&self, fault: Option<&SourceDiagnostic>) -> RenderError {
        let place = fault.and_then(|fault| {
            let id = fault.span.id()?;
            let source = self.source(id).ok()?;
            let line = source.lines().byte_to_line(self.range(fault.span)?.start)?;
            Some((id.vpath().get_with_slash().to_owned(), line + 1))
        });
        let (template, line) = place.unwrap_or_else(|| (self.template.path().to_owned(), 0));
        let message = fault.map(|fault| fault.message.to_string()).unwrap_or_default();
        RenderError::Template { template, line, message }
    }

    fn text(&self, path: &str) -> Option<&'static str> {
        if path == WORDS {
            return Some(words(self.locale));
        }
        SOURCES.iter().find(|(known, _)| *known == path).map(|(_, text)| *text)
    }
}

fn id_of(path: &str) -> Option<FileId> {
    let path = VirtualPath::new(path).ok()?;
    Some(FileId::new(RootedPath::new(VirtualRoot::Project, path)))
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &FONTS.book
    }

    #[expect(clippy::expect_used, reason = "the paths of the templates are constants")]
    fn main(&self) -> FileId {
        id_of(self.template.path()).expect("a path of a template")
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let path = id.vpath().get_with_slash();
        let text = self.text(path).ok_or_else(|| FileError::NotFound(path.into()))?;
        Ok(Source::new(id, text.to_owned()))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let path = id.vpath().get_with_slash();
        if path == DATA {
            return Ok(self.data.clone());
        }
        let text = self.text(path).ok_or_else(|| FileError::NotFound(path.into()))?;
        Ok(Bytes::from_string(text))
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
