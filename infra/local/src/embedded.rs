//! The database of the embedded table.
//!
//! For the number of each new stream record it looks for the highest one so
//! far, among all that have ever been. Without an index of them every write
//! takes longer the more has been written before.
//!
//! The stream has one reader, which is shown only records that ring. All
//! others are not even kept: there are ten times as many of them, and writing
//! them and reading over them takes a tenth of the processor's time.

use dynoxide::Database;
use portico_store::Doorbell;
use rusqlite::Connection;
use std::path::Path;

const INDEX: &str = "CREATE INDEX IF NOT EXISTS portico_stream_order \
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// The pages of a new file. Those of a database in memory have the size that SQLite
/// was compiled with.
const PAGES: &str = "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL";

/// What lets only those into the stream that can ring, made anew with each
/// start, so that it is that of this version.
///
/// SQLite compiles it with each write, so it is as short as can be.
fn filter() -> String {
    let changes = Doorbell::CHANGES.iter();
    let changes = changes.flat_map(|(name, kinds)| kinds.iter().map(move |kind| (name, kind)));
    let changes: Vec<String> = changes
        .map(|(name, kind)| format!("{name} {kind};"))
        .collect();
    let changes = changes.concat();
    format!(
        "DROP TRIGGER IF EXISTS portico_stream_filter; \
        CREATE TRIGGER portico_stream_filter BEFORE INSERT ON _stream_records \
        WHEN NOT coalesce(instr('{changes}', \
            NEW.event_name || ' ' || (NEW.new_image ->> '$.entity.S') || ';'), 0) \
        BEGIN SELECT RAISE(IGNORE); END"
    )
}

/// The database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Not by the embedded table.
    #[error(transparent)]
    Table(#[from] dynoxide::DynoxideError),
    /// Not for what Portico adds to it.
    #[error(transparent)]
    Addition(#[from] rusqlite::Error),
    /// There is no room to prepare one in memory.
    #[error("failed to make a temporary directory")]
    Directory(#[from] std::io::Error),
}

/// A database in this file.
pub(crate) fn in_file(path: &Path) -> Result<Database, EmbeddedError> {
    if !path.exists() {
        Connection::open(path)?.execute_batch(PAGES)?;
    }
    prepared(path)
}

fn prepared(path: &Path) -> Result<Database, EmbeddedError> {
    let database = Database::new(&path.to_string_lossy())?;
    let connection = Connection::open(path)?;
    connection.execute_batch(INDEX)?;
    connection.execute_batch(&filter())?;
    Ok(database)
}

/// A database that ends with the process. Nobody else can open that, so it
/// begins as a copy of an empty file.
pub(crate) fn in_memory() -> Result<Database, EmbeddedError> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("table.sqlite");
    drop(prepared(&path)?);
    let database = Database::memory()?;
    database.restore_from(&path.to_string_lossy())?;
    Ok(database)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_has_small_pages_and_an_older_one_keeps_its_own() {
        let directory = tempfile::tempdir().expect("a directory");
        let size = |path: &Path| -> i64 {
            let file = Connection::open(path).expect("it opens");
            file.query_row("PRAGMA page_size", [], |row| row.get(0))
                .expect("a size")
        };
        let new = directory.path().join("new.sqlite");
        drop(in_file(&new).expect("it opens"));
        assert_eq!(size(&new), 4096);

        let older = directory.path().join("older.sqlite");
        drop(prepared(&older).expect("it opens"));
        let before = size(&older);
        drop(in_file(&older).expect("it opens"));
        assert_eq!(size(&older), before);
    }

    #[test]
    fn the_number_of_a_stream_record_is_found_by_the_index() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("table.sqlite");
        let _database = in_file(&path).expect("it opens");

        let plan: String = Connection::open(&path)
            .and_then(|file| {
                file.query_row(
                    "EXPLAIN QUERY PLAN SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 \
                     FROM _stream_records WHERE table_name = 'portico'",
                    [],
                    |row| row.get(3),
                )
            })
            .expect("a plan");

        assert!(plan.contains("portico_stream_order"), "{plan}");
    }

    #[test]
    fn the_stream_keeps_what_can_ring_and_nothing_else() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("table.sqlite");
        drop(in_file(&path).expect("it opens"));
        // As at the second start.
        let _database = in_file(&path).expect("it opens");
        let file = Connection::open(&path).expect("it opens");
        let write = |name: &str, image: Option<&str>| {
            file.execute(
                "INSERT INTO _stream_records (table_name, event_name, keys_json, new_image, \
                 sequence_number, shard_id, created_at) VALUES ('portico', ?1, '{}', ?2, '1', 's', 1)",
                (name, image),
            )
            .expect("it can be written")
        };

        let kept = |name, entity: &str| {
            write(name, Some(&format!(r#"{{"entity":{{"S":"{entity}"}}}}"#))) == 1
        };
        for (name, kinds) in Doorbell::CHANGES {
            for kind in kinds {
                assert!(kept(name, kind), "{name} {kind}");
            }
        }
        assert!(!kept("MODIFY", "event"));
        assert!(!kept("INSERT", "lane"));
        assert!(!kept("INSERT", "even"));
        assert!(!kept("INSERT", "vent"));
        assert_eq!(write("INSERT", Some("{}")), 0);
        assert_eq!(write("REMOVE", None), 0);
    }
}
