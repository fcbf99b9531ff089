//! An append-only list that outlives the process: what the mail catcher and
//! the webhook tester received.
//!
//! Each entry is one line of JSON. An entry that arrives twice is listed
//! twice: telling them apart is the reader's business. A line that a crash
//! tore is dropped when the file is opened again, since its `append` never
//! returned; a whole line that no longer reads as an entry, say one written by
//! another version, is passed over with a warning. The newest 10 000 entries
//! are kept, in memory and, give or take as many again, in the file.
//!
//! An entry is handed to the operating system before `append` returns. It
//! survives the death of the process; a power cut may lose the last ones.

use portico_domain::Time;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::VecDeque,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use uuid::{NoContext, Timestamp, Uuid};

/// How many entries a journal keeps; older ones are forgotten.
pub const KEPT: usize = 10_000;

/// An append-only list, in memory or also in a file.
#[derive(Debug)]
pub struct Journal<T> {
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    // Shared, so that a snapshot of thousands of mails copies none of them.
    entries: VecDeque<Arc<T>>,
    log: Option<Log>,
}

#[derive(Debug)]
struct Log {
    path: PathBuf,
    file: File,
    bytes: u64,
    lines: usize,
}

impl<T: Serialize + DeserializeOwned> Journal<T> {
    /// An empty journal that ends with the process.
    pub fn in_memory() -> Self {
        Self::of(VecDeque::new(), None)
    }

    /// The journal in this file, which is created if it is missing.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let (log, text) = Log::open(path)?;
        let mut entries = VecDeque::new();
        for (index, line) in text.lines().enumerate() {
            match serde_json::from_str(line) {
                Ok(entry) => push(&mut entries, Arc::new(entry)),
                Err(error) => tracing::warn!(
                    path = %log.path.display(),
                    line = index + 1,
                    %error,
                    "passed over a journal line that is no entry"
                ),
            }
        }
        Ok(Self::of(entries, Some(log)))
    }

    fn of(entries: VecDeque<Arc<T>>, log: Option<Log>) -> Self {
        Self {
            state: Mutex::new(State { entries, log }),
        }
    }

    /// Adds an entry. It is written before this returns; if writing fails, it
    /// is not listed either.
    pub fn append(&self, entry: T) -> io::Result<()> {
        let mut state = self.state();
        if let Some(log) = &mut state.log {
            log.append(&line(&entry)?)?;
        }
        push(&mut state.entries, Arc::new(entry));
        state.compact_if_due();
        Ok(())
    }

    /// All entries that are kept, oldest first.
    pub fn all(&self) -> Vec<Arc<T>> {
        self.state().entries.iter().cloned().collect()
    }

    /// All entries that are kept, newest first.
    pub fn newest_first(&self) -> Vec<Arc<T>> {
        self.state().entries.iter().rev().cloned().collect()
    }

    /// Forgets every entry.
    pub fn clear(&self) -> io::Result<()> {
        self.retain(|_| false)
    }

    /// Forgets the entries for which `keep` says false.
    pub fn retain(&self, keep: impl Fn(&T) -> bool) -> io::Result<()> {
        let mut state = self.state();
        let kept: VecDeque<_> = (state.entries.iter())
            .filter(|entry| keep(entry))
            .cloned()
            .collect();
        if let Some(log) = &mut state.log {
            log.replace(&kept)?;
        }
        state.entries = kept;
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // No update leaves the list half made, so what a panicking thread left
        // behind is sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Serialize> State<T> {
    /// Drops from the file what memory has forgotten. Waiting until the file
    /// holds twice as much makes this one rewrite in 10 000 appends.
    fn compact_if_due(&mut self) {
        if let Some(log) = &mut self.log
            && log.lines >= 2 * KEPT
            && let Err(error) = log.replace(&self.entries)
        {
            // The entry itself is written: saying otherwise would have the
            // sender send it again.
            tracing::warn!(path = %log.path.display(), %error, "failed to compact a journal");
        }
    }
}

impl Log {
    /// Opens the file and reads its whole lines; what follows the last line
    /// end is cut off.
    fn open(path: PathBuf) -> io::Result<(Self, String)> {
        let file = append_to(&path)?;
        let mut content = fs::read(&path)?;
        let whole = content.iter().rposition(|byte| *byte == b'\n');
        let whole = whole.map_or(0, |last| last + 1);
        if whole < content.len() {
            tracing::warn!(
                path = %path.display(),
                bytes = content.len() - whole,
                "dropped a journal line that was torn by a crash"
            );
            content.truncate(whole);
            file.set_len(whole as u64)?;
        }
        let text = String::from_utf8_lossy(&content).into_owned();
        let log = Self {
            path,
            file,
            bytes: whole as u64,
            lines: text.lines().count(),
        };
        Ok((log, text))
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(line) {
            // Half a line would swallow the entry that is written after it.
            self.file.set_len(self.bytes)?;
            return Err(error);
        }
        self.bytes += line.len() as u64;
        self.lines += 1;
        Ok(())
    }

    /// Replaces the file as a whole: a crash leaves either the old one or the
    /// new one.
    fn replace<T: Serialize>(&mut self, entries: &VecDeque<Arc<T>>) -> io::Result<()> {
        let mut content = Vec::new();
        for entry in entries {
            content.extend(line(entry.as_ref())?);
        }
        let next = self.path.with_extension("next");
        fs::write(&next, &content)?;
        fs::rename(&next, &self.path)?;
        self.file = append_to(&self.path)?;
        self.bytes = content.len() as u64;
        self.lines = entries.len();
        Ok(())
    }
}

/// A fresh id that sorts by the millisecond it is made at; within one, the
/// order is left to chance.
pub(crate) fn id_at(now: Time) -> String {
    let millis = u64::try_from(now.unix_millis()).unwrap_or(0);
    let nanos = u32::try_from(millis % 1_000).unwrap_or(0) * 1_000_000;
    Uuid::new_v7(Timestamp::from_unix(NoContext, millis / 1_000, nanos)).to_string()
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn line<T: Serialize>(entry: &T) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    Ok(line)
}

fn push<T>(entries: &mut VecDeque<Arc<T>>, entry: Arc<T>) {
    entries.push_back(entry);
    if entries.len() > KEPT {
        entries.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed<T: Clone + Serialize + DeserializeOwned>(journal: &Journal<T>) -> Vec<T> {
        let all = journal.all();
        all.iter().map(|entry| entry.as_ref().clone()).collect()
    }

    #[test]
    fn entries_survive_a_restart_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.jsonl");
        let journal = Journal::open(&path).unwrap();
        journal.append(1).unwrap();
        journal.append(2).unwrap();
        drop(journal);

        let journal = Journal::<u32>::open(&path).unwrap();
        journal.append(3).unwrap();

        assert_eq!(listed(&journal), [1, 2, 3]);
        assert_eq!(*journal.newest_first()[0], 3);
        assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n3\n");
    }

    #[test]
    fn a_torn_last_line_is_dropped_and_the_next_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words.jsonl");
        fs::write(&path, "\"one\"\n\"tw").unwrap();

        let journal = Journal::<String>::open(&path).unwrap();
        journal.append("three".to_owned()).unwrap();

        assert_eq!(listed(&journal), ["one", "three"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "\"one\"\n\"three\"\n");
    }

    #[test]
    fn a_line_that_is_no_entry_does_not_hide_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.jsonl");
        fs::write(&path, "1\n{}\n3\n").unwrap();

        assert_eq!(listed(&Journal::<u32>::open(&path).unwrap()), [1, 3]);
    }

    #[test]
    fn what_is_deleted_stays_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.jsonl");
        let journal = Journal::<u32>::open(&path).unwrap();
        for number in 1..=4 {
            journal.append(number).unwrap();
        }

        journal.retain(|number| number % 2 == 0).unwrap();
        journal.append(5).unwrap();

        assert_eq!(listed(&Journal::<u32>::open(&path).unwrap()), [2, 4, 5]);
        journal.clear().unwrap();
        assert!(listed(&Journal::<u32>::open(&path).unwrap()).is_empty());
    }

    #[test]
    fn only_the_newest_are_kept_in_memory_and_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.jsonl");
        let journal = Journal::<usize>::open(&path).unwrap();
        for number in 0..2 * KEPT {
            journal.append(number).unwrap();
        }

        assert_eq!(journal.all().len(), KEPT);
        assert_eq!(*journal.all()[0], KEPT);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), KEPT);
    }

    #[test]
    fn a_journal_in_memory_lists_what_was_appended() {
        let journal = Journal::in_memory();
        journal.append("a".to_owned()).unwrap();

        assert_eq!(listed(&journal), ["a"]);
    }
}
