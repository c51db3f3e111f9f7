use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// What a zip with one file named `bootstrap` has beside its content: two headers of 30 and 46
/// bytes, the name twice, and the end record of 22 bytes.
const ZIP_FRAME_BYTES: u64 = 30 + 46 + 2 * 9 + 22;

/// How large a function is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub binary_bytes: u64,
    /// As `bootstrap` in a zip of the highest level, as it is uploaded.
    pub zip_bytes: u64,
}

pub(super) fn of(binary: &Path) -> io::Result<Size> {
    let mut file = File::open(binary)?;
    let mut encoder = DeflateEncoder::new(Counter(0), Compression::best());
    let binary_bytes = io::copy(&mut file, &mut encoder)?;
    Ok(Size { binary_bytes, zip_bytes: encoder.finish()?.0 + ZIP_FRAME_BYTES })
}

/// Counts what is written.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
