//! Which update each handler has in hand, kept where it outlives the process: a small file beside the
//! database.
//!
//! A mark is written before a handler runs and wiped when it returns or panics, so a mark that is found
//! at a start names an update whose handler was running when the process ended. A write into the page
//! cache survives an abort and a SIGKILL of the process and needs no fsync; after a crash of the whole
//! machine a mark may be missing or stale, which costs at most one try. It knows neither the table nor
//! what follows from a mark (`turns.rs`).

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::model::{TelegramBotId, UpdateId};
use crate::settings::{StoreSettings, StoreUrl};
use crate::store::create_private;
use crate::store::inbox::UpdateKey;

/// Bytes of a mark: two numbers of at most 20 signs, a space and the end of the line.
const MARK_LEN: usize = 48;
/// Marks that the file has room for from the start, so that a disk that fills up meanwhile refuses none.
const MARKS_AT_START: usize = 64;

/// The marks of a node.
#[derive(Debug)]
pub struct HandlerMarks {
    /// `None`: the file could not be opened.
    file: Option<File>,
    free: Mutex<Free>,
    refused: AtomicBool,
}

/// Places in the file that no handler uses.
#[derive(Debug, Default)]
struct Free {
    given_back: Vec<usize>,
    next: usize,
}

impl HandlerMarks {
    /// Opens the file and gives the marks that an earlier process left in it; they are wiped.
    ///
    /// Where it cannot be opened there are no marks ([`are_kept`](Self::are_kept)), and the log says so.
    pub fn open(path: &Path) -> (HandlerMarks, Vec<UpdateKey>) {
        let (file, left) = match open(path) {
            Ok((file, left)) => (Some(file), left),
            Err(error) => {
                tracing::warn!(
                    file = %path.display(),
                    "the marks of updates in hand cannot be kept; after a crash each try costs a commit of its own: {error}"
                );
                (None, Vec::new())
            }
        };
        let marks = HandlerMarks {
            file,
            free: Mutex::default(),
            refused: AtomicBool::new(false),
        };
        (marks, left)
    }

    /// Where the marks of a database are kept: beside it, or beside the key where it is elsewhere.
    pub fn path(settings: &StoreSettings) -> PathBuf {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let (beside, suffix) = match &settings.url {
            StoreUrl::Sqlite(file) => (file, ".in-hand".to_owned()),
            StoreUrl::Postgres(url) => {
                // Servers of several databases may share a key.
                let mut hasher = DefaultHasher::new();
                url.hash(&mut hasher);
                let suffix = format!("-{:016x}.in-hand", hasher.finish());
                (&settings.key_file, suffix)
            }
        };
        let mut name = beside.clone().into_os_string();
        name.push(suffix);
        name.into()
    }

    /// Whether marks are kept at all.
    pub fn are_kept(&self) -> bool {
        self.file.is_some()
    }

    /// Marks an update as being in a handler's hands until the answer is dropped.
    pub fn hold(&self, update: UpdateKey) -> Held<'_> {
        let place = {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.given_back.pop().unwrap_or_else(|| {
                free.next += 1;
                free.next - 1
            })
        };
        self.write(place, &format!("{} {}", update.bot.0, update.update.0));
        Held {
            marks: self,
            place,
            stands: false,
        }
    }

    fn write(&self, place: usize, text: &str) {
        let Some(file) = &self.file else { return };
        if let Err(error) = write_mark(file, place, text)
            && !self.refused.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                "a mark of an update in hand was not written; if its handler ends the process, that is not counted: {error}"
            );
        }
    }
}

/// A mark; wiped when dropped, by a panic too.
#[derive(Debug)]
pub struct Held<'a> {
    marks: &'a HandlerMarks,
    place: usize,
    stands: bool,
}

impl Held<'_> {
    /// The handler was given up: the mark stands for as long as this process lives, and the next start
    /// counts a try.
    pub fn stand(mut self) {
        self.stands = true;
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.stands {
            return;
        }
        self.marks.write(self.place, "");
        let mut free = self
            .marks
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        free.given_back.push(self.place);
    }
}

fn open(path: &Path) -> io::Result<(File, Vec<UpdateKey>)> {
    let mut file = create_private(path)?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let left = read_marks(&text);
    let places = text.len().div_ceil(MARK_LEN).max(MARKS_AT_START);
    for place in 0..places {
        write_mark(&file, place, "")?;
    }
    Ok((file, left))
}

fn read_marks(text: &[u8]) -> Vec<UpdateKey> {
    String::from_utf8_lossy(text)
        .lines()
        .filter_map(|line| {
            let (bot, update) = line.trim_end().split_once(' ')?;
            Some(UpdateKey {
                bot: TelegramBotId(bot.parse().ok()?),
                update: UpdateId(update.parse().ok()?),
            })
        })
        .collect()
}

/// One write of one line: nothing that ends the process comes between its halves.
fn write_mark(file: &File, place: usize, text: &str) -> io::Result<()> {
    let line = format!("{text:<width$}\n", width = MARK_LEN - 1);
    let at = (place * MARK_LEN) as u64;
    #[cfg(unix)]
    let written = std::os::unix::fs::FileExt::write_at(file, line.as_bytes(), at)?;
    #[cfg(windows)]
    let written = std::os::windows::fs::FileExt::seek_write(file, line.as_bytes(), at)?;
    if written == MARK_LEN {
        Ok(())
    } else {
        Err(io::ErrorKind::WriteZero.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(bot: i64, update: i64) -> UpdateKey {
        UpdateKey {
            bot: TelegramBotId(bot),
            update: UpdateId(update),
        }
    }

    #[test]
    fn a_mark_is_found_again_until_its_handler_returns_or_panics() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("marks");
        let (marks, left) = HandlerMarks::open(&path);
        assert!(marks.are_kept() && left.is_empty());

        let first = marks.hold(key(7_001, i64::MIN));
        let second = marks.hold(key(i64::MIN, 5));
        let third = marks.hold(key(7_003, 6));
        drop(second);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _held = marks.hold(key(1, 1));
            std::panic::resume_unwind(Box::new(()));
        }));
        assert!(panicked.is_err());
        let given_up = marks.hold(key(7_004, 7));
        given_up.stand();
        // Another process opens the file while this one's marks stand: as after a SIGKILL.
        let (_, left) = HandlerMarks::open(&path);
        assert_eq!(left, [key(7_001, i64::MIN), key(7_004, 7), key(7_003, 6)]);
        let (_, left) = HandlerMarks::open(&path);
        assert_eq!(left, [], "they are given once");
        drop((first, third));
    }

    #[test]
    fn more_marks_than_places_and_lines_of_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("marks");
        let (marks, _) = HandlerMarks::open(&path);
        let held: Vec<Held<'_>> = (0..100).map(|update| marks.hold(key(1, update))).collect();
        let (_, left) = HandlerMarks::open(&path);
        assert_eq!(left.len(), 100);
        drop(held);
        std::fs::write(&path, "1 2\nfree text\n\u{fffd}\n3\n4 x\n1 ").expect("written");
        let (_, left) = HandlerMarks::open(&path);
        assert_eq!(left, [key(1, 2)]);
        let (marks, left) = HandlerMarks::open(folder.path());
        assert!(!marks.are_kept() && left.is_empty(), "a folder is no file");
        drop(marks.hold(key(1, 1)));
    }
}
