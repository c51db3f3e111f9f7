//! The messages: in memory, and as lines of JSON in a file that is only ever appended to, until it
//! holds too many lines and is written anew.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Older messages are forgotten.
pub const MESSAGES_LIMIT_ITEMS: usize = 100_000;
/// A message takes one line when it comes and up to four as it proceeds.
const FILE_LIMIT_LINES: usize = 5 * MESSAGES_LIMIT_ITEMS;
/// After a restart the newest unfinished messages go on.
const UNFINISHED_LIMIT_ITEMS: usize = 1_000;

/// Evolution's words for how far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Ack {
    Pending,
    ServerAck,
    DeliveryAck,
    Read,
}

impl Ack {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::ServerAck => "SERVER_ACK",
            Self::DeliveryAck => "DELIVERY_ACK",
            Self::Read => "READ",
        }
    }
}

/// A message the gateway took over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Grows by one with each message.
    pub seq: u64,
    pub id: String,
    /// The sender.
    pub instance: String,
    /// The recipient: digits with the country code.
    pub number: String,
    pub text: String,
    pub at: Timestamp,
    /// The sender's own key of the message, if it gave one.
    pub dedupe_key: Option<String>,
    /// How far it is on the phone.
    pub status: Ack,
    /// How far the sender has been told.
    pub reported: Ack,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
enum Line {
    Message(Message),
    Status { seq: u64, status: Ack },
    Reported { seq: u64, reported: Ack },
}

pub(super) struct Messages {
    path: PathBuf,
    file: File,
    lines: usize,
    kept: VecDeque<Message>,
    next_seq: u64,
    by_id: HashMap<String, u64>,
}

impl Messages {
    /// A last line that a kill cut short is dropped.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let mut messages = Self {
            path: path.to_owned(),
            file,
            lines: 0,
            kept: VecDeque::new(),
            next_seq: 1,
            by_id: HashMap::new(),
        };
        for line in BufReader::new(File::open(path)?).split(b'\n') {
            let line = line?;
            match serde_json::from_slice(&line) {
                Ok(line) => messages.apply(line),
                Err(_) => tracing::warn!("a line of the sandbox's messages is not readable"),
            }
        }
        messages.rewrite()?;
        Ok(messages)
    }

    pub(super) const fn next_seq(&self) -> u64 {
        self.next_seq
    }

    pub(super) fn add(&mut self, message: Message) -> io::Result<()> {
        self.write(Line::Message(message))
    }

    /// States only go forward.
    pub(super) fn set_status(&mut self, id: &str, status: Ack) -> io::Result<()> {
        match self.get(id) {
            Some(message) if message.status < status => {
                let seq = message.seq;
                self.write(Line::Status { seq, status })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn set_reported(&mut self, id: &str, reported: Ack) -> io::Result<()> {
        match self.get(id) {
            Some(message) if message.reported < reported => {
                let seq = message.seq;
                self.write(Line::Reported { seq, reported })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&Message> {
        self.kept.get(self.place(*self.by_id.get(id)?)?)
    }

    /// Oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.kept.iter()
    }

    /// The newest message and the number of messages of each number, newest first.
    pub(super) fn chats(&self) -> Vec<(&Message, usize)> {
        let mut chats: BTreeMap<&str, (&Message, usize)> = BTreeMap::new();
        for message in &self.kept {
            let chat = chats.entry(&message.number).or_insert((message, 0));
            *chat = (message, chat.1 + 1);
        }
        let mut chats: Vec<_> = chats.into_values().collect();
        chats.sort_by_key(|(message, _)| std::cmp::Reverse(message.seq));
        chats
    }

    /// Ids, oldest first.
    pub(super) fn unfinished(&self) -> Vec<String> {
        let unfinished = self.kept.iter().rev().filter(|message| message.reported < Ack::Read);
        let mut ids: Vec<_> =
            unfinished.take(UNFINISHED_LIMIT_ITEMS).map(|message| message.id.clone()).collect();
        ids.reverse();
        ids
    }

    fn write(&mut self, line: Line) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(&line)?;
        bytes.push(b'\n');
        self.file.write_all(&bytes)?;
        self.apply(line);
        if self.lines > FILE_LIMIT_LINES { self.rewrite() } else { Ok(()) }
    }

    fn apply(&mut self, line: Line) {
        self.lines += 1;
        match line {
            Line::Message(message) => {
                self.next_seq = message.seq + 1;
                self.by_id.insert(message.id.clone(), message.seq);
                self.kept.push_back(message);
                if self.kept.len() > MESSAGES_LIMIT_ITEMS
                    && let Some(oldest) = self.kept.pop_front()
                {
                    self.by_id.remove(&oldest.id);
                }
            }
            Line::Status { seq, status } => {
                if let Some(message) = self.at(seq) {
                    message.status = status;
                }
            }
            Line::Reported { seq, reported } => {
                if let Some(message) = self.at(seq) {
                    message.reported = reported;
                }
            }
        }
    }

    fn at(&mut self, seq: u64) -> Option<&mut Message> {
        let place = self.place(seq)?;
        self.kept.get_mut(place)
    }

    fn place(&self, seq: u64) -> Option<usize> {
        self.kept.binary_search_by_key(&seq, |message| message.seq).ok()
    }

    /// One line per message, replaced in one step.
    fn rewrite(&mut self) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut writer = BufWriter::new(File::create(&new)?);
        for message in &self.kept {
            serde_json::to_writer(&mut writer, &Line::Message(message.clone()))?;
            writer.write_all(b"\n")?;
        }
        writer.flush()?;
        fs::rename(&new, &self.path)?;
        self.file = OpenOptions::new().append(true).open(&self.path)?;
        self.lines = self.kept.len();
        Ok(())
    }
}
