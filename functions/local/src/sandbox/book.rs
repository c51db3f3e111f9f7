//! What a provider took over: in memory, and as lines of JSON in a file that is only ever appended
//! to, until it holds too many lines and is written anew.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Older entries are forgotten.
const ENTRIES_LIMIT_ITEMS: usize = 20_000;
const FILE_LIMIT_LINES: usize = 2 * ENTRIES_LIMIT_ITEMS;

/// An entry with its place: the first has 1.
pub(super) trait Entry: Serialize + DeserializeOwned {
    fn seq(&self) -> u64;
}

pub(super) struct Book<T> {
    path: PathBuf,
    file: File,
    lines: usize,
    kept: VecDeque<T>,
}

impl<T: Entry> Book<T> {
    /// A last line that a kill cut short is dropped.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let mut kept = VecDeque::new();
        for line in BufReader::new(File::open(&path)?).split(b'\n') {
            match serde_json::from_slice(&line?) {
                Ok(entry) => kept.push_back(entry),
                Err(_) => tracing::warn!("a line of the sandbox's book is not readable"),
            }
        }
        let mut book = Self { path, file, lines: 0, kept };
        book.rewrite()?;
        Ok(book)
    }

    /// The place of the next entry.
    pub(super) fn next_seq(&self) -> u64 {
        self.kept.back().map_or(1, |last| last.seq() + 1)
    }

    pub(super) fn add(&mut self, entry: T) -> io::Result<()> {
        self.file.write_all(&line_of(&entry)?)?;
        self.lines += 1;
        self.kept.push_back(entry);
        if self.lines > FILE_LIMIT_LINES { self.rewrite() } else { Ok(()) }
    }

    /// Oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.kept.iter()
    }

    /// One line per entry that is kept, replaced in one step.
    fn rewrite(&mut self) -> io::Result<()> {
        let excess = self.kept.len().saturating_sub(ENTRIES_LIMIT_ITEMS);
        self.kept.drain(..excess);
        let new = self.path.with_extension("new");
        let mut bytes = Vec::new();
        for entry in &self.kept {
            bytes.extend(line_of(entry)?);
        }
        fs::write(&new, bytes)?;
        fs::rename(&new, &self.path)?;
        self.file = OpenOptions::new().append(true).open(&self.path)?;
        self.lines = self.kept.len();
        Ok(())
    }
}

fn line_of(entry: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    Ok(line)
}
